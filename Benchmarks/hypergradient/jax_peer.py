"""The hypergradients of main.swift in JAX, in f64 but for the perceptron: by hand, jitted, and by jaxopt's root_vjp with the same
Neumann series as its linear solver.

Prints one line a problem: name, microseconds of a call after compilation (best of several), norm of the hypergradient.
"""
import math
import sys
import time

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def fill(*shape, phase=0.0, dtype=jnp.float64):
    i = jnp.arange(1, math.prod(shape) + 1, dtype=jnp.float64)
    return jnp.sin(i * i * 0.37 + phase).reshape(shape).astype(dtype)


def neumann(product, b, terms, gamma):
    def step(state, _):
        v, q = state
        q = jax.tree.map(jnp.add, q, v)
        v = jax.tree.map(lambda x, h: (x - gamma * h).astype(x.dtype), v, product(v))
        return (v, q), None

    (_, q), _ = jax.lax.scan(step, (b, jax.tree.map(jnp.zeros_like, b)), length=terms)
    return jax.tree.map(lambda x: (gamma * x).astype(x.dtype), q)


def by_hand(inner, outer, theta, lam, terms, gamma):
    b = jax.grad(outer)(theta, lam)
    slope = jax.grad(inner)
    product = lambda v: jax.jvp(lambda t: slope(t, lam), (theta,), (v,))[1]
    q = neumann(product, b, terms, gamma)
    _, back = jax.vjp(lambda l: slope(theta, l), lam)
    return jax.tree.map(jnp.negative, back(q)[0])


def by_jaxopt(inner, outer, theta, lam, terms, gamma):
    from jaxopt import implicit_diff

    b = jax.grad(outer)(theta, lam)
    solve = lambda product, b: neumann(product, b, terms, gamma)
    return implicit_diff.root_vjp(jax.grad(inner), theta, (lam,), b, solve=solve)[0]


def quadratic(n):
    a = fill(n, n) / n
    h = a @ a.T + jnp.eye(n)
    c, b = fill(n, 5, phase=1), fill(n, phase=2)
    return (lambda t, l: 0.5 * t @ (h @ t) + t @ (c @ l), lambda t, l: b @ t, fill(n, phase=3), fill(5, phase=4), 0.3)


def logistic(n):
    x, y = fill(200, n) * 0.3, jnp.sign(fill(200, phase=1))
    xv, yv = fill(100, n, phase=2) * 0.3, jnp.sign(fill(100, phase=3))
    inner = lambda t, l: l @ jax.nn.softplus(-y * (x @ t)) / 200 + 0.05 * t @ t
    return inner, lambda t, l: jax.nn.softplus(-yv * (xv @ t)).mean(), fill(n, phase=4) * 0.1, jnp.ones(200), 0.1


def perceptron(widths=(64, 128, 128, 10), samples=256, ridge=0.005):
    f = jnp.float32
    x, y = fill(samples, widths[0], dtype=f), fill(samples, widths[3], phase=1, dtype=f)
    xv, yv = fill(samples, widths[0], phase=2, dtype=f), fill(samples, widths[3], phase=3, dtype=f)
    theta = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        theta += [(fill(a, b, phase=i) / math.sqrt(a)).astype(f), jnp.zeros(b, f)]

    def net(t, x):
        for i in range(3):
            x = x @ t[2 * i] + t[2 * i + 1]
            if i < 2:
                x = jnp.tanh(x)
        return x

    inner = lambda t, l: (l * jnp.square(net(t, x) - y).mean(1)).mean() + f(ridge) * sum((w * w).sum() for w in t)
    return inner, lambda t, l: jnp.square(net(t, xv) - yv).mean(), theta, jnp.ones(samples, f), 0.1


way = by_jaxopt if sys.argv[1:] == ["jaxopt"] else by_hand
for name, (inner, outer, theta, lam, gamma), repeats in (
        [(f"quadratic-{n}", quadratic(n), 200 if n < 1000 else 30) for n in (10, 100, 1000)]
        + [(f"logistic-{n}", logistic(n), 200 if n < 1000 else 50) for n in (10, 100, 1000)]
        + [("mlp-941", perceptron((8, 24, 24, 5), 64, 0.25), 100), ("mlp-941-256", perceptron((8, 24, 24, 5), 256, 0.25), 100)]
        + [("mlp-25k", perceptron(), 20)]):
    run = jax.jit(lambda theta, lam: way(inner, outer, theta, lam, 20, gamma))
    value = jax.block_until_ready(run(theta, lam))
    best = math.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        value = jax.block_until_ready(run(theta, lam))
        best = min(best, time.perf_counter() - begin)
    print(f"{name} {best * 1e6:.1f} {float(jnp.linalg.norm(value)):.9g}", flush=True)
