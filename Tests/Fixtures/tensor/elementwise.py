"""Elementwise operations of one and two tensors, with numbers, comparisons, logic, choice and conversion."""

import numpy as np
import torch

from recorder import LATTICE, NUMPY, Operand, Recorder, promoted

cases = []
CORNERS = [(0,), (1,), (2, 0, 3), (1, 1)]
SPECIAL = {
    "f64": [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -1e-310, 1e300, -1e300, 1e-300, 709.5, -745.0, 88.5, 0.5, 1.5, 2.5, -0.5, -1.0, 1e10],
    "f32": [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-45, 3e38, -3e38, 1e-37, 88.5, -87.0, -103.0, 0.5, 1.5, 2.5, -0.5, -1.0, 1e10],
}
PAIRS = [((), ()), ((3,), ()), ((), (2, 2)), ((2, 3), (3,)), ((2, 1), (1, 4)), ((0, 3), (3,)), ((2, 0), (1, 1)), ((2, 1, 3), (4, 1)), ((1,), (1,))]


def zero_beyond(x, y):
    """y, but 0 at -inf: the limit, where the product form gives NaN."""
    return torch.where(x == -torch.inf, torch.zeros_like(x), y)


# name: function, domain, and what differs from the common row
UNARY = {
    "neg": (torch.neg, "real", {"least": "i32"}),
    "abs": (torch.abs, "real", {"least": "i32"}),
    "sign": (lambda x: torch.where(x.isnan(), x, torch.sign(x)), "real", {"least": "i32"}),
    "relu": (torch.relu, "real", {"least": "i32"}),
    "square": (torch.square, "real", {"least": "i32"}),
    "floor": (torch.floor, "wide", {"least": "i32"}),
    "ceil": (torch.ceil, "wide", {"least": "i32"}),
    "round": (torch.round, "wide", {"least": "i32"}),
    "exp": (torch.exp, "real", {}),
    "expm1": (torch.expm1, "real", {}),
    "log": (torch.log, "positive", {}),
    "log1p": (torch.log1p, "unit", {}),
    "sqrt": (torch.sqrt, "positive", {}),
    "sin": (torch.sin, "wide", {}),
    "cos": (torch.cos, "wide", {}),
    "tan": (torch.tan, "unit", {}),
    "tanh": (torch.tanh, "real", {}),
    "sigmoid": (torch.sigmoid, "real", {}),
    "softplus": (lambda x: torch.logaddexp(x, torch.zeros_like(x)), "real", {}),
    "erf": (torch.erf, "real", {}),
    "gelu": (lambda x: zero_beyond(x, torch.nn.functional.gelu(x)), "real", {}),
    "reciprocal": (torch.reciprocal, "positive", {}),
}
for name, (f, domain, options) in UNARY.items():
    r = Recorder(cases, name)
    options = {"least": "f32"} | options
    for rank in range(7):
        r.record([r.operand(domain, r.shape(rank))], f, second=rank in (0, 2, 5), **options)
    for shape in CORNERS:
        r.record([r.operand(domain, shape)], f, **options)
    for rank in (0, 1, 2, 3, 5):
        r.record([r.operand(domain, r.shape(rank), view=True)], f, second=rank == 3, **options)
    for dtype in ("f32", "i32", "bool"):
        for view in (False, True):
            r.record([r.operand(domain, r.shape(2), dtype, view)], f, **options)
    for dtype, values in SPECIAL.items():
        r.record([Operand(values, dtype)], f, smooth=False, wide=True, **options)
    # Where a derivative vanishes, saturates or has a kink. At 0 the square root's is taken as 0 here and has no limit, so 0 is left out.
    for dtype in ("f64", "f32"):
        ends = [-1e4, -800.0, -95.0, -40.0, -14.1, -6.0, -1e-8, 0.0, 1e-8, 6.0, 14.1, 40.0, 85.0, 95.0, 800.0, 1e4]
        ends = {"positive": [1e-8, 1e-3, 1.0, 40.0, 1e8, 1e30], "unit": [-0.999, -1e-8, 0.0, 1e-8, 0.999]}.get(domain, ends)
        ends = [x for x in ends if not (name in ("exp", "expm1") and x > 90)]
        second = dtype == "f64" and name != "softplus"  # PyTorch's is NaN from -1000 down
        r.record([Operand(ends, dtype)], f, second=second, wide=True, **options)

PREDICATES = {"isNaN": torch.isnan, "isFinite": torch.isfinite, "not": torch.logical_not}
for name, f in PREDICATES.items():
    r = Recorder(cases, name)
    for dtype in ["bool"] if name == "not" else LATTICE:
        for shape in [(), (0,), r.shape(2), r.shape(4)]:
            for view in (False, True):
                r.record([r.operand("real", shape, dtype, view)], f, result="bool", exact=True)
        if dtype in SPECIAL:
            r.record([Operand(SPECIAL[dtype], dtype, ["flip 0"])], f, result="bool", exact=True, wide=True)


