"""Writes operations.json: PyTorch's (and mpmath's) values and gradients for Tests/AutodiffTests/OperationTests.swift.

Run with PyTorch 2.x and mpmath from this folder: python3 make_operations.py. Everything is in f64.
"""

import json

import mpmath
import torch
import torch.nn.functional as F

torch.manual_seed(20261121)
torch.set_default_dtype(torch.float64)
cases = []
nan, inf = float("nan"), float("inf")


def number(v):
    return "nan" if v != v else "inf" if v == inf else "-inf" if v == -inf else v if abs(v) > 1e300 else float(f"{v:.15g}")


def array(x):
    x = torch.as_tensor(x).detach()
    kind = "f64" if x.dtype.is_floating_point else "bool" if x.dtype == torch.bool else "i32"
    return {"shape": list(x.shape), "dtype": kind, "values": [number(float(v)) for v in x.flatten().tolist()]}


def case(op, inputs, function, gradient=True, **attributes):
    """With `gradient`, that of sum(result * cos(0, 1, 2, ...)) by every floating input."""
    leaves = [x.clone().requires_grad_() if gradient and x.dtype.is_floating_point else x for x in inputs]
    result = function(*leaves)
    gradients = []
    if gradient:
        weights = torch.cos(torch.arange(result.numel(), dtype=torch.float64)).reshape(result.shape)
        floats = [x for x in leaves if x.dtype.is_floating_point]
        found = torch.autograd.grad((result * weights).sum(), floats, allow_unused=True)
        gradients = [torch.zeros_like(x) if g is None else g for x, g in zip(floats, found)]
    cases.append({"op": op, "inputs": [array(x) for x in inputs], "attributes": attributes, "value": array(result),
                  "gradients": [array(g) for g in gradients]})


def real(*shape):
    return torch.randn(*shape) * 1.5


# Elementwise functions and activations, at random points and at special ones. (F.hardsigmoid rounds its slope to f32.)
special = torch.tensor([0.0, -0.0, 1.0, -1.0, 30.0, -30.0, 800.0, -800.0, nan, inf, -inf])
away = real(4, 5)
away = torch.where(away.abs() < 0.05, away + 0.2, away)
unary = {
    "silu": F.silu, "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "elu": F.elu, "elu2": lambda x: F.elu(x, alpha=2.0), "selu": F.selu,
    "leakyRelu": F.leaky_relu, "hardtanh": F.hardtanh, "relu6": F.relu6, "hardswish": F.hardswish, "hardsigmoid": lambda x: F.relu6(x + 3) / 6, "mish": F.mish,
    "softsign": F.softsign, "logSigmoid": F.logsigmoid, "sinh": torch.sinh, "cosh": torch.cosh, "asinh": torch.asinh, "atan": torch.atan,
    "exp2": torch.exp2,
}
for name, f in unary.items():
    case(name, [away], f)
    case(name, [away * 4], f)
    limits = {"geluTanh": special[:-1], "silu": special[:-1], "mish": special[:-1], "hardswish": special[:-1]}.get(name, special)
    case(name, [limits[:8] if name == "softsign" else limits], f, gradient=False)
for name, f in {"asin": torch.asin, "acos": torch.acos, "atanh": torch.atanh}.items():
    case(name, [torch.rand(3, 4) * 1.9 - 0.95], f)
    case(name, [torch.tensor([1.0, -1.0, 0.0, 1e-12, 2.0, -2.0, nan])], f, gradient=False)
for name, f in {"acosh": torch.acosh, "log2": torch.log2, "log10": torch.log10, "rsqrt": torch.rsqrt}.items():
    case(name, [torch.rand(3, 4) * 4 + 1.05], f)
    case(name, [torch.tensor([1.0, 1.0 + 1e-10, 4.0, 1e300, nan, inf])], f, gradient=False)
# mpmath, for PyTorch's trigamma is good to 9 digits only.
for x in [torch.rand(3, 4) * 5 + 0.1, torch.tensor([-0.5, -1.3, -2.7, 0.01, 30.0, 1e5])]:
    weights = torch.cos(torch.arange(x.numel(), dtype=torch.float64)).reshape(x.shape)
    functions = {("logGamma", None): -1, ("digamma", None): 0, ("polygamma", 1): 1, ("polygamma", 2): 2, ("polygamma", 5): 5}
    for (name, count), order in functions.items():
        def psi(n):
            return torch.tensor([float(mpmath.re(mpmath.loggamma(v)) if n < 0 else mpmath.psi(n, v)) for v in x.flatten().tolist()]).reshape(x.shape)
        cases.append({"op": name, "inputs": [array(x)], "attributes": {"count": count}, "value": array(psi(order)), "gradients": [array(psi(order + 1) * weights)]})
