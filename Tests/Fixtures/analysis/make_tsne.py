"""Records affinities by SciPy's root finder and a divergence by NumPy, as the oracle of Tests/AnalysisTests/TSNERecordedTests.swift.

python make_tsne.py     (numpy, scipy; writes tsne.json beside this file)
"""

import json
import pathlib

import numpy as np
from scipy.optimize import brentq
from scipy.spatial.distance import pdist, squareform

random = np.random.default_rng(17)
x = random.normal(size=(40, 5)) * [3, 1, 1, 0.5, 0.1]
y = random.normal(size=(40, 2)) * 4
d = squareform(pdist(x, "sqeuclidean"))


def row(i, perplexity):
    others = np.delete(d[i], i)

    def weights(log_beta):
        w = np.exp(-np.exp(log_beta) * (others - others.min()))
        return w / w.sum()

    def excess(log_beta):
        p = weights(log_beta)
        return -(p[p > 0] * np.log(p[p > 0])).sum() - np.log(perplexity)

    return np.insert(weights(brentq(excess, -20, 20, xtol=1e-14)), i, 0)


def conditional(perplexities):
    return np.mean([[row(i, each) for i in range(len(x))] for each in perplexities], 0)


def divergence(p, y):
    q = 1 / (1 + squareform(pdist(y, "sqeuclidean")))
    np.fill_diagonal(q, 0)
    q /= q.sum()
    return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum())


cases = []
for perplexities in ([7.0], [4.0, 12.0]):
    c = conditional(perplexities)
    p = (c + c.T) / (2 * len(x))
    cases.append({"perplexities": perplexities, "conditional": c.tolist(), "divergence": divergence(p, y)})
path = pathlib.Path(__file__).parent / "tsne.json"
path.write_text(json.dumps({"samples": x.tolist(), "points": y.tolist(), "cases": cases}))
