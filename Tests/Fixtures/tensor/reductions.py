"""Reductions, running sums, orders, and the operations that work along an axis."""

import numpy as np
import torch

from recorder import LATTICE, Operand, Recorder

cases = []


def over(f):
    """f of the axes to reduce, all of them where none are named."""
    return lambda x, axes, keep: f(x, tuple(range(x.ndim)) if axes is None else tuple(axes), keep)


def each(f):
    """A reduction that PyTorch has for one axis only, applied from the last axis to the first."""

    def apply(x, axes, keep):
        for axis in sorted((a % x.ndim for a in axes), reverse=True):
            x = f(x, axis, keep)
        return x

    return apply


def amax(x, axes, keep):
    return torch.amax(x, axes, keep) if axes else x


def amin(x, axes, keep):
    return torch.amin(x, axes, keep) if axes else x


def total(x, axes, keep):
    return torch.sum(x, axes, keepdim=keep) if axes else x


def mean(x, axes, keep):
    return torch.mean(x, axes, keepdim=keep) if axes else x


def variance(x, axes, keep):
    return torch.var(x, axes, correction=0, keepdim=keep) if axes else x - x


def norm(x, axes, keep):
    return torch.linalg.vector_norm(x, 2, axes, keep) if axes else x.abs()


any_of, all_of = each(lambda x, a, k: torch.any(x, a, k)), each(lambda x, a, k: torch.all(x, a, k))
of_bool = lambda f: lambda x, axes, keep: f(x != 0, axes, keep)
product = each(lambda x, a, k: torch.prod(x, a, keepdim=k))
BOOLEAN = {"result": "bool", "exact": True}
# name: function, domain, options, whether nothing can be reduced
REDUCTIONS = {
    "sum": (total, "real", {"least": "i32"}, True),
    "mean": (mean, "real", {"least": "f32"}, True),
    "variance": (variance, "real", {"least": "f32"}, True),
    "norm": (norm, "positive", {"least": "f32"}, True),
    "product": (product, "unit", {"least": "i32", "smooth": False}, True),
    "max": (amax, "ties", {}, False),
    "min": (amin, "ties", {}, False),
    "any": (of_bool(any_of), "ties", BOOLEAN, True),
    "all": (of_bool(all_of), "ties", BOOLEAN, True),
}


def choices(rng, rank):
    """Nothing named, one axis from each end, two apart, all, none."""
    found = [None, []] + ([[0], [-1]] if rank else []) + ([[0, rank - 1]] if rank > 2 else []) + ([list(range(rank))] if rank > 1 else [])
    if rank > 3:
        found.append(sorted(int(a) for a in rng.choice(rank, 3, replace=False)))
    return found


for name, (f, domain, options, empty) in REDUCTIONS.items():
    r = Recorder(cases, name)
    keeps = [False] if name in ("any", "all") else [False, True]
    f = over(f)
    for rank in range(7):
        for number, axes in enumerate(choices(r.rng, rank)):
            keep = keeps[number % len(keeps)]
            operand = r.operand(domain, r.shape(rank), view=number % 2 == 1)
            second = rank in (1, 3) and number < 3 and not (name == "norm" and axes == [])
            r.record([operand], lambda x: f(x, axes, keep), second=second, axes=axes, keep=[keep], **options)
    for dtype in LATTICE[:3]:
        for axes in (None, [0], [1, -1]):
            operand = r.operand({"i32": lambda rng, s: rng.integers(-3, 4, s), "else": domain}, (2, 3, 2), dtype, view=axes == [0])
            r.record([operand], lambda x: f(x, axes, False), axes=axes, keep=[False], **options)
    if empty:
        for shape, axes in [((0,), None), ((0, 3), [0]), ((2, 0), [1]), ((2, 0, 3), [0, 1])]:
            r.record([r.operand(domain, shape)], lambda x: f(x, axes, False), axes=axes, keep=[False], **options)
    for shape, axes in [((0, 3), [1]), ((2, 0, 3), [0])]:
        r.record([r.operand(domain, shape)], lambda x: f(x, axes, True), axes=axes, keep=[len(keeps) > 1], **options) if len(keeps) > 1 else None
    special = np.array([[1.0, np.nan, -np.inf], [np.inf, 2.0, -1.0], [-np.inf, -np.inf, 0.0], [np.inf, -np.inf, 1.0]])
    for axes in (None, [0], [1]):
        r.record([Operand(special, "f64")], lambda x: f(x, axes, False), axes=axes, keep=[False], **options | {"smooth": False, "wide": True})
    if name in ("sum", "mean", "variance", "max", "norm"):  # long enough for blocks, columns and several chunks
        for shape, axes in [((9000,), None), ((3, 700), [0]), ((40, 3), [0]), ((2, 5, 130), [1])]:
            base = Operand(r.rng.integers(-9, 10, shape) / 4, "f64")
            r.record([base], lambda x: f(x, axes, False), axes=axes, keep=[False], **options | {"smooth": False})

r = Recorder(cases, "varianceWithCorrection")
with np.errstate(all="ignore"):
    for shape, axes, ddof in [((5,), None, 1), ((3, 4), [1], 1), ((2, 3, 2), [0, 2], 2), ((2, 3, 2), [-1], 1), ((1, 3), [0], 1), ((1, 3), [0], 3), ((4,), [0], 9)]:
        usable = ddof < np.prod([shape[a] for a in (axes or range(len(shape)))])
        f = lambda x: torch.var(x, axes, correction=ddof) if usable else torch.from_numpy(np.asarray(np.var(x.numpy(), axis=tuple(axes or range(x.ndim)), ddof=ddof)))
        r.record([r.operand("real", shape, view=usable)], f, smooth=usable, second=usable, least="f32", axes=axes, ddof=[ddof])

