"""Writes cases.json: NumPy's results for the operations of Tests/TensorTests/NumPyTests.swift.

Run with NumPy 2.x from this folder: python3 make_cases.py
"""

import json

import numpy as np
from math import erf

rng = np.random.default_rng(20261121)
cases = []


def array(x):
    x = np.asarray(x)
    kind = {"b": "bool", "i": "i32", "f": "f64"}[x.dtype.kind]
    values = [("nan" if v != v else "inf" if v == np.inf else "-inf" if v == -np.inf else v) for v in x.astype(float).ravel().tolist()]
    return {"shape": list(x.shape), "dtype": kind, "values": values}


def case(op, inputs, result, **attributes):
    cases.append({"op": op, "inputs": [array(i) for i in inputs], "attributes": attributes, "result": array(result)})


def real(*shape):
    return rng.uniform(-2, 2, shape)


def ints(*shape, low=-5, high=6):
    return rng.integers(low, high, shape).astype(np.int32)


shapes = [(), (1,), (5,), (0,), (2, 3), (1, 4), (3, 1, 2), (2, 0, 3), (2, 3, 2, 2), (1, 2, 1, 3, 2), (2, 1, 2, 1, 2, 2)]
special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -1.5])

unary = {
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "exp": np.exp, "expm1": np.expm1, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "tanh": np.tanh, "square": np.square, "floor": np.floor, "ceil": np.ceil, "round": np.round,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "softplus": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.where(np.isnan(x), x, np.maximum(x, 0)), "erf": np.vectorize(erf, otypes=[float]),
    "gelu": lambda x: x * 0.5 * (1 + np.vectorize(erf, otypes=[float])(x / np.sqrt(2))),
    "isNaN": np.isnan, "isFinite": np.isfinite,
}
with np.errstate(all="ignore"):
    for name, f in unary.items():
        for shape in [(), (0,), (2, 3), (3, 1, 2)]:
            x = real(*shape)
            case(name, [x], f(x))
        if name != "gelu":
            case(name, [special], f(special))
    for name, f in {"log": np.log, "log1p": np.log1p, "sqrt": np.sqrt, "reciprocal": np.reciprocal}.items():
        for shape in [(), (4,), (2, 3)]:
            x = rng.uniform(0.1, 3, shape)
            case(name, [x], f(x))
        case(name, [special], f(special))

    binary = {
        "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "maximum": np.maximum,
        "minimum": np.minimum, "floorDivide": np.floor_divide, "remainder": np.remainder, "equal": np.equal,
        "less": np.less, "lessOrEqual": np.less_equal, "greater": np.greater, "greaterOrEqual": np.greater_equal,
        "notEqual": np.not_equal,
    }
    pairs = [((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1), (1, 4)), ((0, 3), (3,)), ((2, 1, 3), (4, 1)), ((2, 3), (2, 3)), ((2, 2, 1, 3), (2, 1, 2, 1))]
    for name, f in binary.items():
        for a, b in pairs:
            x, y = real(*a), rng.uniform(0.5, 2, b)
            case(name, [x, y], f(x, y))
        grid = np.meshgrid([np.nan, np.inf, -1.0, 0.0, 2.0], [np.nan, np.inf, 3.0, -2.0])
        if name not in ("remainder", "floorDivide"):
            case(name, [grid[0], grid[1]], f(grid[0], grid[1]))
        if name not in ("divide",):
            x, y = ints(2, 3), ints(3, low=1)
            case(name, [x, y], f(x, y))
    for a, b in pairs:
        x, y = rng.uniform(0.2, 2, a), real(*b)
        case("power", [x, y], np.power(x, y))
    case("power", [np.array([0.0, -2.0, 2.0, 0.0]), np.array([0.0, 3.0, -1.0, 2.0])], np.power([0.0, -2.0, 2.0, 0.0], [0.0, 3.0, -1.0, 2.0]))
    case("power", [np.array([2, -3, 7, 0], dtype=np.int32), np.array([10, 3, 0, 5], dtype=np.int32)], np.array([1024, -27, 1, 0], dtype=np.int32))

