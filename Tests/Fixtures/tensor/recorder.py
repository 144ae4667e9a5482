"""Records what PyTorch and NumPy compute, in the format that Tests/AutodiffTests/Oracle reads.

One JSON file an area, one line a case:
  op    name of the operation, a row of the Swift table
  in    operands: s shape of the base, t dtype, d elements (row-major, shortest decimals), v the view of the base that is passed
  a     attributes, each a list of numbers
  out   the result: s shape, t dtype, d elements
  exact the result is compared bit by bit
  wide  the case makes sense in f64 only: it is not repeated with f32 operands
  c     a cotangent of the result; then
  g     the vector-Jacobian product for each operand (null for one without a derivative)
  u     a direction for each operand, and h the gradient of <g, u> by each operand (null for zero)

Everything is computed in f64 (or int64) from the operands as stored, those of f32 rounded to f32 first. The dtype of a result is
not PyTorch's nor NumPy's but the rule of this project, bool < i32 < f32 < f64, the later of the operands': unlike PyTorch a scalar
counts like any other tensor, unlike NumPy i32 and f32 give f32; what has no integer result gives f32.
"""

import json
import zlib
from pathlib import Path

import numpy as np
import torch

LATTICE = ["bool", "i32", "f32", "f64"]
NUMPY = {"bool": np.bool_, "i32": np.int32, "f32": np.float32, "f64": np.float64}


def promoted(*dtypes):
    return max(dtypes, key=LATTICE.index)


def text(array, dtype):
    """The elements as short decimals that read back as the same bits."""
    if dtype in ("bool", "i32"):
        return " ".join(str(int(v)) for v in array.ravel())
    with np.errstate(over="ignore"):
        array = array.astype(NUMPY[dtype])
    return " ".join(t[:-2] if (t := str(v)).endswith(".0") else t for v in array.ravel())


class Operand:
    """A base array and the steps that lead to the view of it that an operation is given."""

    def __init__(self, base, dtype, steps=()):
        with np.errstate(over="ignore"):
            self.base = np.asarray(base).astype(NUMPY[dtype])
        self.dtype, self.steps = dtype, list(steps)

    @property
    def view(self):
        x = self.base
        for step in self.steps:
            kind, *numbers = step.split()
            n = [int(number) for number in numbers]
            if kind == "flip":
                x = np.flip(x, n[0])
            elif kind == "step":
                x = x[(slice(None),) * n[0] + (slice(1, None, 2),)]
            elif kind == "transpose":
                x = np.swapaxes(x, *n)
            elif kind == "expand":
                x = np.broadcast_to(x, x.shape[: n[0]] + (n[1],) + x.shape[n[0] + 1 :])
            elif kind == "pick":
                x = x[1]
        return x

    def encoded(self):
        result = {"s": list(self.base.shape), "t": self.dtype, "d": text(self.base, self.dtype)}
        return result | ({"v": "; ".join(self.steps)} if self.steps else {})


