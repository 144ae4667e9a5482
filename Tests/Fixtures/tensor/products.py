"""Matrix products in every combination of ranks and layouts."""

import numpy as np
import torch

from recorder import LATTICE, Operand, Recorder

cases = []
# Any two ranks, extents of 0 and 1, and leading axes that broadcast.
SHAPES = [
    ((3,), (3,)), ((1,), (1,)), ((0,), (0,)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 3), (3, 1)), ((3, 1), (1, 3)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0)), ((3,), (3, 0)), ((0,), (0, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)),
    ((2, 2, 3), (2, 3, 2)), ((1, 2, 3), (3, 3, 2)), ((3, 2, 3), (1, 3, 1)), ((2, 0, 3), (3, 2)), ((0, 2, 3), (3, 2)), ((2, 2, 0), (0, 3)), ((0, 2, 3), (1, 3, 2)), ((2, 1, 3), (2, 3, 1)),
    ((2, 1, 2, 3), (3, 3, 2)), ((2, 2, 2, 2), (2, 2, 2, 2)), ((1, 2, 1, 2), (3, 1, 2, 1)), ((2, 1, 2, 1, 2), (2, 2, 2)), ((2, 1, 1, 2, 1, 2), (2, 1, 2, 2)), ((2, 2, 1, 1, 2, 3), (3,)),
]  # fmt: skip
r = Recorder(cases, "matmul")
for a, b in SHAPES:
    for view in (False, True, True):
        r.record([r.operand("real", a, view=view), r.operand("real", b, view=view)], torch.matmul, least="i32", second=not view and np.prod(a + b) < 40)
for first in LATTICE:
    for other in LATTICE:
        r.record([r.operand("real", (2, 3), first, True), r.operand("real", (3, 2), other)], torch.matmul, least="i32")
for a, b in [((33, 20), (20, 21)), ((2, 17, 5), (5, 18)), ((40,), (40, 9)), ((3, 16, 4), (3, 4, 16))]:
    r.record([Operand(r.rng.integers(-8, 9, a) / 4, "f64"), Operand(r.rng.integers(-8, 9, b) / 4, "f64")], torch.matmul, least="i32", smooth=False)
r = Recorder(cases, "matmulTransposed")  # what BLAS takes by flag
for a, b in SHAPES[7:11] + SHAPES[16:30]:
    flip = lambda s: s if len(s) < 2 else s[:-2] + (s[-1], s[-2])
    r.record([r.operand("real", flip(a)), r.operand("real", flip(b))], lambda x, y: x.mT @ y.mT, least="i32", second=len(a) == 2)
r = Recorder(cases, "matmulSpecial")
for a, b in [([[np.nan, 0.0], [1.0, np.inf]], [[0.0, 1.0], [1.0, 0.0]]), ([[0.0, 0.0]], [[np.inf], [1.0]]), ([[np.inf, np.inf]], [[1.0, 2.0], [1.0, -1.0]])]:
    r.record([Operand(a, "f64"), Operand(b, "f64")], torch.matmul, smooth=False, wide=True)
