"""How long does a suggestion take in a discrete space, and does the search find the best of all points?

Suggestions: `BayesianOptimization().propose` on 100 results of a random function, warm, one thread; spaces
of 10^4 to 10^9 points, of up to 50 categories per parameter. Search: log expected improvement of a process
fitted to 80 results, found by `maximize` and by listing all of some 10^5 points; the share of searches that
end in the best point. No peer: the target is tens of milliseconds, and 1.
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

import numpy as np
import torch

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.enumeration import blockwise_value
from augury.acquisition.search import maximize
from augury.models.gaussian_process import GaussianProcess
from augury.space.enumeration import all_points
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.parameters import Categorical, Int
from augury.space.sampling import uniform
from augury.space.space import Space
from augury.strategies.bayesian_optimization import BayesianOptimization
from benchmarks.timing import pin_threads, print_table


def space(categories: int = 0, k: int = 2, integers: int = 0, reals: int = 0) -> Space:
    """Categories of k values each, whole numbers from 1 to 10, reals."""
    choices = {f"c{i}": Categorical([f"v{j}" for j in range(k)]) for i in range(categories)}
    numbers = {f"n{i}": Int(1, 10) for i in range(integers)}
    return Space(choices | numbers | {f"x{i}": (0.0, 1.0) for i in range(reals)})


SUGGESTED = {
    "4 categories of 10": space(4, 10),
    "2 of 5, 3 integers": space(2, 5, 3),
    "3 of 10, 6 integers": space(3, 10, 6),
    "5 of 50": space(5, 50),
    "30 of 2": space(30, 2),
    "3 of 50, 5 reals": space(3, 50, 0, 5),
}
SEARCHED = {
    "3 of 50": space(3, 50),
    "4 of 18": space(4, 18),
    "17 of 2": space(17, 2),
    "5 integers": space(integers=5),
}


def outcome(where: Space, X: np.ndarray, seed: int) -> np.ndarray:
    """A random function (n) of encoded points (n x d): a table for each category and each pair, and waves."""
    rng = np.random.default_rng(seed)
    single = rng.standard_normal((where.dim, 50))
    pairs = 0.5 * rng.standard_normal((where.dim, where.dim, 50, 50)) if where.dim <= 5 else None
    y = np.zeros(len(X))
    for column in range(where.dim):
        if column not in where.cardinalities:
            y += np.sin(3.0 * X[:, column] * single[column, 0] + single[column, 1])
            continue
        codes = X[:, column].astype(int)
        y += single[column, codes]
        for other in range(column if pairs is not None else 0):
            if other in where.cardinalities and pairs is not None:
                y += pairs[column, other, codes, X[:, other].astype(int)]
    return y


def suggestion(name: str, repeats: int) -> dict[str, Any]:
    """Median milliseconds of one suggestion."""
    where = SUGGESTED[name]
    X = np.array(uniform(where, 100, seed=5))
    Y, unknown = outcome(where, X, 0)[:, None], np.full(100, np.nan)
    observations = Observations(X, Y, np.full_like(Y, np.nan), unknown, np.full(100, "complete"))
    strategy, goals, state, seconds = BayesianOptimization(), Goals.of(Minimize("y")), None, []
    for seed in range(repeats + 1):
        start = time.perf_counter()
        pending = np.empty((0, where.dim))
        state = strategy.propose(where, goals, observations, pending, 1, seed=seed, state=state).state
        seconds.append(time.perf_counter() - start)
    return {"space": name, "points": where.size or float("inf"), "ms": 1000.0 * median(seconds[1:])}


def search(name: str, functions: int) -> dict[str, Any]:
    """The share of searches that end in the best of all points, and their median milliseconds."""
    where = SEARCHED[name]
    points, found, seconds = all_points(where), [], []
    for number in range(functions):
        X = np.array(uniform(where, 80, seed=number))
        y = outcome(where, X, number)
        train_X, train_Y = torch.from_numpy(X), torch.from_numpy(y[:, None].copy())
        model = GaussianProcess(train_X, train_Y, categorical_features=where.categorical_features).fit()
        acquisition = LogExpectedImprovement(model, float(y.max()))
        best = float(blockwise_value(acquisition, points).max())
        for seed in range(3):
            start = time.perf_counter()
            reached = maximize(acquisition, where, incumbents=X[np.argsort(-y)[:5]], seed=seed).value
            seconds.append(time.perf_counter() - start)
            found.append(best - reached < 1e-6)
    return {
        "space": name,
        "points": len(points),
        "searches": len(found),
        "best found": float(np.mean(found)),
        "ms": 1000.0 * median(seconds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one repeat of each")
    quick = parser.parse_args().quick
    pin_threads(1)
    print_table("one suggestion", [suggestion(name, 1 if quick else 7) for name in SUGGESTED])
    print_table("the search against listing", [search(name, 1 if quick else 6) for name in SEARCHED])


if __name__ == "__main__":
    main()
