"""Small tables: two classes from thirty rows against scikit-learn; regression against the GP."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from augury.models import GaussianProcess, PriorFittedClassifier, PriorFittedNetwork
from augury.models.posteriors.marginals import log_density_and_cdf
from reproductions._real_tables import regression_tables
from reproductions._table import Row

Array = np.ndarray

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "prior-fitted network": PriorFittedClassifier,
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    "GP classifier": lambda: make_pipeline(StandardScaler(), GaussianProcessClassifier(1.0 * RBF(3.0))),
    "k-NN": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(5)),
    "gradient boosting": lambda: HistGradientBoostingClassifier(min_samples_leaf=5),
}
_PUBLISHED = {
    "prior-fitted network": "rank 2.786, ECE 0.025",
    "logistic regression": "rank 4.690, ECE 0.157",
    "GP classifier": "rank 5.286, ECE 0.095",
    "k-NN": "rank 6.214, ECE 0.093",
    "gradient boosting": "rank 3.357, ECE 0.066 (XGBoost)",
}


def class_tables() -> Iterator[tuple[str, Array, Array]]:
    """Real tables with two classes: name, inputs and codes."""
    X, y = load_breast_cancer(return_X_y=True)
    yield "breast cancer", X, y
    X, y = load_wine(return_X_y=True)
    for code in range(3):
        yield f"wine {code}", X, (y == code).astype(int)
    X, y = load_diabetes(return_X_y=True)
    yield "diabetes", X, (y > np.median(y)).astype(int)
    X, y = load_iris(return_X_y=True)
    yield "iris 1, 2", X[y > 0], y[y > 0] - 1


def classification(quick: bool) -> list[Row]:
    """Mean rank of the area under the curve over tables, and expected calibration error in 100 bins.

    The error is of all predictions of a table together: of 70 at a time it would be the bins' own noise.
    Beside it stands what would be left of it if labels were drawn by the probabilities.
    """
    areas, errors, losses = [], [], []
    for _, X, y in class_tables():
        draws = [_predictions(X, y, seed) for seed in range(2 if quick else 20)]
        areas.append(np.mean([[roc_auc_score(truth, p) for p in ours] for ours, truth in draws], axis=0))
        losses.append(np.mean([[_log_loss(p, truth) for p in ours] for ours, truth in draws], axis=0))
        pooled, truth = np.concatenate([ours for ours, _ in draws], axis=1), np.hstack([t for _, t in draws])
        errors.append([(calibration_error(p, truth), _least_calibration_error(p)) for p in pooled])
    area, error, loss = (np.mean(part, axis=0) for part in (areas, errors, losses))
    ranks = np.mean([rankdata(-area) for area in areas], axis=0)
    return [
        (
            f"{name}: mean rank of ROC AUC over {len(areas)} tables (of {len(CLASSIFIERS)} methods), ECE",
            _PUBLISHED[name],
            f"rank {ranks[i]:.2f}, AUC {area[i]:.3f}, ECE {error[i][0]:.3f} (at best {error[i][1]:.3f}), "
            f"log loss {loss[i]:.3f}",
        )
        for i, name in enumerate(CLASSIFIERS)
    ]


def _predictions(X: Array, y: Array, seed: int) -> tuple[Array, Array]:
    """Each method's probabilities (`methods x 70`) of class 1 after training on 30 rows, and the labels."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(np.flatnonzero(y == code))[:50] for code in (0, 1)])
    rows = rng.permutation(rows)
    train, test = rows[:30], rows[30:100]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [make().fit(X[train], y[train]).predict_proba(X[test])[:, 1] for make in CLASSIFIERS.values()]
    return np.array(found), y[test]


def _log_loss(p: Array, truth: Array) -> float:
    return float(-np.log(np.where(truth == 1, p, 1.0 - p).clip(1e-6)).mean())


def _least_calibration_error(p: Array) -> float:
    """The mean error of labels drawn by the probabilities."""
    rng = np.random.default_rng(0)
    return float(np.mean([calibration_error(p, (rng.random(len(p)) < p).astype(int)) for _ in range(20)]))


def calibration_error(p: Array, truth: Array, bins: int = 100) -> float:
    """The expected calibration error of the more probable class's probability."""
    sure, right = np.maximum(p, 1.0 - p), (p > 0.5) == (truth == 1)
    bin_of = np.minimum((sure * bins).astype(int), bins - 1)
    total = 0.0
    for b in np.unique(bin_of):
        inside = bin_of == b
        total += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    return float(total)


def regression(quick: bool) -> list[Row]:
    """Mean negative log likelihood of the shipped network and of the Gaussian process on held-out rows."""
    rows = []
    for name, X, y in regression_tables():
        for n in (20, 100, 200):
            if n >= len(y) - 20:
                continue
            scores = [_regression_score(X, y, n, seed) for seed in range(1 if quick else 5)]
            ours, theirs = np.mean(scores, axis=0)
            spread = np.std([a - b for a, b in scores]) / max(len(scores) - 1, 1) ** 0.5
            measured = f"{ours:.3f} against {theirs:.3f}: {ours - theirs:+.3f} ± {spread:.3f}"
            rows.append(
                (f"{name}, n = {n}: negative log likelihood against the GP", "target <= +0.1", measured)
            )
    return rows


def _regression_score(X: Array, y: Array, n: int, seed: int) -> tuple[float, float]:
    order = np.random.default_rng(seed).permutation(len(y))
    train, test = order[:n], order[n : n + 200]
    scores = []
    for model in (PriorFittedNetwork, GaussianProcess):
        fitted = model(torch.from_numpy(X[train]), torch.from_numpy(y[train, None])).fit()
        with torch.no_grad():
            posterior = fitted.posterior(torch.from_numpy(X[test]).unsqueeze(-2), observation_noise=True)
            density, _ = log_density_and_cdf(posterior, torch.from_numpy(y[test, None, None]))
        scores.append(-float(density.mean()) - float(np.log(y.std())))
    return scores[0], scores[1]
