"""Convolution, pooling, resizing, sampling and the normalisations of images."""

import numpy as np
import torch
import torch.nn.functional as F

from recorder import Operand, Recorder

cases = []

# images, weight, stride, padding, dilation, groups
CONVOLUTIONS = [
    ((1, 1, 3, 3), (1, 1, 2, 2), (1, 1), (0, 0), (1, 1), 1), ((2, 2, 4, 5), (3, 2, 3, 2), (1, 1), (1, 1), (1, 1), 1), ((1, 2, 5, 5), (2, 2, 3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((1, 1, 6, 5), (2, 1, 2, 2), (1, 2), (0, 1), (2, 1), 1), ((1, 4, 4, 4), (4, 2, 3, 3), (1, 1), (1, 1), (1, 1), 2), ((2, 3, 4, 4), (3, 1, 3, 3), (1, 1), (1, 1), (1, 1), 3),
    ((1, 3, 4, 4), (2, 3, 1, 1), (1, 1), (0, 0), (1, 1), 1), ((2, 2, 3, 3), (1, 2, 3, 3), (1, 1), (0, 0), (1, 1), 1), ((0, 2, 3, 3), (1, 2, 2, 2), (1, 1), (0, 0), (1, 1), 1),
]  # fmt: skip
r = Recorder(cases, "conv2d")
for x, w, stride, padding, dilation, groups in CONVOLUTIONS:
    for view in (False, True):
        operands = [r.operand("real", x, view=view), r.operand("real", w, view=view), r.operand("real", (w[0],))]
        f = lambda x, w, b: F.conv2d(x, w, b, stride, padding, dilation, groups)
        r.record(operands, f, second=0 not in x and not view, stride=stride, padding=padding, dilation=dilation, groups=[groups])
r = Recorder(cases, "convTranspose2d")
for x, w, stride, padding, extra, dilation, groups in [
    ((1, 1, 2, 2), (1, 1, 2, 2), (1, 1), (0, 0), (0, 0), (1, 1), 1), ((2, 2, 3, 2), (2, 3, 3, 2), (2, 2), (1, 0), (1, 0), (1, 1), 1), ((1, 4, 3, 3), (4, 1, 3, 3), (2, 1), (1, 1), (1, 0), (1, 1), 2),
    ((1, 2, 3, 3), (2, 2, 2, 2), (1, 1), (1, 1), (0, 0), (2, 2), 1),
]:  # fmt: skip
    for view in (False, True):
        operands = [r.operand("real", x, view=view), r.operand("real", w, view=view), r.operand("real", (w[1] * groups,))]
        f = lambda x, w, b: F.conv_transpose2d(x, w, b, stride, padding, extra, groups, dilation)
        r.record(operands, f, second=not view, stride=stride, padding=padding, extra=extra, dilation=dilation, groups=[groups])
r = Recorder(cases, "conv1d")
for x, w, stride, padding, dilation, groups in [((1, 1, 4), (1, 1, 2), 1, 0, 1, 1), ((2, 3, 6), (2, 3, 3), 2, 1, 1, 1), ((1, 4, 5), (4, 2, 2), 1, 1, 2, 2)]:
    for view in (False, True):
        operands = [r.operand("real", x, view=view), r.operand("real", w, view=view), r.operand("real", (w[0],))]
        f = lambda x, w, b: F.conv1d(x, w, b, stride, padding, dilation, groups)
        r.record(operands, f, second=not view, stride=[stride], padding=[padding], dilation=[dilation], groups=[groups])

for name in ("maxPool2d", "averagePool2d"):
    r = Recorder(cases, name)
    for x, kernel, stride, padding in [((1, 1, 4, 4), (2, 2), (2, 2), (0, 0)), ((2, 2, 5, 4), (3, 2), (2, 1), (1, 1)), ((1, 2, 3, 3), (3, 3), (1, 1), (1, 1)), ((2, 3, 3), (2, 1), (1, 1), (0, 0))]:
        f = (lambda x: F.max_pool2d(x, kernel, stride, padding)) if name[0] == "m" else (lambda x: F.avg_pool2d(x, kernel, stride, padding))
        r.record([r.operand("distinct", x)], f, second=True, kernel=kernel, stride=stride, padding=padding)
for name, f in {"adaptiveMaxPool2d": F.adaptive_max_pool2d, "adaptiveAveragePool2d": F.adaptive_avg_pool2d}.items():
    r = Recorder(cases, name)
    for x, size in [((1, 1, 4, 4), (2, 2)), ((2, 2, 5, 7), (3, 2)), ((1, 2, 3, 3), (1, 1)), ((1, 1, 2, 2), (3, 3))]:
        r.record([r.operand("distinct", x)], lambda x: f(x, size), second=True, size=size)
for name in ("resizeBilinear", "resizeNearest"):
    r = Recorder(cases, name)
    for x, size in [((1, 1, 2, 2), (4, 4)), ((2, 2, 3, 5), (5, 3)), ((1, 1, 4, 4), (1, 1)), ((1, 2, 3, 3), (3, 3))]:
        for corners in (False, True) if "Bi" in name else (False,):
            f = (lambda x: F.interpolate(x, size, mode="bilinear", align_corners=corners)) if "Bi" in name else (lambda x: F.interpolate(x, size, mode="nearest"))
            r.record([r.operand("real", x, view=True)], f, second=True, size=size, flag=[corners])
r = Recorder(cases, "gridSample")
for border in (False, True):
    for corners in (False, True):
        operands = [r.operand("real", (2, 2, 3, 4), view=True), Operand(r.rng.uniform(-1.2, 1.2, (2, 2, 3, 2)).round(3), "f64")]
        # PyTorch has no second derivative of this one.
        r.record(operands, lambda x, g: F.grid_sample(x, g, padding_mode="border" if border else "zeros", align_corners=corners), border=[border], flag=[corners])
r = Recorder(cases, "affineGrid")
for corners in (False, True):
    r.record([r.operand("real", (2, 2, 3), view=True)], lambda m: F.affine_grid(m, [2, 1, 3, 4], align_corners=corners), size=[3, 4], flag=[corners])
r = Recorder(cases, "unfold")
for x, kernel, stride, padding, dilation in [((1, 1, 3, 3), (2, 2), (1, 1), (0, 0), (1, 1)), ((2, 2, 4, 5), (3, 2), (2, 1), (1, 1), (1, 2))]:
    r.record([r.operand("real", x, view=True)], lambda x: F.unfold(x, kernel, dilation, padding, stride), second=True, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
r = Recorder(cases, "fold")
for columns, size, kernel, stride, padding in [((1, 4, 4), (3, 3), (2, 2), (1, 1), (0, 0)), ((2, 12, 6), (4, 4), (3, 2), (2, 1), (1, 0))]:
    r.record([r.operand("real", columns, view=True)], lambda x: F.fold(x, size, kernel, 1, padding, stride), second=True, size=size, kernel=kernel, stride=stride, padding=padding)

for name, groups in {"batchNorm": 0, "groupNorm": 2, "instanceNorm": 0}.items():
    r = Recorder(cases, name)
    for x in [(3, 4, 2), (2, 4, 2, 3)] + ([(5, 2)] if name == "batchNorm" else []):
        c = x[1]
        f = {
            "batchNorm": lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
            "groupNorm": lambda x, w, b: F.group_norm(x, 2, w, b),
            "instanceNorm": lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
        }[name]
        operands = [r.operand("distinct", x), r.operand("positive", (c,), view=True), r.operand("real", (c,), view=True)]
        r.record(operands, f, second=True)

r = Recorder(cases, "layerNorm")
for x in [(3,), (2, 4), (2, 3, 5)]:
    operands = [r.operand("distinct", x), r.operand("positive", x[-1:], view=True), r.operand("real", x[-1:])]
    r.record(operands, lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), second=True)
r = Recorder(cases, "attention")
for q, k in [((1, 1, 2, 3), (1, 1, 2, 3)), ((2, 2, 3, 4), (2, 2, 5, 4))]:
    operands = [r.operand("real", q, view=True), r.operand("real", k), r.operand("real", k, view=True)]
    r.record(operands, lambda q, k, v: torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v, second=True)
