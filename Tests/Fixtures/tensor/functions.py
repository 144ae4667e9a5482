"""Activations, elementary functions, arrangement, scatter and gather, sorting, statistics, products and einsum."""

import numpy as np
import torch
import torch.nn.functional as F

from recorder import LATTICE, Operand, Recorder

cases = []
MOVE = {"exact": True}

# name: function, domain
UNARY = {
    "silu": (F.silu, "real"),
    "geluTanh": (lambda x: F.gelu(x, approximate="tanh"), "real"),
    "elu": (F.elu, "real"),
    "eluWithAlpha": (lambda x: F.elu(x, 1.5), "real"),
    "selu": (F.selu, "real"),
    "leakyRelu": (lambda x: F.leaky_relu(x, 0.1), "real"),
    "hardtanh": (lambda x: F.hardtanh(x, -0.7501, 1.1003), "real"),
    "relu6": (F.relu6, {"i32": "real", "else": lambda rng, s: rng.uniform(-3, 9, s).round(3)}),
    "hardswish": (F.hardswish, {"i32": "real", "else": lambda rng, s: rng.uniform(-4, 4, s).round(3)}),
    "hardsigmoid": (lambda x: F.relu6(x + 3) / 6, {"i32": "real", "else": lambda rng, s: rng.uniform(-4, 4, s).round(3)}),
    "mish": (F.mish, "real"),
    "softsign": (F.softsign, "real"),
    "logSigmoid": (F.logsigmoid, "real"),
    "asin": (torch.asin, "unit"),
    "acos": (torch.acos, "unit"),
    "atan": (torch.atan, "wide"),
    "sinh": (torch.sinh, "real"),
    "cosh": (torch.cosh, "real"),
    "asinh": (torch.asinh, "wide"),
    "acosh": (torch.acosh, {"i32": lambda rng, s: rng.integers(2, 9, s), "bool": "positive", "else": lambda rng, s: rng.uniform(1.1, 4, s).round(3)}),
    "atanh": (torch.atanh, {"i32": lambda rng, s: np.zeros(s), "bool": lambda rng, s: np.zeros(s), "else": "unit"}),
    "log2": (torch.log2, "positive"),
    "log10": (torch.log10, "positive"),
    "exp2": (torch.exp2, "real"),
    "rsqrt": (torch.rsqrt, "positive"),
}
ENDS = [-800.0, -95.0, -40.0, -14.1, -6.0, -1e-8, 1e-8, 6.0, 14.1, 40.0, 85.0, 800.0]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-310, 0.5, -1.0, 1.0, 20.0, -30.0]
for name, (f, domain) in UNARY.items():
    r = Recorder(cases, name)
    for rank in range(7):
        r.record([r.operand(domain, r.shape(rank), view=rank % 2 == 1)], f, least="f32", second=rank in (0, 2, 3))
    for shape in [(0,), (2, 0, 3)]:
        r.record([r.operand(domain, shape)], f, least="f32")
    for dtype in LATTICE[:3]:
        if not (name in ("leakyRelu", "relu6", "hardtanh") and dtype != "f32"):
            r.record([r.operand(domain, r.shape(2), dtype, True)], f, least="f32")
    for dtype in ("f64", "f32"):
        if domain == "real" and name not in ("sinh", "cosh", "exp2"):
            r.record([Operand(ENDS, dtype)], f, least="f32", wide=True, second=dtype == "f64" and name not in ("mish", "logSigmoid"))
    finite = name in ("silu", "geluTanh", "hardswish", "mish", "softsign", "atanh", "asinh", "acosh")  # limits at infinity differ
    r.record([Operand([x for x in SPECIAL if np.isfinite(x) or not finite], "f64")], f, least="f32", smooth=False, wide=True)

r = Recorder(cases, "trunc")
for rank in range(5):
    r.record([r.operand("wide", r.shape(rank), view=rank % 2 == 1)], torch.trunc)
