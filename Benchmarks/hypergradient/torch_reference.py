"""The hypergradients of main.swift by hand-written torch.autograd, eager: the same problems, data, γ and terms.

Prints one line a problem: name, microseconds (best of several), norm of the hypergradient.
"""
import math
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(2)


def fill(*shape, phase=0.0, dtype=torch.float64):
    count = math.prod(shape)
    i = torch.arange(1, count + 1, dtype=torch.float64)
    return torch.sin(i * i * 0.37 + phase).reshape(shape).to(dtype)


def neumann(inner, outer, theta, lam, terms, gamma):
    theta = [t.detach().requires_grad_() for t in theta]
    lam = [l.detach().requires_grad_() for l in lam]
    b = torch.autograd.grad(outer(theta, lam), theta)
    g = torch.autograd.grad(inner(theta, lam), theta, create_graph=True)
    v = list(b)
    q = [torch.zeros_like(x) for x in b]
    for _ in range(terms):
        q = [s + x for s, x in zip(q, v)]
        hv = torch.autograd.grad(g, theta, grad_outputs=v, retain_graph=True)
        v = [x - gamma * h for x, h in zip(v, hv)]
    q = [gamma * x for x in q]
    return [-x for x in torch.autograd.grad(g, lam, grad_outputs=q)]


def quadratic(n):
    a = fill(n, n) / n
    h = a @ a.T + torch.eye(n, dtype=torch.float64)
    c, b = fill(n, 5, phase=1), fill(n, phase=2)
    inner = lambda t, l: 0.5 * t[0] @ (h @ t[0]) + t[0] @ (c @ l[0])
    outer = lambda t, l: b @ t[0]
    return inner, outer, [fill(n, phase=3)], [fill(5, phase=4)], 0.3


def logistic(n):
    x, y = fill(200, n) * 0.3, torch.sign(fill(200, phase=1))
    xv, yv = fill(100, n, phase=2) * 0.3, torch.sign(fill(100, phase=3))
    inner = lambda t, l: l[0] @ F.softplus(-y * (x @ t[0])) / 200 + 0.05 * t[0] @ t[0]
    outer = lambda t, l: F.softplus(-yv * (xv @ t[0])).mean()
    return inner, outer, [fill(n, phase=4) * 0.1], [torch.ones(200, dtype=torch.float64)], 0.1


def mlp():
    f = torch.float32
    x, y = fill(256, 64, dtype=f), fill(256, 10, phase=1, dtype=f)
    xv, yv = fill(256, 64, phase=2, dtype=f), fill(256, 10, phase=3, dtype=f)
    theta = []
    for i, (a, b) in enumerate(zip([64, 128, 128], [128, 128, 10])):
        theta += [fill(a, b, phase=i, dtype=f) / math.sqrt(a), torch.zeros(b, dtype=f)]

    def net(t, x):
        for i in range(3):
            x = x @ t[2 * i] + t[2 * i + 1]
            if i < 2:
                x = torch.tanh(x)
        return x

    inner = lambda t, l: (l[0] * (net(t, x) - y).square().mean(1)).mean() + 0.005 * sum((w * w).sum() for w in t)
    outer = lambda t, l: (net(t, xv) - yv).square().mean()
    return inner, outer, theta, [torch.ones(256, dtype=f)], 0.1


def measure(name, problem, terms, repeats):
    inner, outer, theta, lam, gamma = problem
    best = math.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        value = neumann(inner, outer, theta, lam, terms, gamma)
        best = min(best, time.perf_counter() - begin)
    norm = math.sqrt(sum(float((x.double() ** 2).sum()) for x in value))
    print(f"{name} {best * 1e6:.1f} {norm:.9g}", flush=True)


for n in (10, 100, 1000):
    measure(f"quadratic-{n}", quadratic(n), 20, 200 if n < 1000 else 30)
for n in (10, 100, 1000):
    measure(f"logistic-{n}", logistic(n), 20, 200 if n < 1000 else 50)
measure("mlp-25k", mlp(), 20, 20)
