"""Linear algebra. Derivatives among symmetric matrices are those of a function of (A + Aᵀ) / 2."""

import numpy as np
import torch

from recorder import Operand, Recorder

cases = []
BATCHES = [((), 1), ((), 2), ((), 4), ((2,), 3), ((2, 1), 2), ((0,), 2), ((), 0)]


def well(r, batch, m, n):
    """A matrix far from singular."""
    return (r.rng.uniform(-1, 1, batch + (m, n)) + 2 * np.eye(m, n)).round(3)


def definite(r, batch, n):
    a = r.rng.uniform(-1, 1, batch + (n, n))
    return (a @ np.swapaxes(a, -1, -2) + np.diag(np.arange(1, n + 1))).round(3)


def symmetric(x):
    return (x + x.mT) / 2


def signed(vectors, axis=-2):
    """Columns whose component of largest magnitude is positive."""
    where = vectors.detach().abs().argmax(axis, keepdim=True)
    return torch.sign(torch.take_along_dim(vectors.detach(), where, axis))


def eigenvectors(x):
    v = torch.linalg.eigh(symmetric(x)).eigenvectors
    return v * signed(v) if v.numel() else v


def singular(piece):
    def f(x):
        u, s, vh = torch.linalg.svd(x, full_matrices=False)
        sign = signed(u) if u.numel() else torch.ones(())
        return (u * sign, s, vh.mT * sign)[piece]

    return f


def triangular(piece):
    def f(x):
        q, r = torch.linalg.qr(x)
        sign = torch.sign(torch.diagonal(r.detach(), 0, -2, -1))
        return (q * sign.unsqueeze(-2), r * sign.unsqueeze(-1))[piece]

    return f


SQUARE = {
    "inverse": (torch.linalg.inv, well), "determinant": (torch.linalg.det, well), "logDeterminant": (lambda x: torch.linalg.slogdet(x).logabsdet, well),
    "cholesky": (lambda x: torch.linalg.cholesky(symmetric(x)), None), "eigenvalues": (lambda x: torch.linalg.eigvalsh(symmetric(x)), None), "eigenvectors": (eigenvectors, None),
}  # fmt: skip
for name, (f, make) in SQUARE.items():
    r = Recorder(cases, name)
    for batch, n in BATCHES:
        base = well(r, batch, n, n) if make else definite(r, batch, n)
        for steps in ([], [f"transpose {len(batch)} {len(batch) + 1}"]):
            r.record([Operand(base, "f64", steps)], f, second=n > 0 and not steps)

for name, f in {"svdU": singular(0), "svdValues": singular(1), "svdV": singular(2), "qrQ": triangular(0), "qrR": triangular(1)}.items():
    r = Recorder(cases, name)
    for batch, m, n in [((), 1, 1), ((), 3, 2), ((), 2, 2), ((), 2, 4), ((2,), 3, 3), ((2, 1), 4, 2), ((0,), 2, 2)]:
        # The wide thin QR of PyTorch has no derivative; second order of the SVD needs well separated values.
        base = well(r, batch, m, n) * (np.arange(n) + 1)
        r.record([Operand(base.round(3), "f64")], f, second=m >= n and np.prod(batch) > 0, smooth=not (name[:2] == "qr" and m < n))

r = Recorder(cases, "solve")
for a, b in [((2, 2), (2, 3)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 1)), ((2, 1, 2, 2), (3, 2, 2)), ((1, 1), (1, 1)), ((0, 0), (0, 2)), ((0, 2, 2), (0, 2, 1))]:
    f = lambda x, y: torch.linalg.solve(x, y.unsqueeze(-1)).squeeze(-1) if y.ndim == 1 else torch.linalg.solve(x, y)
    for view in (False, True):
        r.record([Operand(well(r, a[:-2], a[-1], a[-1]), "f64"), r.operand("real", b, view=view)], f, second=not view and 0 not in a)
r = Recorder(cases, "triangularSolve")
for lower in (True, False):
    for transposed in (False, True):
        for unit in (False, True):
            for a, b in [((3, 3), (3, 2)), ((2, 2, 2), (2, 2, 1))]:
                def f(x, y):
                    t = torch.tril(x) if lower else torch.triu(x)
                    return torch.linalg.solve_triangular(t.mT, y, upper=lower, unitriangular=unit) if transposed else torch.linalg.solve_triangular(t, y, upper=not lower, unitriangular=unit)
                r.record([Operand(well(r, a[:-2], a[-1], a[-1]), "f64"), r.operand("real", b)], f, second=True, flags=[lower, transposed, unit])
r = Recorder(cases, "leastSquares")
for a, b in [((4, 2), (4, 2)), ((3, 3), (3, 1)), ((2, 4, 2), (2, 4, 1)), ((2, 3), (2, 1))]:
    base = well(r, a[:-2], a[-2], a[-1])
    r.record([Operand(base, "f64"), r.operand("real", b)], lambda x, y: torch.linalg.pinv(x) @ y, second=a[-2] >= a[-1])