class Recorder:
    """The cases of one operation. Each has its own random numbers, so that a new row leaves the others as they are."""

    def __init__(self, area, op):
        self.area, self.op = area, op
        self.rng = np.random.default_rng(zlib.crc32(op.encode()))

    # Shapes

    def shape(self, rank, most=48):
        """Random extents 1 to 4 with at most `most` elements."""
        while True:
            shape = tuple(int(n) for n in self.rng.integers(1, 5, rank))
            if np.prod(shape, dtype=int) <= most:
                return shape

    def pair(self, rank, most=48):
        """Two shapes that broadcast to a random one of `rank`."""
        whole = self.shape(rank, most)
        left = [1 if self.rng.random() < 0.3 else n for n in whole]
        right = [n if left[i] == 1 or self.rng.random() < 0.6 else 1 for i, n in enumerate(whole)]
        right = right[int(self.rng.integers(0, rank + 1)) :]
        return (tuple(left), tuple(right)) if self.rng.random() < 0.5 else (tuple(right), tuple(left))

    def steps(self, shape):
        """A base shape and one to three steps from it to a view of `shape`: negative and zero strides, gaps and offsets."""
        shape, steps = list(shape), []
        for _ in range(int(self.rng.integers(1, 4))):
            kind = self.rng.choice(["flip", "step", "transpose", "expand", "pick"])
            if kind == "pick" or not shape:
                if len(shape) < 6:
                    steps, shape = ["pick"] + steps, [3] + shape
                continue
            i, j = (int(k) for k in self.rng.integers(0, len(shape), 2))
            if kind == "flip":
                steps = [f"flip {i}"] + steps
            elif kind == "step":
                steps = [f"step {i}"] + steps
                shape[i] = 2 * shape[i] + int(self.rng.integers(0, 2))
            elif kind == "transpose":
                steps = [f"transpose {i} {j}"] + steps
                shape[i], shape[j] = shape[j], shape[i]
            else:
                steps = [f"expand {i} {shape[i]}"] + steps
                shape[i] = 1
        return tuple(shape), steps

    # Operands

    def draw(self, domain, shape, dtype):
        """Random elements of a domain; floats with three decimals."""
        if isinstance(domain, dict):
            domain = domain.get(dtype, domain["else"])
        if callable(domain):
            return domain(self.rng, shape)
        if dtype == "bool":
            return np.ones(shape, bool) if domain == "positive" else self.rng.random(shape) < 0.5
        if dtype == "i32":
            return self.rng.integers(*{"positive": (1, 6)}.get(domain, (-5, 6)), shape)
        if domain == "distinct":
            return (self.rng.permutation(int(np.prod(shape, dtype=int))) * 0.37 - 1.813).round(3).reshape(shape)
        if domain == "ties":
            return self.rng.integers(-2, 3, shape) * 0.5
        low, high = {"real": (-2, 2), "positive": (0.3, 2.5), "unit": (-0.95, 0.95), "wide": (-20, 20)}[domain]
        return self.rng.uniform(low, high, shape).round(3)

    def operand(self, domain, shape, dtype="f64", view=False):
        base, steps = self.steps(shape) if view else (shape, [])
        return Operand(self.draw(domain, base, dtype), dtype, steps)

    # Cases

    def record(self, operands, f, least="bool", result=None, raw=(), second=False, smooth=True, exact=False, wide=False, **attributes):
        """Adds the case f(*operands).

        least   the operands are promoted to one dtype, at least this one
        result  the result's dtype where it is not theirs
        raw     operands that are not promoted: conditions and indices
        smooth  whether the derivative is recorded
        """
        common = promoted(least, *(o.dtype for i, o in enumerate(operands) if i not in raw))
        kind = {"bool": torch.bool, "i32": torch.int64}.get(common, torch.float64)
        arguments = []
        for index, operand in enumerate(operands):
            x = torch.from_numpy(np.array(operand.view, order="C"))
            x = (x.long() if x.dtype == torch.int32 else x) if index in raw else x.to(kind)
            arguments.append(x)
        result = result or common
        variables = [i for i, o in enumerate(operands) if i not in raw and o.dtype in ("f32", "f64")]
        smooth = smooth and bool(variables) and result in ("f32", "f64")
        if smooth:
            for i in variables:
                arguments[i].requires_grad_()
        y = f(*arguments)
        value = np.asarray(y.detach() if isinstance(y, torch.Tensor) else y)
        case = {"op": self.op, "in": [o.encoded() for o in operands]}
        if attributes:
            case["a"] = {k: [float(n) if n % 1 else int(n) for n in np.ravel(v)] for k, v in attributes.items() if v is not None}
        case["out"] = {"s": list(value.shape), "t": result, "d": text(value, result)}
        if exact:
            case["exact"] = True
        if wide:
            case["wide"] = True
        if smooth:
            self.derivatives(case, y, arguments, variables, second and all(operands[i].dtype == "f64" for i in variables))
        self.area.append(case)

    def derivatives(self, case, y, arguments, variables, second):
        def numbers(x):
            return text(x.numpy(force=True), "f64")

        def weights(shape):
            return torch.from_numpy(np.asarray(self.rng.uniform(-1.5, 1.5, tuple(shape)).round(2)))

        x = [arguments[i] for i in variables]
        c = weights(y.shape)
        case["c"] = numbers(c)
        if y.requires_grad:
            g = torch.autograd.grad(y, x, c, create_graph=True, allow_unused=True)
        else:
            g = [None] * len(x)
        g = [torch.zeros_like(v) if d is None else d for d, v in zip(g, x)]
        everywhere = lambda found: [numbers(found[variables.index(i)]) if i in variables else None for i in range(len(arguments))]
        case["g"] = everywhere(g)
        if second:
            u = [weights(v.shape) for v in x]
            case["u"] = everywhere(u)
            s = sum((d * w).sum() for d, w in zip(g, u))
            h = torch.autograd.grad(s, x, allow_unused=True) if s.requires_grad else [None] * len(x)
            h = [torch.zeros_like(v) if d is None else d for d, v in zip(h, x)]
            case["h"] = everywhere(h)


def write(name, cases):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    header = json.dumps({"torch": torch.__version__, "numpy": np.__version__})[1:-1]
    path = Path(__file__).parent / f"{name}.json"
    path.write_text(f'{{{header},"cases":[\n{lines}\n]}}\n')
    print(f"{name}: {len(cases)} cases, {path.stat().st_size / 1e6:.2f} MB")
