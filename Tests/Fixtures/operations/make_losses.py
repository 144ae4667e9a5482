"""Writes losses.json: PyTorch's values and gradients for the losses of Tests/AutodiffTests/LossTests.swift.

Run with PyTorch 2.x from this folder: python3 make_losses.py. Everything is in f64.
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(20261121)
torch.set_default_dtype(torch.float64)
cases = []


def number(v):
    return "nan" if v != v else "inf" if v == float("inf") else "-inf" if v == -float("inf") else float(f"{v:.15g}")


def array(x):
    x = x.detach()
    kind = "f64" if x.dtype.is_floating_point else "bool" if x.dtype == torch.bool else "i32"
    return {"shape": list(x.shape), "dtype": kind, "values": [number(float(v)) for v in x.flatten().tolist()]}


def case(loss, inputs, function, differentiated=1, **attributes):
    """inputs: tensors in the order the test reads them; the first `differentiated` get gradients of the sum of the result."""
    leaves = [x.clone().requires_grad_(i < differentiated) if x.dtype.is_floating_point else x for i, x in enumerate(inputs)]
    result = function(*leaves)
    gradients = torch.autograd.grad(result.sum(), leaves[:differentiated])
    cases.append({"op": loss, "inputs": [array(x) for x in inputs], "attributes": attributes,
                  "value": array(result), "gradients": [array(g) for g in gradients]})


def real(*shape):
    return torch.randn(*shape) * 1.5


def classes(*shape, n):
    return torch.randint(0, n, shape)


reductions = ["none", "mean", "sum"]
for r in reductions:
    for shape in [(5,), (2, 3)]:
        case("mse", [real(*shape), real(*shape)], lambda x, t: F.mse_loss(x, t, reduction=r), 2, reduction=r)
        case("mae", [real(*shape), real(*shape)], lambda x, t: F.l1_loss(x, t, reduction=r), 2, reduction=r)
        for d in [0.5, 1.0, 2.5]:
            case("huber", [real(*shape), real(*shape)], lambda x, t: F.huber_loss(x, t, reduction=r, delta=d), 2, reduction=r, parameter=d)
            case("smooth", [real(*shape), real(*shape)], lambda x, t: F.smooth_l1_loss(x, t, reduction=r, beta=d), 2, reduction=r, parameter=d)
    case("smooth", [real(4), real(4)], lambda x, t: F.smooth_l1_loss(x, t, reduction=r, beta=0.0), 2, reduction=r, parameter=0.0)

    # Cross-entropy with class indices: weights, smoothing and ignored rows in all combinations; then more axes.
    for weighted in [False, True]:
        for smoothing in [0.0, 0.1, 1.0]:
            for ignoring in [None, 2, -100]:
                x, y = real(6, 4), classes(6, n=4)
                if ignoring == -100:
                    y[1] = -100
                w = torch.rand(4) + 0.3 if weighted else None
                case("crossEntropy", [x, y] + ([w] if weighted else []),
                     lambda x, y, *w: F.cross_entropy(x, y, weight=w[0] if w else None, label_smoothing=smoothing, reduction=r,
                                                      **({} if ignoring is None else {"ignore_index": ignoring})),
                     reduction=r, smoothing=smoothing, ignoring=ignoring, weighted=weighted)
        w = torch.rand(3) + 0.3
        x, t = real(4, 3), torch.softmax(real(4, 3), -1)
        for smoothing in [0.0, 0.2]:
            case("softCrossEntropy", [x, t] + ([w] if weighted else []),
                 lambda x, t, *w: F.cross_entropy(x, t, weight=w[0] if w else None, label_smoothing=smoothing, reduction=r), 2,
                 reduction=r, smoothing=smoothing, weighted=weighted)
        case("nll", [torch.log_softmax(real(5, 3), -1), torch.tensor([0, 2, -100, 1, 2])] + ([w] if weighted else []),
             lambda x, y, *w: F.nll_loss(x, y, weight=w[0] if w else None, reduction=r), reduction=r, ignoring=-100, weighted=weighted)
    case("crossEntropyAxis", [real(2, 3, 4), classes(2, 4, n=3)], lambda x, y: F.cross_entropy(x, y, reduction=r), reduction=r, axis=1)
    for x in [torch.tensor([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4]]), torch.tensor([[-float("inf"), 0.5, 1.0], [0.25, -float("inf"), 2.0]])]:
        case("crossEntropy", [x, torch.tensor([1, 2])], lambda x, y: F.cross_entropy(x, y, reduction=r), reduction=r, smoothing=0.0, ignoring=None, weighted=False)
    onehot = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    case("softCrossEntropy", [torch.tensor([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4]]), onehot], lambda x, t: F.cross_entropy(x, t, reduction=r), 1, reduction=r, smoothing=0.0, weighted=False)

    # Binary cross-entropy.
    for weights in [False, True]:
        for positive in [False, True]:
            x, t, w, v = real(4, 3), torch.rand(4, 3), torch.rand(4, 3) + 0.2, torch.rand(3) * 3 + 0.5
            extra = ([w] if weights else []) + ([v] if positive else [])
            case("bce", [x, t] + extra,
                 lambda x, t, *e: F.binary_cross_entropy_with_logits(x, t, weight=w if weights else None, pos_weight=v if positive else None, reduction=r),
                 2, reduction=r, weighted=weights, positive=positive)
    hard = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0])
    case("bce", [torch.tensor([1e4, 1e4, -1e4, -1e4, 0.0]), hard], lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction=r), 1, reduction=r, weighted=False, positive=False)
    mask = torch.rand(4, 3) > 0.4
    case("bceMasked", [real(4, 3), (torch.rand(4, 3) > 0.5).double(), mask],
         lambda x, t, m: (lambda l: l * m if r == "none" else (l * m).sum() if r == "sum" else (l * m).sum() / m.sum())(F.binary_cross_entropy_with_logits(x, t, reduction="none")), reduction=r)
    case("bceProbabilities", [torch.rand(4, 3) * 0.9 + 0.05, torch.rand(4, 3)], lambda p, t: F.binary_cross_entropy(p, t, reduction=r), 1, reduction=r)

    # Focal losses from their definitions.
    for gamma in [0.0, 0.5, 1.0, 2.0, 3.0]:
        def focal(x, t, gamma=gamma):
            p, ce = torch.sigmoid(x), F.binary_cross_entropy_with_logits(x, t, reduction="none")
            l = (0.25 * t + 0.75 * (1 - t)) * ce * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
            return l if r == "none" else l.mean() if r == "mean" else l.sum()
        case("binaryFocal", [real(4, 2), (torch.rand(4, 2) > 0.5).double()], focal, reduction=r, parameter=gamma)

        def multi(x, y, gamma=gamma):
            lp = torch.log_softmax(x, -1).gather(1, y[:, None])[:, 0]
            l = -((1 - lp.exp()) ** gamma) * lp
            return l if r == "none" else l.mean() if r == "mean" else l.sum()
        case("focal", [real(5, 3), classes(5, n=3)], multi, reduction=r, parameter=gamma)

    # Divergence and similarity.
    lq, p = torch.log_softmax(real(3, 4), -1), torch.softmax(real(3, 4), -1)
    p0 = torch.tensor([[0.0, 0.5, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    kl = {"none": lambda q, t, **k: F.kl_div(q, t, reduction="none", **k).sum(-1), "sum": lambda q, t, **k: F.kl_div(q, t, reduction="sum", **k),
          "mean": lambda q, t, **k: F.kl_div(q, t, reduction="batchmean", **k)}[r]
    case("kl", [lq, p], kl, 2, reduction=r)
    case("kl", [lq, p0], kl, 1, reduction=r)
    case("klLog", [lq, p.log()], lambda q, t: kl(q, t, log_target=True), 2, reduction=r)
    for margin in [0.0, 0.3]:
        case("cosineEmbedding", [real(4, 3), real(4, 3), torch.tensor([1.0, -1.0, -1.0, 1.0])],
             lambda a, b, y: F.cosine_embedding_loss(a, b, y, margin=margin, reduction=r), 2, reduction=r, parameter=margin)
        case("triplet", [real(4, 3), real(4, 3), real(4, 3)],
             lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=1 + margin, reduction=r), 3, reduction=r, parameter=1 + margin)

    def info(q, k):
        return F.cross_entropy(F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).T / 0.2, torch.arange(q.shape[0]), reduction=r)
    case("infoNCE", [real(4, 3), real(4, 3)], info, 2, reduction=r)
for axis in [0, 1, -1]:
    case("cosineSimilarity", [real(3, 4), real(3, 4)], lambda a, b: F.cosine_similarity(a, b, dim=axis), 2, axis=axis)
    case("unit", [real(3, 4)], lambda a: F.normalize(a, dim=axis) * torch.arange(12.0).reshape(3, 4), axis=axis)
case("cosineSimilarity", [real(2, 1, 4), real(3, 4)], lambda a, b: F.cosine_similarity(a, b, dim=-1), 2, axis=-1)

with open("losses.json", "w") as file:
    json.dump({"cases": cases}, file, separators=(",", ":"))
print(len(cases), "cases")