case("truncate", [real(9) * 3], torch.trunc, gradient=False)
case("isInf", [special], torch.isinf, gradient=False)
case("nanToNumber", [special], torch.nan_to_num, gradient=False)
for name, f in {"atan2": torch.atan2, "hypot": torch.hypot, "logAddExp": torch.logaddexp}.items():
    case(name, [away, real(4, 5) + 0.01], f)
    case(name, [away[:, :1], real(5) + 0.01], f)
    case(name, [torch.tensor([0.0, 1.0, -1.0, 0.0, inf, -inf, 1e200, nan]), torch.tensor([1.0, 0.0, 0.0, -2.0, 1.0, -inf, 1e200, 1.0])], f, gradient=False)
flags = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
case("xor", list(flags), torch.logical_xor, gradient=False)

# Structure.
for k in [-5, -1, 0, 1, 2, 7]:
    case("tril", [real(3, 4)], lambda x: torch.tril(x, k), offset=k)
    case("triu", [real(2, 4, 3)], lambda x: torch.triu(x, k), offset=k)
    case("diagonal", [real(3, 4)], lambda x: torch.diagonal(x, k), offset=k)
    case("diagonalMatrix", [real(2, 3)], lambda x: torch.diag_embed(x, k), offset=k)
for shift, axis in [(1, 0), (-1, 1), (5, 1), (0, 0), (-7, -1)]:
    case("roll", [real(3, 4)], lambda x: torch.roll(x, shift, axis), shift=shift, axis=axis)
for counts in [[2], [2, 3], [1, 1, 2], [0, 2], [2, 1, 3]]:
    case("tile", [real(2, 3)], lambda x: torch.tile(x, counts), counts=counts)
for count, axis in [(2, 0), (3, 1), (0, 1), (1, 0)]:
    case("repeat", [real(2, 3)], lambda x: torch.repeat_interleave(x, count, dim=axis), count=count, axis=axis)
case("moveAxis", [real(2, 3, 4)], lambda x: torch.movedim(x, 0, 2), source=0, target=2)
case("moveAxis", [real(2, 3, 4)], lambda x: torch.movedim(x, -1, 0), source=-1, target=0)
case("swapAxes", [real(2, 3, 4)], lambda x: torch.swapaxes(x, 0, 2), source=0, target=2)
case("oneHot", [torch.tensor([[0, 2], [3, 1]])], lambda x: F.one_hot(x, 4).double(), gradient=False, count=4)
ids = torch.tensor([[2, 0, 1], [1, 2, 2]])
case("scatterAdd", [real(2, 3), ids, real(2, 3)], lambda x, i, v: x.scatter_add(1, i, v), axis=1)
case("scatterAdd", [real(3, 3), ids, real(2, 3)], lambda x, i, v: x.scatter_add(0, i, v), axis=0)
case("scatter", [real(2, 4), torch.tensor([[2, 0], [3, 1]]), real(2, 2)], lambda x, i, v: x.scatter(1, i, v), axis=1)
case("indexAdd", [real(4, 3), torch.tensor([2, 0, 2]), real(3, 3)], lambda x, i, v: x.index_add(0, i, v), axis=0)
case("indexAdd", [real(2, 4), torch.tensor([3, 3]), real(2, 2)], lambda x, i, v: x.index_add(1, i, v), axis=1)
case("indexPut", [real(2, 4), torch.tensor([3, 1]), real(2, 2)], lambda x, i, v: x.index_copy(1, i, v), axis=1)
mask = torch.tensor([[True, False, True], [False, False, True]])
case("masked", [real(2, 3), mask], lambda x, m: x[m])
case("masked", [real(2, 3), torch.tensor([False, True])], lambda x, m: x[m])
case("masked", [real(2, 3), torch.zeros(2, 3, dtype=torch.bool)], lambda x, m: x[m])
case("maskedFill", [real(2, 3), mask], lambda x, m: x.masked_fill(m, 7.0))
case("maskedFill", [real(2, 3), mask[0]], lambda x, m: x.masked_fill(m, 7.0))
case("embedding", [real(4, 3), ids], lambda t, i: F.embedding(i, t))

