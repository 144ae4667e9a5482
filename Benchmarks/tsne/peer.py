"""One embedding by another program: peer.py NAME FILE ROWS SEED OUTPUT; prints what it took as JSON.

Names: sklearn, intelex (scikit-learn with Intel's extension), openTSNE-bh, openTSNE-fft. All run 1000 iterations, 250 of them exaggerated, at perplexity 30
from principal components, with two jobs. A run on 300 samples goes first, so that imports and compilation are not counted.
"""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
name, path, rows, seed, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
x = np.fromfile(path, np.float32).reshape(rows, -1)
if name == "intelex":
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
if name.startswith("openTSNE"):
    from openTSNE import TSNE

    def embed(x, iterations):
        tsne = TSNE(perplexity=30, random_state=seed, early_exaggeration_iter=250, n_iter=iterations - 250, n_jobs=2,
                    negative_gradient_method=name.removeprefix("openTSNE-"))
        return np.asarray(tsne.fit(x))
else:
    from sklearn.manifold import TSNE

    def embed(x, iterations):
        return TSNE(perplexity=30, init="pca", random_state=seed, max_iter=iterations, n_jobs=2).fit_transform(x)

embed(x[:300], 260)
cpu, wall = time.process_time(), time.time()
y = embed(x, 1000)
wall, cpu = time.time() - wall, time.process_time() - cpu
y.astype(np.float64).tofile(output)
# Not ru_maxrss: it begins with what the process had that started this one.
peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"name": name, "n": rows, "seed": seed, "wall": wall, "cpu": cpu, "mib": peak}))
