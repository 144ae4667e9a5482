"""Writes the recorded cases of this folder: elementwise, reductions, structure, products and spatial (see recorder.py for the format).

Run with PyTorch 2.13 and NumPy 2.4: python3 make_cases.py
"""

import warnings

import numpy as np

from recorder import write

np.seterr(all="ignore")
warnings.simplefilter("ignore")

import elementwise, functions, linear_algebra, losses, products, reductions, spatial, structure  # noqa: E401, E402

for area in (elementwise, reductions, structure, products, spatial, functions, linear_algebra, losses):
    write(area.__name__, area.cases)
