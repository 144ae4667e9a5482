"""Further worked cases for the hypergradient library, by NumPy in float64: python3 make_cases.py > cases.json

Each number comes from a closed form or a linear solve that shares nothing with the library, and is checked here against
differences of the inner problem solved again.
"""
import json

import numpy as np

cases = {}


def differences(value, lam, h=1e-4):
    """Sixth-order central differences of a scalar function."""
    lam = np.asarray(lam, float)
    slope = np.zeros_like(lam)
    for i in range(lam.size):
        e = np.zeros_like(lam)
        e[i] = h
        f = lambda k: value(lam + k * e)
        slope[i] = (45 * (f(1) - f(-1)) - 9 * (f(2) - f(-2)) + (f(3) - f(-3))) / (60 * h)
    return slope


def agree(a, b, tolerance=1e-8):
    a, b = np.asarray(a), np.asarray(b)
    assert np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1e-3), (a, b)


# A fixed point θ = tanh(W θ + B λ + c) with a W that is neither symmetric nor normal; F = sum sin θ + 0.3 |λ|².
W = np.array([[0.3, 0.9, -0.2], [-0.1, 0.2, 0.8], [0.05, -0.3, 0.1]])
B = np.array([[1.0, 0.2], [-0.5, 0.4], [0.3, -1.0]])
c = np.array([0.1, -0.2, 0.3])
lam = np.array([0.4, -0.6])


def equilibrium(lam):
    theta = np.zeros(3)
    for _ in range(500):
        theta = np.tanh(W @ theta + B @ lam + c)
    return theta


theta = equilibrium(lam)
slope = np.diag(1 - theta**2)
J, P = slope @ W, slope @ B
u = np.linalg.solve((np.eye(3) - J).T, np.cos(theta))
wrong = 0.6 * lam + P.T @ np.linalg.solve(np.eye(3) - J, np.cos(theta))
value = 0.6 * lam + P.T @ u
agree(value, differences(lambda l: np.sin(equilibrium(l)).sum() + 0.3 * l @ l, lam))
cases["fixed_point"] = dict(
    W=W, B=B, c=c, lam=lam, theta=theta, u=u, hypergradient=value, without_transpose=wrong)

# A linear fixed point whose adjoint iteration grows before it converges at 0.7.
J = np.array([[0.7, 20.0, 0.0], [0.0, 0.7, 20.0], [0.0, 0.0, 0.7]])
b = np.array([1.0, 1.0, 1.0])
v, norms = b.copy(), []
for _ in range(200):
    norms.append(np.linalg.norm(v))
    v = J.T @ v
cases["transient_growth"] = dict(
    J=J, b=b, u=np.linalg.solve((np.eye(3) - J).T, b), peak=max(norms) / norms[0], limit=0.7)

# The second derivative of F: ridge regression in its eigenbasis with weight exp(λ).
d, b, t, l = np.array([0.5, 1.0, 3.0]), np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -0.4]), 0.2
e = np.exp(l)
th = b / (d + e)
d1 = -b * e / (d + e) ** 2
d2 = -b * e / (d + e) ** 2 + 2 * b * e**2 / (d + e) ** 3
first, second = (th - t) @ d1, d1 @ d1 + (th - t) @ d2
agree([first], differences(lambda l: 0.5 * np.sum((b / (d + np.exp(l[0])) - t) ** 2), [l]))
slopes = lambda l: (b / (d + np.exp(l)) - t) @ (-b * np.exp(l) / (d + np.exp(l)) ** 2)
agree([second], differences(lambda l: slopes(l[0]), [l]))
cases["second_derivative"] = dict(d=d, b=b, t=t, lam=l, theta=th, first=first, second=second)

# The inner loss alone depends on λ: the direct part is exactly 0 and the truth is 2.
cases["indirect_only"] = dict(inner="0.5 (θ - 2 λ)^2", outer="θ", lam=0.7, theta=1.4, direct=0.0, hypergradient=2.0)

# Gauss-Newton against the Hessian: y = exp(θ0 x) + θ1 with residuals that do not vanish, a ridge λ on both parameters.
x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
y = np.array([1.4, 0.1, 1.9, 1.0, 3.9, 3.1])
target, l = np.array([0.5, 0.4]), 0.3


def pieces(th, l):
    model = np.exp(th[0] * x)
    r = model + th[1] - y
    jac = np.stack([x * model, np.ones_like(x)], 1)
    gn = jac.T @ jac + l * np.eye(2)
    bend = np.zeros((2, 2))
    bend[0, 0] = (r * x**2 * model).sum()
    return jac.T @ r + l * th, gn + bend, gn


def fitted(l):
    th = np.array([0.5, 0.3])
    for _ in range(60):
        g, h, _ = pieces(th, l)
        th = th - np.linalg.solve(h, g)
    return th


th = fitted(l)
_, h, gn = pieces(th, l)
value = -th @ np.linalg.solve(h, th - target)
biased = -th @ np.linalg.solve(gn, th - target)
agree([value], differences(lambda l: 0.5 * np.sum((fitted(l[0]) - target) ** 2), [l]))
cases["gauss_newton"] = dict(
    x=x, y=y, target=target, lam=l, theta=th, H=h, G=gn, hypergradient=value, with_gauss_newton=biased)

