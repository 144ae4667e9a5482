"""Writes linear.json: PyTorch's values and gradients for Tests/AutodiffTests/LinearAlgebraTests.swift.

Run with PyTorch 2.x from this folder: python3 make_linear.py. Everything is in f64. Results that a sign or an order of columns leaves
open are compared through quantities that it does not change: projectors, products and spectra.
"""

import json

import torch

torch.manual_seed(20261121)
torch.set_default_dtype(torch.float64)
cases = []


def array(x):
    return {"shape": list(x.shape), "dtype": "f64", "values": [float(f"{v:.15g}") for v in x.detach().flatten().tolist()]}


def case(op, inputs, function, **attributes):
    leaves = [x.clone().requires_grad_() for x in inputs]
    result = function(*leaves)
    weights = torch.cos(torch.arange(result.numel(), dtype=torch.float64)).reshape(result.shape)
    gradients = torch.autograd.grad((result * weights).sum(), leaves)
    cases.append({"op": op, "inputs": [array(x) for x in inputs], "attributes": attributes, "value": array(result),
                  "gradients": [array(g) for g in gradients]})


def real(*shape):
    return torch.randn(*shape)


def positive(*shape):
    x = real(*shape)
    return x @ x.mT + torch.eye(shape[-1])


def symmetric(x):
    return (x + x.mT) / 2


L = torch.linalg
for shape in [(1, 1), (2, 2), (3, 3), (5, 5), (2, 3, 3), (2, 2, 2, 2), (9, 9)]:
    n = shape[-1]
    # Symmetrised inside, so that the gradient among symmetric matrices is what both compute.
    case("cholesky", [positive(*shape)], lambda a: L.cholesky(symmetric(a)))
    case("eigenvalues", [real(*shape)], lambda a: L.eigvalsh(symmetric(a)))
    case("eigenprojector", [real(*shape)], lambda a: (lambda v: v[..., :, :1] @ v[..., :, :1].mT)(L.eigh(symmetric(a))[1]))
    case("eigenfunction", [real(*shape)], lambda a: (lambda w, v: (v * torch.sin(w)[..., None, :]) @ v.mT)(*L.eigh(symmetric(a))))
    case("inverse", [real(*shape) + 3 * torch.eye(n)], L.inv)
    case("determinant", [real(*shape)], L.det)
    case("logDeterminant", [real(*shape)], lambda a: L.slogdet(a)[1])
    case("solve", [real(*shape) + 2 * torch.eye(n), real(*shape[:-1], 2)], L.solve)
    for lower in [True, False]:
        for transposed in [True, False]:
            case("triangularSolve", [real(*shape) * 0.4 + 2 * torch.eye(n), real(*shape[:-1], 2)],
                 lambda t, b: L.solve_triangular((torch.tril if lower else torch.triu)(t).mT if transposed else (torch.tril if lower else torch.triu)(t),
                                                 b, upper=lower == transposed), lower=lower, transposed=transposed, unit=False)
    case("triangularSolve", [real(*shape) * 0.4, real(*shape[:-1], 2)], lambda t, b: L.solve_triangular(torch.tril(t, -1) + torch.eye(n), b, upper=False),
         lower=True, transposed=False, unit=True)
    case("choleskySolve", [positive(*shape), real(*shape[:-1], 2)], lambda a, b: torch.cholesky_solve(b, L.cholesky(symmetric(a))))
for shape in [(3, 2), (2, 3), (4, 4), (2, 3, 2), (2, 2, 3), (1, 3), (3, 1), (6, 4)]:
    k = min(shape[-2:])
    case("singularValues", [real(*shape)], L.svdvals)
    case("leftProjector", [real(*shape)], lambda a: (lambda u: u[..., :1] @ u[..., :1].mT)(L.svd(a, full_matrices=False)[0]))
    case("rightProjector", [real(*shape)], lambda a: (lambda v: v[..., :1, :].mT @ v[..., :1, :])(L.svd(a, full_matrices=False)[2]))
    case("polar", [real(*shape)], lambda a: (lambda u, s, v: u @ v)(*L.svd(a, full_matrices=False)))
    # R with a non-negative diagonal.
    case("orthogonal", [real(*shape)], lambda a: (lambda q, r: q * torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[..., None, :].detach())(*L.qr(a)))
    case("triangular", [real(*shape)], lambda a: (lambda q, r: r * torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[..., :, None].detach())(*L.qr(a)))
    case("leastSquares", [real(*shape), real(*shape[:-1], 2)], lambda a, b: L.pinv(a) @ b)
# Broadcast batches.
case("solve", [real(3, 3) + 2 * torch.eye(3), real(2, 3, 1)], L.solve)
case("solve", [real(2, 1, 3, 3) + 2 * torch.eye(3), real(4, 3, 2)], L.solve)

with open("linear.json", "w") as file:
    json.dump({"cases": cases}, file, separators=(",", ":"))
print(len(cases), "cases")
