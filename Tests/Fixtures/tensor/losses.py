"""Losses with their reductions: 0 none, 1 mean, 2 sum."""

import numpy as np
import torch
import torch.nn.functional as F

from recorder import Operand, Recorder

cases = []
REDUCTIONS = ["none", "mean", "sum"]
REGRESSION = {
    "meanSquaredError": lambda x, y, r: F.mse_loss(x, y, reduction=r), "meanAbsoluteError": lambda x, y, r: F.l1_loss(x, y, reduction=r),
    "huber": lambda x, y, r: F.huber_loss(x, y, reduction=r, delta=0.7), "smoothAbsoluteError": lambda x, y, r: F.smooth_l1_loss(x, y, reduction=r, beta=0.6),
}  # fmt: skip
for name, f in REGRESSION.items():
    r = Recorder(cases, name)
    for shape in [(), (4,), (2, 3), (2, 1, 3)]:
        for number, reduction in enumerate(REDUCTIONS):
            for view in (False, True):
                operands = [r.operand("real", shape, view=view), r.operand("real", shape, view=view)]
                r.record(operands, lambda x, y: f(x, y, reduction), least="f32", second=shape == (2, 3), reduction=[number])

r = Recorder(cases, "crossEntropy")
for number, reduction in enumerate(REDUCTIONS):
    for smoothing in (0.0, 0.2):
        for weighted in (False, True):
            for scale in (1, 400):
                w = [0.5, 2.0, 1.0, 1.5] if weighted else None
                base = Operand((r.rng.uniform(-2, 2, (3, 4)) * scale).round(3), "f64", ["flip 1"])
                classes = Operand(r.rng.integers(0, 4, 3), "i32")
                f = lambda x, c: F.cross_entropy(x, c, None if w is None else torch.tensor(w, dtype=torch.float64), reduction=reduction, label_smoothing=smoothing)
                r.record([base, classes], f, raw=[1], second=scale == 1, reduction=[number], smoothing=[smoothing], weights=w)
r = Recorder(cases, "crossEntropyIgnoring")
for number, reduction in enumerate(REDUCTIONS):
    classes = Operand([0, 2, 1, 2], "i32")
    r.record([r.operand("real", (4, 3), view=True), classes], lambda x, c: F.cross_entropy(x, c, ignore_index=2, reduction=reduction), raw=[1], second=True, reduction=[number])
r = Recorder(cases, "softCrossEntropy")
for number, reduction in enumerate(REDUCTIONS):
    for smoothing in (0.0, 0.1):
        t = r.rng.uniform(0, 1, (3, 4))
        operands = [r.operand("real", (3, 4), view=True), Operand((t / t.sum(-1, keepdims=True)).round(3), "f64")]
        r.record(operands, lambda x, p: F.cross_entropy(x, p, reduction=reduction, label_smoothing=smoothing), second=True, reduction=[number], smoothing=[smoothing])
r = Recorder(cases, "negativeLogLikelihood")
for number, reduction in enumerate(REDUCTIONS):
    r.record([r.operand("real", (3, 4), view=True), Operand([3, 0, 2], "i32")], lambda x, c: F.nll_loss(x, c, reduction=reduction), raw=[1], reduction=[number])

r = Recorder(cases, "binaryCrossEntropyLogits")
for number, reduction in enumerate(REDUCTIONS):
    for positive in (None, [0.5, 2.0, 3.0]):
        p = None if positive is None else torch.tensor(positive, dtype=torch.float64)
        for scale in (1, 400):
            operands = [Operand((r.rng.uniform(-2, 2, (2, 3)) * scale).round(3), "f64"), Operand(r.rng.uniform(0, 1, (2, 3)).round(3), "f64")]
            r.record(operands, lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction=reduction, pos_weight=p), second=scale == 1, reduction=[number], weights=positive)
r = Recorder(cases, "binaryCrossEntropy")
for number, reduction in enumerate(REDUCTIONS):
    operands = [Operand(r.rng.uniform(0.1, 0.9, (2, 3)).round(3), "f64"), Operand(r.rng.uniform(0, 1, (2, 3)).round(3), "f64")]
    # PyTorch has no second derivative of this one.
    r.record(operands, lambda p, t: F.binary_cross_entropy(p, t, reduction=reduction), reduction=[number])
r = Recorder(cases, "klDivergence")
for number, reduction in enumerate(REDUCTIONS):
    t = r.rng.uniform(0.1, 1, (3, 4))
    operands = [Operand(np.log(t[::-1] / t[::-1].sum(-1, keepdims=True)).round(3), "f64"), Operand((t / t.sum(-1, keepdims=True)).round(3), "f64")]
    def f(x, t):
        rows = (t * (t.log() - x)).sum(-1)
        return rows if reduction == "none" else rows.mean() if reduction == "mean" else rows.sum()
    r.record(operands, f, second=True, reduction=[number])
r = Recorder(cases, "cosineEmbedding")
for number, reduction in enumerate(REDUCTIONS):
    operands = [r.operand("positive", (4, 3), view=True), r.operand("positive", (4, 3)), Operand([1, -1, 1, -1], "i32")]
    r.record(operands, lambda x, y, l: F.cosine_embedding_loss(x, y, l, 0.1, reduction=reduction), raw=[2], reduction=[number])
r = Recorder(cases, "triplet")
for number, reduction in enumerate(REDUCTIONS):
    operands = [r.operand("real", (4, 3), view=True) for _ in range(3)]
    r.record(operands, lambda a, p, n: F.triplet_margin_loss(a, p, n, reduction=reduction), second=True, reduction=[number])
