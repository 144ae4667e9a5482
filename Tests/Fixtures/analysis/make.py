"""Records what NumPy and scikit-learn make of two fixed data sets, as the oracle of Tests/AnalysisTests.

python make.py          (numpy, scikit-learn; writes analysis.json beside this file)
"""

import json
import pathlib

import numpy as np
import sklearn
from scipy.spatial.distance import squareform
from sklearn.datasets import load_iris
from sklearn.manifold import TSNE, _t_sne, trustworthiness
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

iris = load_iris()
x, y = iris.data.astype(float), iris.target
rng = np.random.default_rng(3)
cloud = rng.normal(size=(80, 5))
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


def joint(method):
    """The affinities scikit-learn uses: of all pairs, or of 3 * perplexity neighbours."""
    if method == "exact":
        return squareform(_t_sne._joint_probabilities(pairwise_distances(x, metric="sqeuclidean"), 30, 0))
    graph = NearestNeighbors(n_neighbors=91).fit(x).kneighbors_graph(mode="distance")
    graph.data **= 2
    return _t_sne._joint_probabilities_nn(graph, 30, 0).toarray()


def tsne(method, init, seed):
    points = TSNE(perplexity=30, method=method, init=init, random_state=seed, max_iter=1000).fit_transform(x)
    # The divergence is computed here: the one reported with Barnes-Hut is approximate, and some 2 % low.
    y, p = points.astype(float), joint(method)
    q = 1 / (1 + pairwise_distances(y, metric="sqeuclidean"))
    np.fill_diagonal(q, 0)
    some = p > 1e-15
    kl = (p[some] * np.log(p[some] / (q[some] / q.sum()))).sum()
    return {"method": method, "init": init, "seed": seed, "kl": float(kl),
            "trustworthiness": float(trustworthiness(x, points, n_neighbors=5))}


train, test = np.arange(0, 150, 2), np.arange(1, 150, 2)
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
    "cloud": cloud.tolist(),
    "trustworthiness": [{"k": k, "value": float(trustworthiness(cloud, cloud[:, :2], n_neighbors=k))} for k in (1, 5, 12)],
}, (pathlib.Path(__file__).parent / "analysis.json").open("w"))
