"""Random problems of every kind the library solves, with their answers by NumPy in float64: python3 make_random.py > random.json

Nothing is shared with the library: gradients are written by hand, their derivatives are complex steps (Im g(x + ih) / h with h = 1e-30,
exact to rounding), linear systems go through LAPACK, unrolled loops and optimiser steps are differentiated by complex steps through the
whole loop. Every implicit answer is checked here against differences of the inner problem solved again.
"""
import json

import numpy as np

rng = np.random.default_rng(20261121)
cases = []
H = 1e-30


def slope(value, x):
    """The gradient of a real-analytic scalar function, by complex steps."""
    out = np.zeros(x.size)
    for i in range(x.size):
        z = x.astype(complex)
        z[i] += 1j * H
        out[i] = np.imag(value(z)) / H
    return out


def jacobian(map_, x):
    """Columns by complex steps."""
    columns = []
    for i in range(x.size):
        z = x.astype(complex)
        z[i] += 1j * H
        columns.append(np.imag(map_(z)) / H)
    return np.stack(columns, 1)


def minimum(gradient, theta, lam):
    for _ in range(200):
        g = gradient(theta, lam)
        if np.linalg.norm(g) < 1e-14:
            break
        theta = theta - np.linalg.solve(jacobian(lambda t: gradient(t, lam), theta), g)
    assert np.linalg.norm(gradient(theta, lam)) < 1e-12
    return theta


def implicit(gradient, outer, theta, lam):
    """dF/dλ at a stationary point, q, and the pieces."""
    h = jacobian(lambda t: gradient(t, lam), theta)
    c = jacobian(lambda l: gradient(theta, l), lam)
    b, direct = slope(lambda t: outer(t, lam), theta), slope(lambda l: outer(theta, l), lam)
    q = np.linalg.solve(h.T, b)
    return direct - c.T @ q, direct, h


def check(gradient, outer, theta, lam, value):
    """F along a random direction, by sixth-order differences of solving again."""
    d, e = rng.standard_normal(lam.size), 1e-3
    d /= np.linalg.norm(d)
    f = lambda k: outer(minimum(gradient, theta, lam + k * e * d), lam + k * e * d)
    difference = (45 * (f(1) - f(-1)) - 9 * (f(2) - f(-2)) + (f(3) - f(-3))) / (60 * e)
    assert abs(difference - value @ d) <= 1e-7 * max(abs(difference), np.linalg.norm(value), 1e-3), (difference, value @ d)


def add(kind, **fields):
    cases.append(dict(kind=kind, **{k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()}))


