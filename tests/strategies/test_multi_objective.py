from __future__ import annotations

import numpy as np
import pytest
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Log
from scipy.spatial import Delaunay

from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.pareto import hypervolume
from augury.space.space import Space
from augury.strategies import BayesianOptimization, SobolSearch
from augury.testing.strategy_cases import continuous_space, mixed_space
from tests.strategies.cases import run

TWO, SIX = Goals.of(["min:near", "min:far"]), Goals.of([f"min:f{i}" for i in range(6)])


def distances(targets):
    """To be minimised: the squared distances from given points."""

    def function(X):
        return ((X[:, None, : targets.shape[1]] - targets) ** 2).sum(axis=2)

    return function


NEAR_FAR = distances(np.array([[0.2, 0.3], [0.8, 0.6]]))
REFERENCE = -np.full(2, 0.5)


@pytest.mark.parametrize("acquisition", ["auto", "log-ehvi", "log-nehvi", "parego"])
def test_it_covers_more_of_the_front_than_a_design(acquisition):
    strategy = BayesianOptimization(acquisition=acquisition)
    ours = run(strategy, continuous_space(), NEAR_FAR, 20, goals=TWO, batch=2)
    design = run(SobolSearch(), continuous_space(), NEAR_FAR, 40, goals=TWO)
    assert hypervolume(-ours.Y, REFERENCE) > hypervolume(-design.Y, REFERENCE)


def test_a_threshold_keeps_the_search_where_it_is_of_interest():
    goals = Goals([Minimize("near", threshold=0.05), Minimize("far")])
    seen = run(BayesianOptimization(n_initial=5), continuous_space(), NEAR_FAR, 20, goals=goals)
    assert (seen.Y[5:, 0] < 0.06).mean() > 0.8


def test_more_objectives_than_a_hypervolume_allows_are_scalarised():
    targets = 0.4 + 0.3 * np.random.default_rng(0).random((6, 2))  # the Pareto set is their convex hull
    hull = Delaunay(targets)
    seen = run(BayesianOptimization(), continuous_space(), distances(targets), 30, goals=SIX, batch=5)
    design, chosen = (hull.find_simplex(X) >= 0 for X in np.split(seen.X, [10]))
    assert design.mean() < 0.3
    assert chosen.mean() > 0.6


def test_constraints_and_failures_are_heeded_with_several_objectives():
    def function(X):
        Y = np.column_stack([NEAR_FAR(X), X[:, 1]])
        Y[X[:, 0] > 0.7] = np.nan
        return Y

    goals = Goals.of(["min:near", "min:far", "height <= 0.4"])
    seen = run(BayesianOptimization(n_initial=6), continuous_space(), function, 24, goals=goals, batch=2)
    late = seen.Y[12:]
    assert np.isnan(late[:, 0]).mean() < 0.3
    assert np.nanmean(late[:, 2] <= 0.4) > 0.6


def test_mixed_spaces_and_tables_have_fronts_too():
    def function(X):
        return np.column_stack([X[:, 0] + X[:, 2], 1.0 - X[:, 0] + 0.5 * X[:, 1]])

    seen = run(BayesianOptimization(), mixed_space(), function, 14, goals=TWO, batch=2)
    assert seen.n == 14


def test_a_surrogate_that_is_not_gaussian_is_sampled():
    def log_normal(X, Y, Yvar, space):
        return SingleTaskGP(X, Y, outcome_transform=Log())

    strategy = BayesianOptimization(model=log_normal, n_initial=4)
    assert run(strategy, Space({"x": (0.0, 1.0), "y": (0.0, 1.0)}), NEAR_FAR, 6, goals=TWO).n == 6