for name, f in {"argmax": np.argmax, "argmin": np.argmin}.items():
    r = Recorder(cases, name)
    for dtype in ("f64", "f32", "i32", "bool"):
        for rank in range(1, 7) if dtype == "f64" else (1, 3):
            for axis in sorted({None if rank == 2 else 0, rank - 1, -1}, key=str):
                operand = r.operand("ties", r.shape(rank), dtype, view=rank % 2 == 1)
                r.record([operand], lambda x: f(x.numpy(), axis=axis), result="i32", exact=True, axis=None if axis is None else [axis])
    r.record([Operand([[1.0, np.nan, 3.0, np.nan], [2.0, np.inf, -np.inf, np.inf]], "f64")], lambda x: f(x.numpy(), axis=1), result="i32", exact=True, axis=[1])
    r.record([r.operand("real", ())], lambda x: f(x.numpy()), result="i32", exact=True)

r = Recorder(cases, "argsort")
for dtype in LATTICE:
    for shape, view in [((1,), False), ((0,), False), ((2, 0), False), ((7,), True), (r.shape(2), True), (r.shape(3), False), (r.shape(5), True)]:
        operand = r.operand("ties", shape, dtype, view)
        r.record([operand], lambda x: np.argsort(x.numpy(), axis=-1, kind="stable"), result="i32", exact=True)
r.record([Operand([[1.0, np.nan, -np.inf, 0.0, -0.0, np.nan, np.inf]], "f64", ["flip 1"])], lambda x: np.argsort(x.numpy(), axis=-1, kind="stable"), result="i32", exact=True)

r = Recorder(cases, "cumsum")
for rank in range(1, 7):
    for axis in sorted({0, rank // 2, -1}):
        for view in (False, True):
            r.record([r.operand("real", r.shape(rank), view=view)], lambda x: torch.cumsum(x, axis), least="i32", second=rank == 2, axis=[axis])
for dtype in LATTICE[:3]:
    r.record([r.operand("real", (3, 4), dtype, True)], lambda x: torch.cumsum(x, 0), least="i32", axis=[0])
for shape in [(0,), (2, 0), (0, 2), (1, 1)]:
    r.record([r.operand("real", shape)], lambda x: torch.cumsum(x, -1), least="i32", axis=[-1])
r.record([Operand([1.0, np.inf, -np.inf, np.nan], "f64")], lambda x: torch.cumsum(x, 0), smooth=False, wide=True, axis=[0])

# Along an axis. The rows of -inf have no softmax; their log-sum-exp is -inf.
AXIS = {
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "logSoftmax": lambda x, axis: torch.log_softmax(x, axis),
    "logSumExp": lambda x, axis: torch.logsumexp(x, axis),
    "logSumExpKept": lambda x, axis: torch.logsumexp(x, axis, keepdim=True),
}
EXTREME = np.array([[1e4, 1e4, -1e4], [-np.inf, 0.5, -np.inf], [-np.inf, -np.inf, -np.inf], [np.inf, 1.0, 2.0], [np.nan, 1.0, 2.0], [-1e300, 0.0, 1e300]])
for name, f in AXIS.items():
    r = Recorder(cases, name)
    for rank in range(1, 7):
        for axis in sorted({0, rank // 2, -1}):
            for view in (False, True):
                operand = r.operand("wide" if rank == 1 else "real", r.shape(rank), view=view)
                r.record([operand], lambda x: f(x, axis), least="f32", second=rank in (2, 3), axis=[axis])
    for dtype in LATTICE[:3]:
        r.record([r.operand("real", (2, 5), dtype, True)], lambda x: f(x, 1), least="f32", axis=[1])
    for shape, axis in [((0, 3), 1), ((1,), 0), ((2, 1), 1)] + ([((3, 0), 1)] if "Sum" in name else []):
        r.record([r.operand("real", shape)], lambda x: f(x, axis), least="f32", axis=[axis])
    r.record([r.operand("wide", (3, 37))], lambda x: f(x, 1), least="f32", axis=[1])
    r.record([Operand(EXTREME, "f64")], lambda x: f(x, 1), least="f32", smooth=False, wide=True, axis=[1])
    # Derivatives stay finite beside -inf and far from the largest element.
    far = np.array([[-np.inf, 0.0, 1.0], [-1e4, 0.0, 1e4], [800.0, 800.0, -800.0]])
    for dtype in ("f64", "f32"):
        r.record([Operand(far[1:] if name == "logSoftmax" else far, dtype)], lambda x: f(x, 1), least="f32", wide=True, second=dtype == "f64", axis=[1])

r = Recorder(cases, "normalize")
for rank in range(1, 7):
    for view in (False, True, True):
        f = lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:])
        shape = r.shape(rank - 1, most=12) + (int(r.rng.integers(3, 6)),)
        # No two equal elements: a row of equal ones divides rounding by epsilon.
        r.record([r.operand("distinct", shape) if view is False or rank > 3 else Operand(r.draw("distinct", shape[:-1] + (2 * shape[-1],), "f64"), "f64", [f"step {rank - 1}"])], f, least="f32", second=rank < 4)
for dtype in LATTICE[:3]:
    r.record([Operand(np.arange(10).reshape(2, 5) % 4, dtype, ["flip 1"])], lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]), least="f32")
for shape in [(0, 3), (1,), (2, 1)]:
    r.record([r.operand("real", shape)], lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]), least="f32")
r = Recorder(cases, "normalizeWithEpsilon")
for epsilon in (1e-3, 0.25, 2.0):
    r.record([r.operand("real", (2, 6))], lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:], eps=epsilon), least="f32", second=True, epsilon=[epsilon])