def by_numpy(f):
    return lambda a, b: torch.from_numpy(np.asarray(f(a.detach().numpy(), b.detach().numpy())))


EXPONENT = {"i32": lambda rng, shape: rng.integers(0, 5, shape), "else": "real"}
# name: function, domains, options, and the function for special values where NumPy states them better
BINARY = {
    "add": (torch.add, "real", "real", {}),
    "subtract": (torch.sub, "real", "real", {}),
    "multiply": (torch.mul, "real", "real", {}),
    "divide": (torch.div, "real", "positive", {"least": "f32"}),
    "power": (torch.pow, "positive", EXPONENT, {}),
    "maximum": (torch.maximum, "ties", "ties", {}),
    "minimum": (torch.minimum, "ties", "ties", {}),
    "floorDivide": (lambda a, b: torch.div(a, b, rounding_mode="floor"), "wide", "positive", {"wide": True}),
    "remainder": (torch.remainder, "wide", "positive", {"wide": True}),
    "equal": (torch.eq, "ties", "ties", {"result": "bool"}),
    "notEqual": (torch.ne, "ties", "ties", {"result": "bool"}),
    "less": (torch.lt, "ties", "ties", {"result": "bool"}),
    "lessOrEqual": (torch.le, "ties", "ties", {"result": "bool"}),
    "greater": (torch.gt, "ties", "ties", {"result": "bool"}),
    "greaterOrEqual": (torch.ge, "ties", "ties", {"result": "bool"}),
}
BY_NUMPY = {"power": np.power, "floorDivide": np.floor_divide, "remainder": np.remainder}
GRID = np.array([np.nan, np.inf, -np.inf, 0.0, -1.5, 2.0, 3.0, 1e-320, 1e200])
for name, (f, left, right, options) in BINARY.items():
    r = Recorder(cases, name)
    compares = options.get("result") == "bool"
    options = options if compares else {"least": "i32"} | options
    for a, b in PAIRS:
        r.record([r.operand(left, a), r.operand(right, b)], f, exact=compares, **options)
    for rank in range(1, 7):
        a, b = r.pair(rank)
        r.record([r.operand(left, a), r.operand(right, b)], f, exact=compares, second=rank in (2, 4), **options)
    for rank in (1, 2, 2, 3, 4):
        a, b = r.pair(rank)
        r.record([r.operand(left, a, view=True), r.operand(right, b, view=True)], f, exact=compares, second=rank == 4, **options)
    for first in LATTICE:
        for other in LATTICE:
            a, b = r.pair(2, most=12)
            r.record([r.operand(left, a, first), r.operand(right, b, other)], f, exact=compares, **options)
    with np.errstate(all="ignore"):
        grid = [Operand(g, "f64") for g in np.meshgrid(GRID, np.delete(GRID, 7))]
        g = by_numpy(BY_NUMPY[name]) if name in BY_NUMPY else f
        r.record(grid, g, exact=compares, smooth=False, **options | {"wide": True})

for name, f in {"and": torch.logical_and, "or": torch.logical_or}.items():
    r = Recorder(cases, name)
    for a, b in PAIRS + [r.pair(rank) for rank in (2, 3, 4, 5, 6)]:
        for view in (False, True):
            r.record([r.operand("real", a, "bool", view), r.operand("real", b, "bool", view)], f, exact=True)

# Derivatives of the power at its corners: base 0 and exponents 0, 1, 2, 3; negative bases with whole exponents.
r = Recorder(cases, "powerAtCorners")
corners = np.meshgrid([0.0, -1.5, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0])
r.record([Operand(corners[0], "f64"), Operand(corners[1].astype(np.int32), "i32")], torch.pow, wide=True)
r.record([Operand([0.0, 0.0, 0.25, 0.5], "f64"), Operand([1.0, 2.0, 0.5, 0.0], "f64")], torch.pow, wide=True)

