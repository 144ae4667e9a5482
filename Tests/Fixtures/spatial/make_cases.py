"""Writes cases.json: PyTorch's results and gradients, in double precision, for the operations of Tests/TensorTests/SpatialTests.swift.

Inputs are not stored but follow from a formula that the test repeats: element i is ((37 i + 11 phase) mod modulus - modulus // 2) * scale / 32.
The gradients are those of the sum of the result times such a pattern of phase 3 and modulus 89.

Run with PyTorch 2.13 from this folder: python3 make_cases.py
"""

import json
import math
import random

import torch
import torch.nn.functional as F

random.seed(20261121)
cases = []
phase = 0


def fill(shape, phase, modulus=97, scale=1.0):
    i = torch.arange(math.prod(shape), dtype=torch.int64)
    return (((37 * i + 11 * phase) % modulus - modulus // 2).double() * scale / 32).reshape(shape)


def numbers(x):
    return [float(f"{v:.12g}") for v in x.detach().flatten().tolist()]


def case(op, shapes, function, modulus=97, scales=None, accept=lambda *x: True, **attributes):
    """Records `function` at inputs of the given shapes; a phase that `accept` refuses is skipped."""
    global phase
    while True:
        phase += 1
        scale = scales or [1.0] * len(shapes)
        given = [{"shape": list(s), "phase": phase + 5 * k, "modulus": modulus, "scale": c} for k, (s, c) in enumerate(zip(shapes, scale))]
        x = [fill(g["shape"], g["phase"], modulus, g["scale"]).requires_grad_() for g in given]
        if accept(*x):
            break
    y = function(*x)
    gradients = torch.autograd.grad((y * fill(y.shape, 3, 89)).sum(), x, allow_unused=True)
    gradients = [torch.zeros_like(a) if g is None else g for a, g in zip(x, gradients)]
    cases.append({
        "op": op, "inputs": given, "attributes": attributes, "shape": list(y.shape), "values": numbers(y),
        "gradients": [numbers(g) for g in gradients]})


def pick(*options):
    return random.choice(options)


def conv2d(batch, channels, out, height, width, kernel, stride, padding, dilation, groups, bias):
    top, bottom, left, right = padding
    shapes = [(batch, channels, height, width), (out, channels // groups, *kernel)] + ([(out,)] if bias else [])
    case("conv2d", shapes,
         lambda x, w, b=None: F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride, 0, dilation, groups),
         stride=stride, padding=padding, dilation=dilation, groups=groups)


def random_conv2d():
    groups = pick(1, 1, 1, 2, 3)
    kernel = (pick(1, 2, 3), pick(1, 2, 3))
    dilation = [pick(1, 1, 2), pick(1, 1, 2)]
    padding = [pick(0, 1, 2) for _ in range(4)] if random.random() < 0.4 else [pick(0, 1)] * 4
    size = [max(pick(4, 5, 7), (k - 1) * d + 1) for k, d in zip(kernel, dilation)]
    conv2d(pick(1, 2, 3), groups * pick(1, 2, 3), groups * pick(1, 2, 3), *size, kernel, [pick(1, 1, 2, 3), pick(1, 1, 2)], padding,
           dilation, groups, random.random() < 0.5)


for _ in range(50):
    random_conv2d()
# Depthwise, at the widths where vectors end, with the strides and kernels of EfficientNet; odd channels; extremes.
for width in (1, 3, 7, 8, 9, 17):
    conv2d(1, 3, 3, 5, width, (3, 3), [1, 1], [1] * 4, [1, 1], 3, True)
for stride in (1, 2, 3):
    for kernel in (3, 5):
        conv2d(2, 3, 3, 6, 7, (kernel, kernel), [stride, stride], [kernel // 2] * 4, [1, 1], 3, False)
conv2d(1, 2, 2, 9, 9, (3, 3), [2, 1], [2, 2, 4, 4], [2, 3], 2, False)
conv2d(1, 2, 2, 6, 6, (3, 3), [1, 1], [3, 4, 3, 5], [1, 1], 2, False)
conv2d(1, 5, 17, 3, 3, (1, 1), [1, 1], [0] * 4, [1, 1], 1, True)
conv2d(1, 17, 5, 3, 3, (3, 3), [1, 1], [1] * 4, [1, 1], 1, True)
conv2d(2, 3, 8, 9, 9, (7, 7), [2, 2], [3] * 4, [1, 1], 1, False)
conv2d(2, 6, 4, 1, 1, (1, 1), [1, 1], [0] * 4, [1, 1], 2, True)
conv2d(1, 1, 1, 1, 1, (3, 3), [1, 1], [1] * 4, [1, 1], 1, False)
conv2d(0, 3, 2, 4, 4, (3, 3), [1, 1], [1] * 4, [1, 1], 1, True)
conv2d(3, 4, 4, 4, 4, (2, 2), [2, 2], [0] * 4, [1, 1], 4, False)
conv2d(2, 2, 4, 4, 4, (3, 3), [1, 1], [1] * 4, [1, 1], 2, False)  # two out channels for each group of one

for _ in range(16):
    groups, kernel, dilation = pick(1, 1, 2, 3), pick(1, 2, 3, 4), pick(1, 2)
    channels, out, stride, padding = groups * pick(1, 2), groups * pick(1, 2), pick(1, 2, 3), pick(0, 1, 2)
    case("conv1d", [(pick(1, 2), channels, pick(7, 9)), (out, channels // groups, kernel), (out,)],
         lambda x, w, b: F.conv1d(x, w, b, stride, padding, dilation, groups),
         stride=[stride], padding=[padding], dilation=[dilation], groups=groups)

for _ in range(30):
    groups, kernel = pick(1, 1, 2), (pick(2, 3), pick(2, 3))
    stride, dilation = [pick(1, 2, 3), pick(1, 2)], [pick(1, 1, 2), pick(1, 1, 2)]
    padding = [pick(0, 1), pick(0, 1)]
    extra = [pick(*range(max(s, d))) for s, d in zip(stride, dilation)]
    channels, out = groups * pick(1, 2, 3), pick(1, 2, 3)
    shapes = [(pick(1, 2), channels, pick(2, 3), pick(2, 4)), (channels, out, *kernel)] + ([(out * groups,)] if random.random() < 0.5 else [])
    case("convTranspose2d", shapes,
         lambda x, w, b=None: F.conv_transpose2d(x, w, b, stride, padding, extra, groups, dilation),
         stride=stride, padding=[padding[0], padding[0], padding[1], padding[1]], outputPadding=extra, dilation=dilation, groups=groups)
for _ in range(8):
    stride, padding = pick(1, 2, 3), pick(0, 1)
    extra = pick(*range(stride))
    case("convTranspose1d", [(2, 3, 4), (3, 2, 3), (2,)],
         lambda x, w, b: F.conv_transpose1d(x, w, b, stride, padding, extra),
         stride=[stride], padding=[padding], outputPadding=[extra], dilation=[1], groups=1)

for _ in range(24):
    kernel, dilation = [pick(1, 2, 3), pick(2, 3, 4)], [pick(1, 1, 2), pick(1, 1, 2)]
    stride, padding = [pick(1, 2, 3), pick(1, 2)], [pick(0, k // 2) for k in kernel]
    shape = (pick(0, 1, 2), pick(1, 3), pick(5, 7, 8), pick(7, 9))
    # A small modulus makes ties.
    case("maxPool2d", [shape], lambda x: F.max_pool2d(x, kernel, stride, padding, dilation), modulus=pick(3, 97),
         kernel=kernel, stride=stride, padding=padding, dilation=dilation)
for _ in range(24):
    kernel = [pick(1, 2, 3), pick(2, 3, 4)]
    stride, padding, count = [pick(1, 2, 3), pick(1, 2)], [pick(0, k // 2) for k in kernel], pick(True, False)
    shape = (pick(0, 1, 2), pick(1, 3), pick(5, 7, 8), pick(4, 7, 9))
    case("averagePool2d", [shape], lambda x: F.avg_pool2d(x, kernel, stride, padding, False, count),
         kernel=kernel, stride=stride, padding=padding, countIncludePad=count)
for size in ([1, 1], [2, 3], [3, 2], [5, 7], [7, 9]):
    for shape in ((2, 2, 5, 7), (1, 3, 4, 3)):
        case("adaptiveAveragePool2d", [shape], lambda x: F.adaptive_avg_pool2d(x, size), size=size)
        case("adaptiveMaxPool2d", [shape], lambda x: F.adaptive_max_pool2d(x, size), modulus=pick(3, 97), size=size)
for op, function in (("globalAveragePool2d", lambda x: x.mean((2, 3))), ("globalMaxPool2d", lambda x: x.flatten(2).max(2).values)):
    case(op, [(2, 3, 3, 4)], function)

for size in ([1, 1], [2, 5], [3, 3], [4, 6], [8, 9], [11, 3]):
    for shape in ((1, 2, 4, 6), (2, 1, 3, 1)):
        for align in (False, True):
            case("resize", [shape], lambda x: F.interpolate(x, size, mode="bilinear", align_corners=align),
                 size=size, alignCorners=align, mode="bilinear")
        case("resize", [shape], lambda x: F.interpolate(x, size, mode="nearest"), size=size, alignCorners=False, mode="nearest")


def between_pixels(height, width, align):
    def accept(x, grid):
        for k, extent in ((0, width), (1, height)):
            c = grid[..., k]
            at = (c + 1) / 2 * (extent - 1) if align else ((c + 1) * extent - 1) / 2
            if (at - at.round()).abs().min() < 1e-3:
                return False
        return True
    return accept


for mode in ("zeros", "border"):
    for align in (False, True):
        for height, width, rows, columns in ((3, 4, 2, 3), (5, 2, 3, 3), (1, 1, 2, 2), (4, 7, 1, 5)):
            accept = between_pixels(height, width, align) if height > 1 or not align else lambda x, grid: True
            case("gridSample", [(2, 2, height, width), (2, rows, columns, 2)],
                 lambda x, grid: F.grid_sample(x, grid, "bilinear", mode, align), scales=[1.0, 0.9173], accept=accept,
                 mode=mode, alignCorners=align)
for align in (False, True):
    for size in ([2, 3], [1, 4]):
        case("affineGrid", [(2, 2, 3)], lambda t: F.affine_grid(t, (2, 1, *size), align), size=size, alignCorners=align)

for _ in range(10):
    kernel, stride, padding, dilation = [pick(1, 2, 3), pick(2, 3)], [pick(1, 2), pick(1, 2)], [pick(0, 1), pick(0, 1)], [pick(1, 2), 1]
    case("unfold", [(pick(1, 2), 2, 5, 4)], lambda x: F.unfold(x, kernel, dilation, padding, stride),
         kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    columns = F.unfold(torch.zeros(1, 2, 5, 4), kernel, dilation, padding, stride).shape
    case("fold", [tuple(columns)], lambda x: F.fold(x, (5, 4), kernel, dilation, padding, stride),
         size=[5, 4], kernel=kernel, stride=stride, padding=padding, dilation=dilation)

for shape in ((4, 3), (2, 3, 5), (3, 2, 2, 3), (1, 3, 2, 2), (5, 1, 1, 1), (2, 4, 3, 3), (2, 3, 2, 2, 2)):
    c = shape[1]
    case("batchNorm", [shape, (c,), (c,)], lambda x, w, b: F.batch_norm(x, None, None, w, b, True, 0.1, 1e-5), epsilon=1e-5)
    case("batchNorm", [shape], lambda x: F.batch_norm(x, None, None, None, None, True, 0.1, 1e-3), epsilon=1e-3)
    beside = (1, c) + (1,) * (len(shape) - 2)
    # Written out, since PyTorch's own has no derivative by the mean and variance.
    case("batchNormInference", [shape, (c,), (c,), (c,), (c,)],
         lambda x, m, v, w, b: ((x - m.view(beside)) / (v + 2 + 1e-5).sqrt().view(beside) * w.view(beside) + b.view(beside)),
         epsilon=1e-5)
for shape, groups in (((2, 4, 3), 2), ((2, 4, 3, 2), 1), ((3, 6, 2, 2), 3), ((1, 6, 5), 6), ((2, 6), 2), ((0, 4, 3), 2), ((2, 9, 2, 2), 3)):
    c = shape[1]
    case("groupNorm", [shape, (c,), (c,)], lambda x, w, b: F.group_norm(x, groups, w, b, 1e-5), groups=groups, epsilon=1e-5)
for shape in ((2, 3, 4), (1, 2, 3, 3), (3, 1, 2, 2)):
    c = shape[1]
    case("instanceNorm", [shape, (c,), (c,)], lambda x, w, b: F.instance_norm(x, None, None, w, b, True, 0.1, 1e-5), epsilon=1e-5)

with open("cases.json", "w") as file:
    json.dump({"torch": torch.__version__, "cases": cases}, file, separators=(",", ":"))
print(len(cases), "cases")