r = Recorder(cases, "isInf")
r.record([Operand([np.nan, np.inf, -np.inf, 0.0], "f64")], torch.isinf, result="bool", **MOVE)
r.record([r.operand("real", (2, 2), "i32")], torch.isinf, result="bool", **MOVE)
r = Recorder(cases, "xor")
for a, b in [((2, 3), (3,)), ((), (2,)), ((0, 1), (1, 3))]:
    r.record([r.operand("real", a, "bool", True), r.operand("real", b, "bool")], torch.logical_xor, **MOVE)
r = Recorder(cases, "nanToNumber")
r.record([Operand([np.nan, np.inf, -np.inf, 1.5], "f64")], torch.nan_to_num, wide=True, smooth=False)
r.record([Operand([0.5, 1.5], "f64")], torch.nan_to_num, second=True)

BINARY = {"atan2": torch.atan2, "hypot": torch.hypot, "logAddExp": torch.logaddexp}
for name, f in BINARY.items():
    r = Recorder(cases, name)
    for rank in range(7):
        a, b = r.pair(rank)
        r.record([r.operand("real", a, view=rank % 2 == 1), r.operand("real", b, view=rank % 3 == 1)], f, least="f32", second=rank in (1, 3))
    for first in LATTICE:
        r.record([r.operand("positive", (2, 1), first), r.operand("positive", (3,), "f32")], f, least="f32")
    grid = [Operand(g, "f64") for g in np.meshgrid([np.nan, np.inf, -np.inf, 0.5, -2.0], [np.inf, -np.inf, 1.0, -3.0])]
    r.record(grid, f, smooth=False, wide=True)

for name, f in {"tril": torch.tril, "triu": torch.triu}.items():
    r = Recorder(cases, name)
    for shape in [(2, 3), (3, 2), (2, 2, 4), (1, 1), (0, 3), (2, 1, 2, 3)]:
        for k in (0, -1, 1, 2, -9):
            r.record([r.operand("real", shape, view=k > 0)], lambda x: f(x, k), second=k == 1, offset=[k], **MOVE)

r = Recorder(cases, "roll")
for rank in range(1, 7):
    for shift in (0, 1, -2, 7):
        axis = int(r.rng.integers(-rank, rank))
        r.record([r.operand("real", r.shape(rank), view=shift == 1)], lambda x: torch.roll(x, shift, axis), second=rank == 2, shift=[shift], axis=[axis], **MOVE)
r = Recorder(cases, "tile")
for shape, counts in [((), [2]), ((3,), [2]), ((2, 3), [2]), ((2, 3), [2, 1, 3]), ((2, 1, 2), [1, 3, 2]), ((0, 2), [2, 2]), ((2, 2), [0, 1])]:
    for view in (False, True):
        r.record([r.operand("real", shape, view=view)], lambda x: torch.tile(x, counts), second=len(counts) == 3, counts=counts, **MOVE)
r = Recorder(cases, "repeat")
for rank in range(1, 5):
    for count in (0, 1, 3):
        axis = int(r.rng.integers(-rank, rank))
        r.record([r.operand("real", r.shape(rank), view=count == 3)], lambda x: torch.repeat_interleave(x, count, axis), second=rank == 2, count=[count], axis=[axis], **MOVE)
for name, f in {"swapAxes": torch.swapaxes, "moveAxis": torch.movedim}.items():
    r = Recorder(cases, name)
    for rank in range(1, 7):
        a, b = (int(k) for k in r.rng.integers(-rank, rank, 2))
        r.record([r.operand("real", r.shape(rank), view=True)], lambda x: f(x, a, b), pair=[a, b], **MOVE)
r = Recorder(cases, "chunk")
for shape, axis, count in [((5,), 0, 2), ((2, 6), 1, 4), ((3, 2), -2, 5), ((7, 1), 0, 3)]:
    for piece in range(len(torch.chunk(torch.zeros(shape), count, axis))):
        r.record([r.operand("real", shape, view=True)], lambda x: torch.chunk(x, count, axis)[piece], axis=[axis], count=[count], piece=[piece], **MOVE)