def rotation(n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def quadratic(spectrum, b=None):
    """g = ½ θ'Hθ + θ'Cλ + d'θ, f = b'θ + ½ w|θ|² + r'λ: any spectrum, θ a stationary point where there is one."""
    n, m = len(spectrum), int(rng.integers(1, 5))
    u = rotation(n)
    h = u @ np.diag(spectrum) @ u.T
    h = (h + h.T) / 2
    c, lam, r = rng.standard_normal((n, m)), rng.standard_normal(m), rng.standard_normal(m)
    b = rng.standard_normal(n) if b is None else u @ b
    fields = dict(H=h, C=c, b=b, r=r, lam=lam, spectrum=np.array(spectrum, float))
    if min(abs(np.array(spectrum))) > 0:
        q = np.linalg.solve(h, b)
        fields.update(hypergradient=r - c.T @ q, q=q)
    else:
        # Least squares: the answer where b has no part in the null space.
        q = np.linalg.pinv(h, rcond=1e-12) @ b
        fields.update(hypergradient=r - c.T @ q, q=q, null_part=float(np.linalg.norm(b - h @ q)))
    return fields


# Positive definite: n from 1 to 12, condition numbers from 1 to 10⁴.
for n, kappa in [(1, 1), (2, 3), (2, 1e3), (3, 10), (4, 1), (5, 30), (6, 100), (7, 5), (8, 1e4), (10, 50), (12, 300)]:
    spectrum = np.exp(rng.uniform(0, np.log(kappa), n)) * 10 ** rng.uniform(-2, 2)
    if n > 1:
        spectrum[0], spectrum[1] = spectrum.min(), spectrum.min() * kappa
    add("definite", **quadratic(list(spectrum)))

# Singular: with b in the range of H, and with a part in its null space.
for n in (2, 4, 7):
    spectrum = [0.0] + list(rng.uniform(0.5, 3, n - 1))
    inside = np.concatenate([[0.0], rng.standard_normal(n - 1)])
    add("singular", in_range=True, **quadratic(spectrum, inside))
    outside = inside.copy()
    outside[0] = 1.0
    add("singular", in_range=False, **quadratic(spectrum, outside))

# Indefinite, one mode or several, weakly or strongly; and negative definite.
for spectrum in ([-0.5, 1.0], [-0.01, 1.0, 2.0], [-1.0, -2.0, 3.0, 4.0], [-3.0, 0.5, 1.0, 2.0, 2.5],
                 list(rng.uniform(0.5, 4, 7)) + [-0.2], [-1.0, -2.0]):
    add("indefinite", **quadratic(spectrum))

# Fixed points θ = W θ + B λ + c: neither symmetric nor normal; the iteration contracts, or does not.
for n, radius in [(1, 0.5), (2, 0.9), (3, 0.6), (5, 0.8), (4, 1.5), (3, 3.0)]:
    w = rng.standard_normal((n, n))
    w *= radius / np.abs(np.linalg.eigvals(w)).max()
    m = int(rng.integers(1, 4))
    bmat, c, lam, t = rng.standard_normal((n, m)), rng.standard_normal(n), rng.standard_normal(m), rng.standard_normal(n)
    theta = np.linalg.solve(np.eye(n) - w, bmat @ lam + c)
    u = np.linalg.solve((np.eye(n) - w).T, theta - t)
    add("fixed_point", W=w, B=bmat, c=c, t=t, lam=lam, theta=theta, contracts=radius < 1,
        hypergradient=0.3 * lam + bmat.T @ u)

# Logistic regression with weights exp(λ_i) on the samples and a ridge exp(λ_last).
for n, samples in [(1, 6), (2, 8), (3, 12), (5, 20)]:
    x, y = rng.standard_normal((samples, n)), np.sign(rng.standard_normal(samples))
    xv, yv = rng.standard_normal((6, n)), np.sign(rng.standard_normal(6))
    lam = rng.standard_normal(samples + 1) * 0.3

    def gradient(t, l):
        z = y * (x @ t)
        return x.T @ (-y * np.exp(l[:-1]) / (1 + np.exp(z))) + np.exp(l[-1]) * t

    outer = lambda t, l: np.log1p(np.exp(-yv * (xv @ t))).mean() + 0.01 * (l @ l)
    theta = minimum(gradient, np.zeros(n), lam)
    value, direct, h = implicit(gradient, outer, theta, lam)
    check(gradient, outer, theta, lam, value)
    add("logistic", X=x, y=y, Xv=xv, yv=yv, lam=lam, theta=theta, hypergradient=value, direct=direct,
        smallest=float(np.linalg.eigvalsh(h)[0]), largest=float(np.linalg.eigvalsh(h)[-1]))

# A perceptron 2-3-1 with tanh: weights exp(λ_i) on the samples' squares, a ridge exp(λ_last) large enough for a minimum.
for _ in range(3):
    x, y = rng.standard_normal((8, 2)), rng.standard_normal(8)
    xv, yv = rng.standard_normal((5, 2)), rng.standard_normal(5)
    lam = np.append(rng.standard_normal(8) * 0.3, 1.0)

    def net(t, inputs):
        return np.tanh(inputs @ t[:6].reshape(2, 3) + t[6:9]) @ t[9:12] + t[12]

    def gradient(t, l):
        hidden = np.tanh(x @ t[:6].reshape(2, 3) + t[6:9])
        e = np.exp(l[:-1]) * (hidden @ t[9:12] + t[12] - y)
        back = np.outer(e, t[9:12]) * (1 - hidden**2)
        return np.concatenate([(x.T @ back).ravel(), back.sum(0), hidden.T @ e, [e.sum()]]) + np.exp(l[-1]) * t

    outer = lambda t, l: 0.5 * ((net(t, xv) - yv) ** 2).mean() + 0.1 * (l @ l)
    theta = rng.standard_normal(13) * 0.5
    for _ in range(20000):
        theta = theta - 0.02 * gradient(theta, lam)
    theta = minimum(gradient, theta, lam)
    value, direct, h = implicit(gradient, outer, theta, lam)
    assert np.linalg.eigvalsh(h)[0] > 0
    check(gradient, outer, theta, lam, value)
    add("perceptron", x=x, y=y, xv=xv, yv=yv, lam=lam, theta=theta, hypergradient=value, direct=direct,
        smallest=float(np.linalg.eigvalsh(h)[0]), largest=float(np.linalg.eigvalsh(h)[-1]))

# T steps of gradient descent on a quartic from a start that is no minimum: g = Σ ¼ θ⁴ + ½ θ'Hθ - λ'B'θ, f = ½ |θ - t|² + λ'r.
for n, steps in [(1, 1), (2, 3), (3, 10), (4, 25)]:
    m = int(rng.integers(1, 4))
    a = rng.standard_normal((n, n))
    h = a @ a.T / n + 0.2 * np.eye(n)
    b, lam, r = rng.standard_normal((n, m)), rng.standard_normal(m), rng.standard_normal(m)
    start, t, rate = rng.standard_normal(n) * 0.5, rng.standard_normal(n), 0.1

    def loop(l, first=start):
        theta = first.astype(complex)
        for _ in range(steps):
            theta = theta - rate * (theta**3 + h @ theta - b @ l)
        return 0.5 * ((theta - t) ** 2).sum() + r @ l

    def from_start(s):
        theta = s
        for _ in range(steps):
            theta = theta - rate * (theta**3 + h @ theta - b @ lam)
        return 0.5 * ((theta - t) ** 2).sum()

    add("unrolled", H=h, B=b, r=r, lam=lam, start=start, t=t, rate=rate, steps=steps, hypergradient=slope(loop, lam),
        by_start=slope(from_start, start))

# One step on the same kind of loss, under its three names, and one step of Adam with and without its bias correction.
for n in (1, 2, 4):
    m = 3
    a = rng.standard_normal((n, n))
    h = a @ a.T / n + 0.2 * np.eye(n)
    b, lam, r = rng.standard_normal((n, m)), rng.standard_normal(m), rng.standard_normal(m)
    theta, t, rate = rng.standard_normal(n) * 0.5, rng.standard_normal(n), 0.1
    g = lambda l: theta**3 + h @ theta - b @ l
    outer = lambda x, l: 0.5 * ((x - t) ** 2).sum() + r @ l
    mal = slope(lambda l: outer(theta - rate * g(l), l), lam)
    t1t2 = r + rate * b.T @ (theta - t)
    first, second, step = rng.standard_normal(n) * 0.1, rng.uniform(0.01, 0.1, n), int(rng.integers(1, 9))

    def adam(l, correct):
        grad = g(l)
        mean, square = 0.9 * first + 0.1 * grad, 0.999 * second + 0.001 * grad**2
        if correct:
            mean, square = mean / (1 - 0.9**step), square / (1 - 0.999**step)
        return outer(theta - rate * mean / (np.sqrt(square) + 1e-8), l)

    # Learning to Reweight takes the step from λ = 0: what λ does not multiply moves θ there too.
    reweighted = slope(lambda l: outer(theta - rate * g(l), l), np.zeros(m))
    add("one_step", H=h, B=b, r=r, lam=lam, theta=theta, t=t, rate=rate, mal=mal, learningToReweight=reweighted, t1t2=t1t2,
        first=first, second=second, step=step, adam=slope(lambda l: adam(l, True), lam),
        adam_uncorrected=slope(lambda l: adam(l, False), lam))

# Three levels: φ*(θ) = argmin ½ |φ|²κ + ½ |Aφ - θ|², θ*(λ) = argmin ½ θ'Hθ - θ'Bλ, f = ½ |φ* - t|² + ½ w |θ|².
for n, k in [(2, 1), (3, 2), (4, 3)]:
    m = 2
    a = rng.standard_normal((n, n))
    h = a @ a.T / n + 0.5 * np.eye(n)
    amat, b, lam, t = rng.standard_normal((n, k)), rng.standard_normal((n, m)), rng.standard_normal(m), rng.standard_normal(k)
    kappa, w = 0.7, 0.2
    head = np.linalg.solve(amat.T @ amat + kappa * np.eye(k), amat.T)
    theta = np.linalg.solve(h, b @ lam)
    f = lambda l: 0.5 * ((head @ np.linalg.solve(h.astype(complex), b @ l) - t) ** 2).sum() + 0.5 * w * (
        np.linalg.solve(h.astype(complex), b @ l) ** 2).sum()
    phi = head @ theta
    frozen = np.linalg.solve(h, b).T @ (w * theta)
    add("three_levels", H=h, A=amat, B=b, lam=lam, t=t, kappa=kappa, w=w, theta=theta, phi=phi, hypergradient=slope(f, lam),
        frozen=frozen)

print(json.dumps(dict(schema=1, count=len(cases), cases=cases)))
