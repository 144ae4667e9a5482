"""The hypergradients of main.swift by hand-written torch.autograd, eager: the same problems, data, γ and terms.

Prints one line a problem: name, microseconds (best of several), norm of the hypergradient. With the argument `torchopt` by its
implicit differentiation with a Neumann solver instead; with `vit` the hypergradient of a ViT-Tiny, and the peak memory in MB.
"""
import math
import resource
import sys
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


def mlp(widths=(64, 128, 128, 10), samples=256, ridge=0.005):
    f = torch.float32
    x, y = fill(samples, widths[0], dtype=f), fill(samples, widths[3], phase=1, dtype=f)
    xv, yv = fill(samples, widths[0], phase=2, dtype=f), fill(samples, widths[3], phase=3, dtype=f)
    theta = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        theta += [fill(a, b, phase=i, dtype=f) / math.sqrt(a), torch.zeros(b, dtype=f)]

    def net(t, x):
        for i in range(3):
            x = x @ t[2 * i] + t[2 * i + 1]
            if i < 2:
                x = torch.tanh(x)
        return x

    inner = lambda t, l: (l[0] * (net(t, x) - y).square().mean(1)).mean() + ridge * sum((w * w).sum() for w in t)
    outer = lambda t, l: (net(t, xv) - yv).square().mean()
    return inner, outer, theta, [torch.ones(samples, dtype=f)], 0.1


def by_torchopt(inner, outer, theta, lam, terms, gamma):
    """The same through torchopt's custom_root; its Neumann solver sums maxiter + 1 terms."""
    from torchopt.diff.implicit import custom_root
    from torchopt.linear_solve import solve_inv

    @custom_root(torch.func.grad(lambda t, l: inner(t, [l])), argnums=1,
                 solve=solve_inv(ns=True, maxiter=terms - 1, alpha=gamma))
    def solution(start, l):
        return tuple(x.detach().requires_grad_() for x in start)

    leaf = lam[0].detach().requires_grad_()
    best = solution(tuple(theta), leaf)
    return list(torch.autograd.grad(outer(best, [leaf]), [leaf]))


def vit():
    """Ten terms on the loss of a ViT-Tiny: weights of 8 images of 32 px, judged on 8 others; attention composed, since the fused one
    has no second derivative."""
    torch.manual_seed(1)

    class Block(torch.nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = (torch.nn.LayerNorm(width, eps=1e-6) for _ in range(2))
            self.qkv, self.proj = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
            self.mlp = torch.nn.Sequential(
                torch.nn.Linear(width, 4 * width), torch.nn.GELU(), torch.nn.Linear(4 * width, width))

        def forward(self, x):
            b, n, w = x.shape
            q, k, v = self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
            x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, w))
            return x + self.mlp(self.norm2(x))

    class ViT(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.cls = torch.nn.Linear(192, 192), torch.nn.Parameter(torch.randn(192) * 0.02)
            self.register_buffer("positions", torch.rand(17, 192))
            self.blocks = torch.nn.Sequential(*[Block(192, 3) for _ in range(12)])
            self.norm, self.head = torch.nn.LayerNorm(192, eps=1e-6), torch.nn.Linear(192, 10)

        def forward(self, x):
            x = x.reshape(8, 3, 4, 8, 4, 8).permute(0, 2, 4, 3, 5, 1).reshape(8, 16, 192)
            x = self.embed(x) + self.positions[1:]
            first = (self.cls + self.positions[:1]).expand(len(x), 1, -1)
            return self.head(self.norm(self.blocks(torch.cat([first, x], 1)))[:, 1:].mean(1))

    model = ViT()
    names = [name for name, _ in model.named_parameters()]
    theta = [p.detach() for p in model.parameters()]
    images, others, labels = torch.rand(8, 3, 32, 32), torch.rand(8, 3, 32, 32), torch.arange(8)
    losses = lambda t, x: F.cross_entropy(
        torch.func.functional_call(model, dict(zip(names, t)), (x,)), labels, reduction="none")
    inner = lambda t, l: (l[0] * losses(t, images)).mean() + 500 * sum((w * w).sum() for w in t)
    outer = lambda t, l: losses(t, others).mean()
    best = math.inf
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        for _ in range(3):
            begin = time.perf_counter()
            value = neumann(inner, outer, theta, [torch.ones(8)], 10, 1e-4)
            best = min(best, time.perf_counter() - begin)
    norm = math.sqrt(sum(float((x.double() ** 2).sum()) for x in value))
    print(f"vit-tiny {best * 1e6:.1f} {norm:.3g} MB {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f}")


def measure(name, problem, terms, repeats):
    inner, outer, theta, lam, gamma = problem
    way = by_torchopt if sys.argv[1:] == ["torchopt"] else neumann
    best = math.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        value = way(inner, outer, theta, lam, terms, gamma)
        best = min(best, time.perf_counter() - begin)
    norm = math.sqrt(sum(float((x.double() ** 2).sum()) for x in value))
    print(f"{name} {best * 1e6:.1f} {norm:.9g}", flush=True)


if sys.argv[1:] == ["vit"]:
    vit()
    sys.exit()
for n in (10, 100, 1000):
    measure(f"quadratic-{n}", quadratic(n), 20, 200 if n < 1000 else 30)
for n in (10, 100, 1000):
    measure(f"logistic-{n}", logistic(n), 20, 200 if n < 1000 else 50)
measure("mlp-941", mlp((8, 24, 24, 5), 64, 0.25), 20, 100)
measure("mlp-941-256", mlp((8, 24, 24, 5), 256, 0.25), 20, 100)
measure("mlp-25k", mlp(), 20, 20)