# The learning rate and the initial point of T steps of gradient descent: C = 0, so only unrolling sees them.
h = np.array([[2.0, 0.5], [0.5, 1.0]])
b, start, rate, t = np.array([1.0, -1.0]), np.array([0.5, 2.0]), 0.15, np.array([0.2, 0.3])


def descended(rate, start, steps):
    th = np.array(start, float)
    for _ in range(steps):
        th = th - rate * (h @ th - b)
    return th


runs = []
for steps in [1, 2, 5, 10]:
    f = lambda r, s: 0.5 * np.sum((descended(r, s, steps) - t) ** 2)
    th, z = start.copy(), np.zeros(2)
    for _ in range(steps):
        th, z = th - rate * (h @ th - b), z - rate * h @ z - (h @ th - b)
    initial = np.linalg.matrix_power(np.eye(2) - rate * h, steps) @ (th - t)
    by_rate = z @ (th - t)
    agree([by_rate], differences(lambda r: f(r[0], start), [rate]))
    agree(initial, differences(lambda s: f(rate, s), start))
    runs.append(dict(T=steps, theta_T=th, by_rate=by_rate, by_start=initial))
g0 = h @ start - b
g1 = h @ (start - rate * g0) - b
assert abs(-g1 @ g0 - differences(lambda r: 0.5 * descended(r[0], start, 1) @ h @ descended(r[0], start, 1)
                                  - b @ descended(r[0], start, 1), [rate])[0]) < 1e-8
cases["learning_rate"] = dict(H=h, b=b, start=start, rate=rate, t=t, runs=runs, baydin_one_step=-g1 @ g0)

# Nyström: a Hessian of rank 3 in 8 dimensions, shifted by 0.1; and one of full rank.
i = np.arange(1, 9)
factor = np.stack([np.sin(i), np.cos(2 * i), np.sin(3 * i + 1)], 1)
H, b = factor @ factor.T, np.cos(i * 1.7)
cases["nystrom"] = dict(
    H=H, b=b, shift=0.1, x=np.linalg.solve(H + 0.1 * np.eye(8), b))

# Statuses. A null space that b excites; one it does not; a saddle; Hilbert's matrix, where a small residual says nothing.
hilbert = 1 / (np.arange(8)[:, None] + np.arange(8)[None] + 1.0)
b = np.ones(8)
exact = np.linalg.solve(hilbert, b)
gamma = 1 / np.linalg.eigvalsh(hilbert)[-1]
q, v = np.zeros(8), b.copy()
for _ in range(1000):
    q, v = q + gamma * v, v - gamma * hilbert @ v
cases["hilbert"] = dict(
    gamma=gamma, relative_residual=np.linalg.norm(v) / np.linalg.norm(b),
    relative_error=np.linalg.norm(q - exact) / np.linalg.norm(exact))

# Three levels: θ*(λ) = argmin, φ*(θ) = argmin of a loss of features z = X θ with a ridge, match(θ, φ).
X = np.array([[1.0, 0.2], [0.4, -1.0], [-0.6, 0.7], [0.9, 0.1]])
y, a, mu = np.array([0.8, -0.9, 0.6, 1.0]), np.array([[1.0, 0.0], [-0.5, 1.2]]), 0.1


def levels(lam):
    w = np.exp(lam) / np.exp(lam).sum()
    th = (w[:, None] * a).sum(0) / (1 + mu)
    z = X @ th
    phi = (z @ y) / (z @ z + 0.2)
    return w, th, z, phi


lam = np.array([0.3, -0.2])
w, th, z, phi = levels(lam)
xv, yv = np.array([0.7, -0.2]), 0.5
r = phi * (xv @ th) - yv
by_phi = r * (xv @ th)
dphi = X.T @ (y * (z @ z + 0.2) - (z @ y) * 2 * z) / (z @ z + 0.2) ** 2
dth = (a.T @ (np.diag(w) - np.outer(w, w))) / (1 + mu)
full = dth.T @ (r * phi * xv + by_phi * dphi)
frozen = dth.T @ (r * phi * xv)
agree(full, differences(lambda l: 0.5 * (levels(l)[3] * (xv @ levels(l)[1]) - yv) ** 2, lam))
cases["three_levels"] = dict(
    X=X, y=y, a=a, mu=mu, xv=xv, yv=yv, lam=lam, theta=th, phi=phi, full=full, frozen=frozen)

# One step where the weight of a sample is a function of its own loss: with the loss detached (Meta-Weight-Net) and without.
x, y, xv, yv = np.array([1.0, -0.5, 2.0]), np.array([1.5, 0.3, -1.0]), np.array([0.7, 1.2]), np.array([0.5, 1.0])
th, psi, alpha = 0.4, np.array([0.8, -0.3]), 0.2


def moved(psi, detached):
    loss = 0.5 * (x * th - y) ** 2
    slope = (x * th - y) * x
    s = 1 / (1 + np.exp(-(psi[0] * loss + psi[1])))
    own = 0 if detached else loss * s * (1 - s) * psi[0] * slope
    return th - alpha * (s * slope + own).sum()


for name, detached in [("detached", True), ("attached", False)]:
    cases["one_step_" + name] = dict(
        x=x, y=y, xv=xv, yv=yv, theta=th, psi=psi, alpha=alpha,
        hypergradient=differences(lambda p: 0.5 * np.mean((xv * moved(p, detached) - yv) ** 2), psi, 1e-3))

print(json.dumps(cases, default=lambda v: v.tolist() if hasattr(v, "tolist") else v, indent=1))