# A number beside a tensor takes its dtype; beside integers a fraction makes them f32.
NUMBERS = {
    "addNumber": (lambda x, n: x + n, "real", 2.5),
    "subtractNumber": (lambda x, n: x - n, "real", 0.3),
    "multiplyNumber": (lambda x, n: x * n, "real", -3.0),
    "divideNumber": (lambda x, n: x / n, "real", 0.7),
    "numberAdd": (lambda x, n: n + x, "real", 2.0),
    "numberSubtract": (lambda x, n: n - x, "real", 1.0),
    "numberMultiply": (lambda x, n: n * x, "real", 0.1),
    "numberDivide": (lambda x, n: n / x, "positive", 2.0),
    "powerNumber": (lambda x, n: x**n, "positive", 3.0),
    "powerNumber1": (lambda x, n: x**n, "positive", 1.0),
    "powerNumber2": (lambda x, n: x**n, "real", 2.0),
    "powerNumberFraction": (lambda x, n: x**n, "positive", -0.5),
}
for name, (f, domain, n) in NUMBERS.items():
    r = Recorder(cases, name)
    for dtype in LATTICE:
        least = "f32" if n % 1 or "ivide" in name else "i32"
        rounded = float(np.float32(n)) if promoted(dtype, least) == "f32" else n
        n_or_int = int(rounded) if least == "i32" and dtype in ("bool", "i32") else rounded
        for shape, view in [((), False), ((0, 2), False), (r.shape(2), True), (r.shape(3), False)]:
            operand = r.operand(domain, shape, dtype, view)
            r.record([operand], lambda x: f(x, n_or_int), least=least, second=view and n != 1, number=[n])
for name, f in {"equalNumber": torch.eq, "greaterNumber": torch.gt, "lessNumber": torch.lt}.items():
    r = Recorder(cases, name)
    for dtype in LATTICE:
        for shape, view in [((), False), (r.shape(2), True), (r.shape(4), False)]:
            r.record([r.operand("ties", shape, dtype, view)], lambda x: f(x, 0.5), result="bool", exact=True, number=[0.5])

r = Recorder(cases, "clamp")
for dtype in LATTICE:
    for lower, upper in [(-0.7501, 1.2503), (-1, 1), (0.5003, -0.5003)]:
        for shape, view in [((), False), (r.shape(2), True), (r.shape(3), False)]:
            least = "f32" if lower % 1 else "i32"
            bounds = [float(np.float32(b)) for b in (lower, upper)] if promoted(dtype, least) == "f32" else (lower, upper)
            f = lambda x: torch.clamp(x, *bounds)
            r.record([r.operand("real", shape, dtype, view)], f, least=least, bounds=[lower, upper])

r = Recorder(cases, "where")
for rank in range(7):
    for view in (False, True):
        a, b = r.pair(rank)
        c = tuple(n if r.rng.random() < 0.7 else 1 for n in np.broadcast_shapes(a, b))
        operands = [r.operand("real", c, "bool", view), r.operand("real", a, view=view), r.operand("real", b, view=view)]
        r.record(operands, torch.where, raw=[0], second=rank == 3)
for first in LATTICE:
    for other in LATTICE:
        operands = [r.operand("real", (2, 3), "bool"), r.operand("real", (3,), first), r.operand("real", (2, 1), other)]
        r.record(operands, torch.where, raw=[0])
for shapes in [((0,), (1,), ()), ((2, 1), (0,), (1,)), ((), (), ())]:
    r.record([r.operand("real", s, "bool" if i == 0 else "f64") for i, s in enumerate(shapes)], torch.where, raw=[0])
values = np.array([np.nan, np.inf, -0.0])
r.record([Operand([True, False, True], "bool"), Operand(values, "f64"), Operand(values[::-1], "f64")], torch.where, raw=[0], smooth=False, exact=True, wide=True)

r = Recorder(cases, "cast")
for source in LATTICE:
    for target in LATTICE:
        for shape, view in [((), False), ((0, 2), False), (r.shape(2), True), (r.shape(4), True)]:
            domain = "real" if target in ("f32", "f64") else {"i32": "real", "bool": "real", "else": "ties"}
            operand = r.operand(domain, shape, source, view)
            f = (lambda x: x != 0) if target == "bool" else (lambda x: torch.trunc(x.double())) if target == "i32" else (lambda x: x.double())
            r.record([operand], f, result=target, exact=True, wide=True, to=[LATTICE.index(target)])
r.record([Operand([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-320, -0.0], "f64")], lambda x: x, result="f32", smooth=False, exact=True, wide=True, to=[2])
r.record([Operand([2147483647.9, -2147483648.9, -0.99, 0.99], "f64")], torch.trunc, result="i32", exact=True, wide=True, to=[1])
r.record([Operand([2147483520.0, -2147483648.0, -0.99, 0.99], "f32")], torch.trunc, result="i32", exact=True, wide=True, to=[1])
r.record([Operand([2147483647, -2147483648, 16777217], "i32")], lambda x: x, result="f32", exact=True, wide=True, to=[2])
r.record([Operand([np.nan, 5e-324, 0.0, -0.0], "f64")], lambda x: x != 0, result="bool", exact=True, wide=True, to=[0])