r = Recorder(cases, "meshgrid")
for piece in range(3):
    operands = [r.operand("real", (n,), view=True) for n in (2, 3, 1)]
    r.record(operands, lambda *x: torch.meshgrid(*x, indexing="ij")[piece] + 0 * sum(v.sum() for v in x), piece=[piece], **MOVE)
for name, f in {"diagonal": lambda x, k: torch.diagonal(x, k, -2, -1), "diagonalMatrix": torch.diag_embed}.items():
    r = Recorder(cases, name)
    for shape in [(3, 3), (2, 4), (4, 2), (2, 3, 3), (1, 1), (0, 2)]:
        for k in (0, 1, -2):
            r.record([r.operand("real", shape, view=k == 1)], lambda x: f(x, k), second=shape == (2, 4), offset=[k], **MOVE)
r = Recorder(cases, "trace")
for shape in [(3, 3), (2, 4), (2, 3, 3)]:
    r.record([r.operand("real", shape, view=True)], lambda x: torch.diagonal(x, 0, -2, -1).sum(-1), second=True)

# Scatters. Equal indices only where the result does not depend on their order.
r = Recorder(cases, "scatterAdd")
for rank in range(1, 6):
    for view in (False, True):
        axis = int(r.rng.integers(-rank, rank))
        shape = r.shape(rank, most=24)
        many = list(shape)
        many[axis] = int(r.rng.integers(0, 5))
        index = Operand(r.rng.integers(0, shape[axis], many), "i32")
        operands = [r.operand("real", shape, view=view), index, r.operand("real", tuple(many), view=view)]
        r.record(operands, lambda x, i, v: x.scatter_add(axis, i, v), raw=[1], second=rank == 2, axis=[axis])
r = Recorder(cases, "scatter")
for rank in range(1, 6):
    axis = int(r.rng.integers(-rank, rank))
    shape = r.shape(rank, most=24)
    index = np.argsort(r.rng.random(shape), axis=axis)
    index = np.take(index, range(max(1, shape[axis] - 1)), axis=axis)
    operands = [r.operand("real", shape, view=True), Operand(index, "i32"), r.operand("real", index.shape)]
    r.record(operands, lambda x, i, v: x.scatter(axis, i, v), raw=[1], second=rank == 2, axis=[axis], **MOVE)
for name, f in {"indexAdd": lambda x, i, v, a: x.index_add(a, i, v), "indexPut": lambda x, i, v, a: x.index_copy(a, i, v)}.items():
    r = Recorder(cases, name)
    for rank in range(1, 6):
        axis = int(r.rng.integers(-rank, rank))
        shape = r.shape(rank, most=24)
        n = shape[axis]
        picks = r.rng.integers(0, n, 3) if name == "indexAdd" else r.rng.permutation(n)[: max(1, n - 1)]
        many = list(shape)
        many[axis] = len(picks)
        operands = [r.operand("real", shape, view=True), Operand(picks, "i32"), r.operand("real", tuple(many), view=True)]
        r.record(operands, lambda x, i, v: f(x, i, v, axis), raw=[1], second=rank == 2, axis=[axis])
r = Recorder(cases, "maskedFill")
for mask, shape in [((2, 3), (2, 3)), ((3,), (2, 3)), ((), (2,)), ((2, 1, 1), (2, 3, 2)), ((0,), (2, 0))]:
    r.record([r.operand("real", shape, view=True), r.operand("real", mask, "bool")], lambda x, m: x.masked_fill(m, -2.5), raw=[1], second=True, number=[-2.5], **MOVE)
r = Recorder(cases, "mask")
for mask, shape in [((2, 3), (2, 3)), ((2,), (2, 3)), ((2, 3), (2, 3, 2)), ((0,), (0, 2)), ((4,), (4,))]:
    r.record([r.operand("real", shape, view=True), r.operand("real", mask, "bool")], lambda x, m: x[m], raw=[1], second=True, **MOVE)
