"""The samples of the comparison: the handwritten digits of scikit-learn, and mixtures of the size of MNIST.

A mixture has ten classes of equal share. Each is a curved manifold of 8 dimensions: normal latent variables go through a random layer of 64 tanh units
of its own and a layer to 784 features that the classes share, then through a sigmoid; noise of standard deviation 0.05 is added.
"""

import numpy as np


def mixture(n, seed, classes=10, latent=8, hidden=64, features=784):
    random = np.random.default_rng(seed)
    shared = random.normal(size=(hidden, features)) / np.sqrt(hidden)
    labels = np.sort(random.integers(classes, size=n))
    x = np.empty((n, features), np.float32)
    for label in range(classes):
        rows = np.flatnonzero(labels == label)
        first = random.normal(size=(latent, hidden)) / np.sqrt(latent)
        shift = random.normal(size=hidden)
        values = np.tanh(random.normal(size=(len(rows), latent)) @ first * 1.5 + shift) @ shared
        x[rows] = 1 / (1 + np.exp(-3 * values)) + 0.05 * random.normal(size=values.shape)
    order = random.permutation(n)
    return x[order], labels[order]


def samples(n, seed):
    """(n, d) single-precision samples and their classes: digits drawn without replacement while there are enough, else a mixture."""
    if n > 1797:
        return mixture(n, seed)
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.random.default_rng(seed).permutation(1797)[:n]
    return digits.data[rows].astype(np.float32), digits.target[rows]
