"""How good embeddings are, by one independent routine for all of them.

divergence(x, y): the Kullback-Leibler divergence with affinities of exact neighbours at perplexity 30 and the exact sum over all pairs of points.
preservation(x, y): trustworthiness and the share of the ten nearest neighbours kept, over at most 2000 samples.
"""

import numpy as np
import scipy.sparse
from scipy.optimize import brentq


def squared(a, b):
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0)


def nearest(queries, x, k, own):
    """Indices and squared distances of the k nearest rows; `own` holds the row of each query, which is left out."""
    d = squared(queries, x)
    d[np.arange(len(queries)), own] = np.inf
    index = np.argpartition(d, k, axis=1)[:, :k]
    index = np.take_along_axis(index, np.take_along_axis(d, index, 1).argsort(1), 1)
    return index, np.take_along_axis(d, index, 1)


def affinities(x, perplexity=30):
    n, k = len(x), min(len(x) - 1, int(3 * perplexity))
    centred = (x - x.mean(0)).astype(np.float32 if n > 20000 else np.float64)
    columns, values = np.empty((n, k), np.int32), np.empty((n, k))
    for begin in range(0, n, 500):
        own = np.arange(begin, min(begin + 500, n))
        index, d = nearest(centred[own], centred, k, own)
        d = d.astype(np.float64) - d[:, :1]
        low, high = np.full(len(own), -60.0), np.full(len(own), 60.0)
        for _ in range(70):  # bisection of log(beta) for all rows
            middle = (low + high) / 2
            w = np.exp(-np.exp(middle)[:, None] * d)
            p = w / w.sum(1, keepdims=True)
            entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(1)
            above = entropy > np.log(perplexity)
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        columns[own], values[own] = index, p
    p = scipy.sparse.csr_matrix((values.ravel(), columns.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return ((p + p.T) / (2 * n)).tocoo()


def divergence(p, y):
    mass = 0.0
    for begin in range(0, len(y), 1000):
        mass += (1 / (1 + squared(y[begin : begin + 1000], y))).sum()
    mass -= len(y)
    q = 1 / (1 + ((y[p.row] - y[p.col]) ** 2).sum(1))
    return float((p.data * np.log(p.data / (q / mass))).sum())


def preservation(x, y, k=10):
    n = len(x)
    rows = np.random.default_rng(0).permutation(n)[:2000]
    penalty = kept = 0
    for part in np.array_split(rows, max(1, len(rows) // 250)):
        d = squared(x[part], x)
        d[np.arange(len(part)), part] = np.inf
        ranks = np.empty(d.shape, np.int32)
        np.put_along_axis(ranks, d.argsort(1), np.arange(1, n + 1, dtype=np.int32)[None], 1)
        found = np.take_along_axis(ranks, nearest(y[part], y, k, part)[0], 1)
        penalty += np.maximum(found - k, 0).sum()
        kept += (found <= k).sum()
    return 1 - 2 * penalty / (len(rows) * k * (2 * n - 3 * k - 1)), kept / (len(rows) * k)