r = Recorder(cases, "embedding")
for ids in [(), (3,), (2, 3), (0,)]:
    r.record([r.operand("real", (5, 3), view=True), Operand(r.rng.integers(0, 5, ids), "i32")], lambda x, i: F.embedding(i, x), raw=[1], second=True, **MOVE)
r = Recorder(cases, "oneHot")
for shape in [(), (3,), (2, 2), (0,)]:
    r.record([Operand(r.rng.integers(0, 4, shape), "i32")], lambda i: F.one_hot(i, 4), result="f32", count=[4], **MOVE)

# Orders
ORDERED = {"sort": lambda x, a, d: torch.sort(x, dim=a, descending=d, stable=True).values, "argsortAlong": lambda x, a, d: torch.sort(x, dim=a, descending=d, stable=True).indices}
for name, f in ORDERED.items():
    r = Recorder(cases, name)
    options = {"result": "i32"} if "arg" in name else {}
    for rank in range(1, 7):
        for descending in (False, True):
            axis = int(r.rng.integers(-rank, rank))
            r.record([r.operand("distinct" if name == "sort" else "ties", r.shape(rank), view=False)], lambda x: f(x, axis, descending), second=rank == 2 and name == "sort", axis=[axis], flag=[descending], **MOVE, **options)
    for dtype in LATTICE[:3]:
        r.record([r.operand("ties", (3, 4), dtype, True)], lambda x: f(x, 0, False), axis=[0], flag=[0], **MOVE, **options)
    r.record([Operand([1.0, np.nan, -np.inf, 2.0, np.inf], "f64")], lambda x: f(x, 0, True), smooth=False, axis=[0], flag=[1], **MOVE, **options)
for name, piece in {"topK": 0, "topKIndices": 1}.items():
    r = Recorder(cases, name)
    for shape, axis, k in [((5,), 0, 2), ((3, 4), 1, 3), ((3, 4), 0, 1), ((2, 3, 4), -1, 4), ((3,), 0, 0)]:
        for largest in (True, False):
            options = {"result": "i32"} if piece else {}
            r.record([r.operand("distinct", shape)], lambda x: torch.topk(x, k, axis, largest)[piece], axis=[axis], count=[k], flag=[largest], **MOVE, **options)
for name, f in {"maxWithIndices": torch.max, "minWithIndices": torch.min}.items():
    r = Recorder(cases, name)
    for rank in range(1, 6):
        axis = int(r.rng.integers(-rank, rank))
        r.record([r.operand("distinct", r.shape(rank))], lambda x: f(x, axis).values, second=rank == 2, axis=[axis], **MOVE)
for name, f in {"quantile": lambda x, q, a, k: torch.quantile(x, q, a, k), "median": lambda x, q, a, k: torch.quantile(x, 0.5, a, k)}.items():
    r = Recorder(cases, name)
    for shape, axis in [((5,), None), ((4,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3, 4), None), ((2, 3, 4), -2), ((1, 1), 0)]:
        for q in (0.0, 0.3, 1.0) if name == "quantile" else (0.5,):
            keep = q == 0.3
            r.record([r.operand("distinct", shape)], lambda x: f(x, q, axis, keep), second=axis == 1, axis=None if axis is None else [axis], number=[q], keep=[keep])

# Statistics
NORMS = {"normOne": 1, "normInfinity": np.inf, "normThree": 3}
for name, p in NORMS.items():
    r = Recorder(cases, name)
    for shape, axes in [((4,), None), ((2, 3), [0]), ((2, 3), [1]), ((2, 3, 2), [0, 2]), ((2, 2, 1, 2), None), ((1, 1), [0])]:
        for keep in (False, True):
            f = lambda x: torch.linalg.vector_norm(x, p, tuple(axes) if axes else None, keep)
            r.record([r.operand("distinct", shape)], f, least="f32", second=p == 3 and not keep, axes=axes, keep=[keep])