# Order, with ties, NaN and both directions. PyTorch's stable sort is the reference for the order of equal elements.
ties = torch.tensor([[3.0, 1.0, 3.0, 2.0, 1.0], [0.0, -0.0, 0.0, -0.0, 0.0]])
wild = torch.tensor([[nan, 1.0, -inf, inf, nan, 0.0], [inf, -inf, 2.0, -2.0, 1.0, inf]])
for descending in [False, True]:
    for x in [ties, wild, real(3, 7), real(2, 3, 4), torch.randint(0, 5, (4, 100)).double(), torch.randint(-9, 9, (300,)), flags[0]]:
        for axis in ([0, -1] if x.dim() > 1 else [0]):
            case("argSort", [x], lambda x: torch.sort(x, dim=axis, descending=descending, stable=True)[1], gradient=False, axis=axis, descending=descending)
    case("sort", [real(3, 5)], lambda x: torch.sort(x, dim=-1, descending=descending)[0], axis=-1, descending=descending)
    case("sort", [real(3, 5)], lambda x: torch.sort(x, dim=0, descending=descending)[0], axis=0, descending=descending)
    case("sort", [wild], lambda x: torch.sort(x, dim=-1, descending=descending)[0], gradient=False, axis=-1, descending=descending)
    for k in [0, 1, 3]:
        case("topK", [real(3, 5)], lambda x: torch.topk(x, k, dim=-1, largest=descending)[0], axis=-1, descending=descending, count=k)
        case("topK", [wild], lambda x: torch.topk(x, k, dim=-1, largest=descending)[0], gradient=False, axis=-1, descending=descending, count=k)
for q in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]:
    for axis in [0, 1]:
        case("quantile", [real(5, 4)], lambda x: torch.quantile(x, q, dim=axis), axis=axis, q=q)
case("quantile", [torch.tensor([[1.0, nan, 2.0], [1.0, 5.0, 2.0]])], lambda x: torch.quantile(x, 0.5, dim=1), gradient=False, axis=1, q=0.5)
case("median", [real(6, 3)], lambda x: torch.quantile(x, 0.5, dim=0), axis=0)
case("maxWithIndices", [ties], lambda x: torch.max(x, dim=1)[0], gradient=False, axis=1)
case("maxWithIndices", [real(3, 4)], lambda x: torch.max(x, dim=0)[0], axis=0)
case("minWithIndices", [real(3, 4)], lambda x: torch.min(x, dim=1)[0], axis=1)

# Reductions.
zeros = [torch.tensor([[1.5, 0.0, 2.0], [0.0, 0.0, 3.0]]), torch.tensor([[2.0, 0.0, -1.0], [1.0, 2.0, 3.0]]), real(2, 3)]
for x in zeros:
    case("product", [x], lambda x: torch.prod(x))
    case("product", [x], lambda x: torch.prod(x, 1), axes=[1])
    case("product", [x], lambda x: torch.prod(x, 0, keepdim=True), axes=[0], keep=True)
    case("cumulativeProduct", [x], lambda x: torch.cumprod(x, 1), axis=1)
    case("cumulativeProduct", [x], lambda x: torch.cumprod(x, 0), axis=0)
case("cumulativeMax", [real(3, 7)], lambda x: torch.cummax(x, 1)[0], axis=1)
case("cumulativeLogSumExp", [real(3, 7) * 3], lambda x: torch.logcumsumexp(x, 1), axis=1)
for ddof in [0, 1]:
    for axes in [[0], [1], [0, 1]]:
        case("standardDeviation", [real(4, 3)], lambda x: torch.std(x, axes, correction=ddof), axes=axes, ddof=ddof)
for order, p in [("one", 1), ("two", 2), ("infinity", inf), (3.0, 3), (1.5, 1.5), (0.5, 0.5), (4.0, 4)]:
    for axes in [[0], [1], [0, 1]]:
        case("norm", [real(4, 3)], lambda x: torch.linalg.vector_norm(x, p, axes), axes=axes, order=str(order))
case("countNonzero", [torch.tensor([[0.0, 1.0, nan], [0.0, 0.0, 2.0]])], lambda x: torch.count_nonzero(x, 1), gradient=False, axes=[1])

with open("operations.json", "w") as file:
    json.dump({"cases": cases}, file, separators=(",", ":"))
print(len(cases), "cases")