reductions = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod, "variance": np.var}
for name, f in reductions.items():
    for shape in [(5,), (2, 3), (3, 1, 2), (2, 3, 2, 2), (2, 1, 2, 1, 2, 2)]:
        x = real(*shape)
        for axis in [None, 0, -1] + ([(0, len(shape) - 1)] if len(shape) > 2 else []):
            for keep in (False, True):
                axes = None if axis is None else [axis] if isinstance(axis, int) else list(axis)
                case(name, [x], f(x, axis=axis, keepdims=keep), axes=axes, keep=keep)
x = ints(3, 4)
case("sum", [x], x.sum(axis=1).astype(np.int32), axes=[1], keep=False)
case("sum", [np.zeros((0, 3))], np.zeros(3), axes=[0], keep=False)
case("sum", [np.zeros((2, 0))], np.zeros(2), axes=[1], keep=False)
x = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, -1.0]])
case("max", [x], x.max(axis=1), axes=[1], keep=False)
case("min", [x], x.min(axis=0), axes=[0], keep=False)
for name, f in {"argmax": np.argmax, "argmin": np.argmin}.items():
    for shape in [(5,), (2, 3), (2, 3, 2)]:
        y = ints(*shape, low=0, high=3)
        for axis in range(len(shape)):
            case(name, [y], f(y, axis=axis).astype(np.int32), axis=axis)
    case(name, [x], f(x, axis=1).astype(np.int32), axis=1)
for shape, axis in [((5,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 3, 2), 1)]:
    y = real(*shape)
    case("cumsum", [y], np.cumsum(y, axis=axis), axis=axis)
for shape in [(6,), (3, 4), (2, 2, 5)]:
    y = ints(*shape, low=0, high=4).astype(float)
    case("argsort", [y], np.argsort(y, axis=-1, kind="stable").astype(np.int32))
case("argsort", [special[:6]], np.argsort(special[:6], kind="stable").astype(np.int32))

for a, b in [((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((33, 40), (40, 21)), ((2, 2, 3), (3,)), ((3,), (2, 3, 4))]:
    x, y = real(*a), real(*b)
    case("matmul", [x, y], x @ y)
    case("matmulTransposed", [np.swapaxes(x, -1, -2) if x.ndim > 1 else x, np.swapaxes(y, -1, -2) if y.ndim > 1 else y], x @ y)
x, y = ints(3, 4), ints(4, 2)
case("matmul", [x, y], x @ y)

x = real(4, 5, 3)
for order in [(2, 0, 1), (1, 0, 2), (0, 2, 1)]:
    case("permute", [x], np.transpose(x, order), order=list(order))
case("flip", [x], np.flip(x, (0, 2)), axes=[0, 2])
case("reshape", [np.transpose(x, (2, 0, 1))], np.transpose(x, (2, 0, 1)).reshape(6, 10), shape=[6, 10])
case("pad", [x], np.pad(x, [(1, 0), (0, 2), (1, 1)]), amounts=[[1, 0], [0, 2], [1, 1]])
case("take", [x, np.array([[4, 0], [-1, 2]], dtype=np.int32)], np.take(x, [[4, 0], [-1, 2]], axis=1), axis=1)
index = rng.integers(0, 5, (4, 2, 3)).astype(np.int32)
case("takeAlong", [x, index], np.take_along_axis(x, index, axis=1), axis=1)
parts = [real(4, 2, 3), real(4, 1, 3), real(4, 0, 3)]
case("concat", parts, np.concatenate(parts, axis=1), axis=1)
condition, p, q = real(2, 3) > 0, real(3), real(2, 1)
case("where", [condition, p, q], np.where(condition, p, q))

softmax = lambda v: np.exp(v - v.max(-1, keepdims=True)) / np.exp(v - v.max(-1, keepdims=True)).sum(-1, keepdims=True)
for shape in [(4,), (2, 7), (3, 2, 33)]:
    y = real(*shape) * 20
    case("softmax", [y], softmax(y))
    case("logSumExp", [y], np.log(np.exp(y - y.max(-1, keepdims=True)).sum(-1)) + y.max(-1))
    case("normalize", [y], (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-5))
case("logSumExp", [np.array([[-np.inf, -np.inf], [np.inf, 1.0], [1e4, 1e4]])], np.array([-np.inf, np.inf, 1e4 + np.log(2)]))

with open("cases.json", "w") as f:
    json.dump({"numpy": np.__version__, "cases": cases}, f, separators=(",", ":"))
print(len(cases), "cases")