r = Recorder(cases, "standardDeviation")
for shape, axes, ddof in [((5,), None, 0), ((3, 4), [1], 1), ((3, 4), [0], 0), ((2, 3, 2), [0, 2], 1)]:
    for view in (False, True):
        r.record([r.operand("distinct", shape)], lambda x: torch.std(x, axes, correction=ddof), least="f32", second=True, axes=axes, ddof=[ddof])
r = Recorder(cases, "countNonzero")
for dtype in LATTICE:
    r.record([r.operand("ties", (3, 4), dtype, True)], lambda x: torch.count_nonzero(x, 1), result="i32", axes=[1], **MOVE)
r = Recorder(cases, "unit")
for shape, axis in [((3,), 0), ((2, 3), 1), ((2, 3), 0), ((2, 3, 2), -2)]:
    for view in (False, True):
        r.record([r.operand("positive", shape, view=view)], lambda x: F.normalize(x, dim=axis), least="f32", second=True, axis=[axis])
r = Recorder(cases, "cosineSimilarity")
for a, b, axis in [((3,), (3,), 0), ((2, 3), (2, 3), 1), ((2, 3), (2, 3), 0), ((4, 1, 3), (1, 2, 3), -1)]:
    r.record([r.operand("positive", a, view=True), r.operand("real", b)], lambda x, y: F.cosine_similarity(x, y, dim=axis), least="f32", second=True, axis=[axis])

# Products and running operations
r = Recorder(cases, "productSmooth")
for shape, axis in [((4,), 0), ((2, 3), 1), ((3, 2), 0), ((2, 3, 2), 1)]:
    for zeros in (False, True):
        domain = (lambda rng, s: rng.uniform(-2, 2, s).round(3) * (rng.random(s) < 0.7)) if zeros else "real"
        r.record([r.operand(domain, shape, view=not zeros)], lambda x: torch.prod(x, axis), second=not zeros, axes=[axis])
RUNNING = {"cumulativeProduct": torch.cumprod, "cumulativeMax": lambda x, a: torch.cummax(x, a).values, "cumulativeLogSumExp": torch.logcumsumexp}
for name, f in RUNNING.items():
    r = Recorder(cases, name)
    for rank in range(1, 6):
        for axis in sorted({0, -1}):
            domain = "distinct" if "Max" in name else "real"
            r.record([r.operand(domain, r.shape(rank), view=rank % 2 == 1 and domain == "real")], lambda x: f(x, axis), least="f32", second=rank == 2, axis=[axis])

r = Recorder(cases, "einsum")
EQUATIONS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij->ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ij->i", [(2, 3)]), ("i,j->ij", [(2,), (3,)]), ("i,i->", [(3,), (3,)]),
    ("ii->i", [(3, 3)]), ("ii->", [(3, 3)]), ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]), ("ij,kj->ik", [(2, 3), (4, 3)]), ("bhqd,bhkd->bhqk", [(1, 2, 3, 2), (1, 2, 2, 2)]),
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 2)]), ("i,ij,j->", [(2,), (2, 3), (3,)]), ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]), ("ij,ij->ij", [(2, 3), (2, 3)]),
    ("abc,cd->abd", [(2, 2, 3), (3, 2)]), ("ij,jk", [(2, 3), (3, 2)]), ("ba,ca->cb", [(2, 3), (2, 3)]), ("ij,j->ij", [(0, 3), (3,)]), ("ik,kj->ij", [(2, 0), (0, 3)]),
]  # fmt: skip
for equation, shapes in EQUATIONS:
    for view in (False, True):
        operands = [r.operand("real", s, view=view) for s in shapes]
        r.record(operands, lambda *x: torch.einsum(equation, *x), second=not view, equation=[ord(c) for c in equation])
