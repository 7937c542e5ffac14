"""Hutter, Xu, Hoos, Leyton-Brown (2014), Algorithm runtime prediction: the forest of SMAC and its variance.

The law of total variance over the trees against brute force, and the forest on real tables beside SMAC's own
way to grow it, scikit-learn's forest and the Gaussian process: error, density and coverage. `AUGURY_DATA`
names the folder of all tables but one.

    python -m reproductions.random_forest [--quick]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.stats import norm
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from augury.models import GaussianProcess, RandomForest
from augury.models.folds import assign_folds
from augury.models.forest.regression_forest import LEAST_VARIANCE
from reproductions._real_tables import regression_tables
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

Array = np.ndarray
#: Means and deviations of outcomes at new points, both `N`.
Predicted = tuple[Array, Array]

_ROWS, _TESTED, _TREES = (30, 120), 200, 50
_LEVELS = (0.5, 0.8, 0.95)


def variance_rows() -> list[Row]:
    """The forest's moments against a loop over trees and the rows in their leaves."""
    rng = np.random.default_rng(0)
    X, new = rng.random((60, 3)), rng.random((200, 3))
    y = np.sin(5.0 * X[:, 0]) + (X[:, 1] > 0.5) + 0.1 * rng.standard_normal(60)
    given = torch.from_numpy(X), torch.from_numpy(y[:, None])
    (forest,) = RandomForest(*given, outcome_transform=None, min_samples_leaf=3).fit().forests
    parts, known, found = assign_folds(len(y)), forest.leaves(X), forest.leaves(new)
    means, variances = np.empty(found.shape), np.empty(found.shape)
    for tree in range(len(found)):
        grown = parts != tree % (parts.max() + 1)
        for point, leaf in enumerate(found[tree]):
            inside = y[grown & (known[tree] == leaf)]
            means[tree, point], variances[tree, point] = inside.mean(), max(inside.var(), LEAST_VARIANCE)
    published = (variances + means**2).mean(axis=0) - means.mean(axis=0) ** 2  # eq. 6
    mean, variance = forest.mean_variance(found)
    disagreement = means.var(axis=0)
    corrected = published + disagreement / (len(means) - 1)
    wrong, off = np.abs(mean - means.mean(axis=0)), np.abs(variance / published - 1.0)
    exact = np.abs(variance / corrected - 1.0)
    return [
        ("mean: the trees' average; largest difference", "", f"{wrong.max():.1e}"),
        (
            "variance: law of total variance over the trees (eq. 6); largest relative difference",
            "divided by T",
            f"{off.max():.1e}, as ours divides the trees' disagreement by T - 1; "
            f"{exact.max():.1e} with T - 1 in both",
        ),
    ]


def _forest(X: Array, y: Array, new: Array) -> Predicted:
    return _surrogate(RandomForest, X, y, new)


def _process(X: Array, y: Array, new: Array) -> Predicted:
    return _surrogate(GaussianProcess, X, y, new)


def _surrogate(
    model: type[RandomForest] | type[GaussianProcess], X: Array, y: Array, new: Array
) -> Predicted:
    fitted = model(torch.from_numpy(X), torch.from_numpy(y[:, None])).fit()
    with torch.no_grad():
        posterior: Any = fitted.posterior(torch.from_numpy(new).unsqueeze(-2), observation_noise=True)
    return posterior.mean.numpy().ravel(), posterior.variance.sqrt().numpy().ravel()


def _smac(X: Array, y: Array, new: Array) -> Predicted:
    """Rows with replacement, the best cut of five sixths of the inputs, three rows in a leaf; eq. 6."""
    forest = RandomForestRegressor(_TREES, max_features=5 / 6, min_samples_leaf=3, random_state=0).fit(X, y)
    leaves = np.stack([tree.apply(new) for tree in forest.estimators_])
    means, within = (
        np.stack([getter(tree)[leaf] for tree, leaf in zip(forest.estimators_, leaves, strict=True)])
        for getter in (lambda tree: tree.tree_.value[:, 0, 0], lambda tree: tree.tree_.impurity)
    )
    variance = np.maximum(within, LEAST_VARIANCE * y.var()).mean(axis=0) + means.var(axis=0)
    return means.mean(axis=0), np.sqrt(variance)


def _scikit_learn(X: Array, y: Array, new: Array) -> Predicted:
    """The better known forest of random cuts; it tells no deviation."""
    mean = ExtraTreesRegressor(_TREES, max_features=5 / 6, random_state=0).fit(X, y).predict(new)
    return mean, np.full(len(new), np.nan)


METHODS: dict[str, Callable[[Array, Array, Array], Predicted]] = {
    "augury's forest": _forest,
    "grown as SMAC's": _smac,
    "ExtraTreesRegressor": _scikit_learn,
    "Gaussian process": _process,
}


def table_rows(seeds: int, sizes: tuple[int, ...]) -> list[Row]:
    """Errors, densities and coverage over draws of real tables, in units of the outcomes' deviation."""
    rows: list[Row] = []
    for n in sizes:
        scores: dict[str, list[list[float]]] = {name: [] for name in METHODS}
        names = []
        for table, X, y in regression_tables():
            if len(y) < n + 20:
                continue
            names.append(table)
            for seed in range(seeds):
                order = np.random.default_rng(seed).permutation(len(y))
                train, test = order[:n], order[n : n + _TESTED]
                for name, predict in METHODS.items():
                    scores[name].append(_score(*predict(X[train], y[train], X[test]), y[test], y.std()))
        found = {name: np.array(values) for name, values in scores.items()}
        own = found.pop("augury's forest")
        shown = ", ".join(names)
        rows.append((f"{n} rows ({shown}): augury's forest", "95 % in intervals of 95 %", _shown(own)))
        for name, other in found.items():
            better = f"{_shown(other)}; ours minus it: rmse {paired(own[:, 0], other[:, 0])}"
            if np.isfinite(other[:, 1]).all():
                better += f", median nll {np.median(own[:, 1] - other[:, 1]):+.2f}"
            rows.append((f"{n} rows: {name}", "", better))
    return rows


def _score(mean: Array, deviation: Array, truth: Array, unit: float) -> list[float]:
    """Root mean squared error and mean negative log density in the unit, and coverage at the levels."""
    density = norm.logpdf(truth, mean, deviation) + np.log(unit)
    tail = np.abs(2.0 * norm.cdf(truth, mean, deviation) - 1.0)
    covered = [float((tail <= level).mean()) for level in _LEVELS]
    return [float(np.sqrt(((mean - truth) ** 2).mean())) / unit, -float(density.mean()), *covered]


def _shown(scores: Array) -> str:
    rmse, nll, *covered = scores.mean(axis=0)
    if not np.isfinite(nll):
        return f"rmse {rmse:.3f}"
    shares = " / ".join(f"{100 * share:.0f}" for share in covered)
    return f"rmse {rmse:.3f}, nll {nll:.2f} (median {np.median(scores[:, 1]):.2f}), coverage {shares} %"


def main() -> None:
    quick = is_quick(__doc__)
    print_table("The variance of a forest", variance_rows())
    levels = ", ".join(f"{100 * level:.0f}" for level in _LEVELS)
    title = f"Real tables (coverage of intervals of {levels} %; nll in units of the outcomes' deviation)"
    print_table(title, table_rows(1 if quick else 10, _ROWS[:1] if quick else _ROWS))


if __name__ == "__main__":
    main()
