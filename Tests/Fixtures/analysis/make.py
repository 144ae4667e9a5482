"""Records what NumPy and scikit-learn make of two fixed data sets, as the oracle of Tests/AnalysisTests.

python make.py          (numpy, scikit-learn; writes analysis.json beside this file)
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_iris
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

iris = load_iris()
x, y = iris.data.astype(float), iris.target
rng = np.random.default_rng(3)
wide = rng.normal(size=(12, 30)) @ np.diag(np.linspace(3, 0.1, 30))


def pca(data, count):
    centred = data - data.mean(0)
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    vt = vt[:count] * np.sign(vt[np.arange(count), np.abs(vt[:count]).argmax(1)])[:, None]
    return {
        "data": data.tolist(),
        "components": vt.tolist(),
        "variances": (s**2 / (len(data) - 1))[:count].tolist(),
        "total": float((s**2).sum() / (len(data) - 1)),
        "projected": (centred @ vt.T).tolist(),
    }


def tsne(method, init, seed):
    model = TSNE(perplexity=30, method=method, init=init, random_state=seed, max_iter=1000)
    points = model.fit_transform(x)
    return {"method": method, "init": init, "seed": seed, "kl": float(model.kl_divergence_),
            "trustworthiness": float(trustworthiness(x, points, n_neighbors=5))}


train, test = np.arange(0, 150, 2), np.arange(1, 150, 2)
poor = x @ np.array([[1, 0.31], [0.17, -1], [0.13, 0.07], [0.29, -0.11]])  # a poor embedding without ties
loo = {k: float(np.mean([KNeighborsClassifier(k).fit(np.delete(x, i, 0), np.delete(y, i)).predict(x[i:i + 1])[0] == y[i]
                         for i in range(len(x))])) for k in (1, 5, 15)}
split = {k: float(KNeighborsClassifier(k).fit(x[train], y[train]).score(x[test], y[test])) for k in (1, 5, 15)}
distances, _ = NearestNeighbors(n_neighbors=10).fit(x).kneighbors()

json.dump({
    "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    "iris": {"samples": x.tolist(), "labels": y.tolist()},
    "pca": [pca(x, 3), pca(wide, 5)],
    "tsne": [tsne(m, "pca", 0) for m in ("exact", "barnes_hut")]
    + [tsne(m, "random", s) for m in ("exact", "barnes_hut") for s in range(1, 10)],
    "leaveOneOut": [{"k": k, "accuracy": a} for k, a in loo.items()],
    "split": [{"k": k, "accuracy": a} for k, a in split.items()],
    "neighbourDistances": distances.tolist(),
    "poorEmbedding": poor.tolist(),
    "trustworthiness": [{"k": k, "value": float(trustworthiness(x, poor, n_neighbors=k))} for k in (1, 5, 12)],
}, (pathlib.Path(__file__).parent / "analysis.json").open("w"))
