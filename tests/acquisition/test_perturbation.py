"""Search without gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.perturbation import refine_by_perturbation
from augury.acquisition.search import maximize
from augury.models import RandomForest
from augury.space import Space
from augury.space.sampling import sobol


class Stairs:
    """A cone of small steps around a point: constant on pieces, gradient zero."""

    is_smooth = False

    def __init__(self, top):
        self.top = np.asarray(top)

    def value(self, X):
        return -np.floor(50.0 * np.abs(X - self.top).max(axis=1))

    def value_gradient(self, X):
        return self.value(X), np.zeros(X.shape)


@pytest.mark.parametrize("seed", range(4))
def test_the_top_of_a_staircase_is_found(seed):
    space = Space(dict.fromkeys("abcd", (0.0, 1.0)))
    found = maximize(Stairs([0.31, 0.62, 0.17, 0.83]), space, seed=seed)
    assert found.value >= -1.0
    assert maximize(Stairs([0.31, 0.62, 0.17, 0.83]), space, seed=seed).x.tolist() == found.x.tolist()


def test_points_stay_in_a_space_of_categories_levels_and_constraints():
    space = Space(
        {"a": (0.0, 1.0), "n": [1, 2, 3], "k": ["p", "q", "r"], "b": (0.0, 1.0)}, constraints=["a + b <= 1"]
    )
    start = sobol(space, 32, seed=0)
    target = np.array([0.5, 1.0, 2.0, 0.4])
    points, values = refine_by_perturbation(Stairs(target), space, start, Stairs(target).value(start), seed=0)
    assert space.feasible(points).all()
    assert values[0] >= -2.0
    assert points[0, 2] == 2.0


def test_the_best_point_of_a_forest_is_better_than_the_raw_points():
    X = torch.rand(60, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    Y = -(X - 0.4).square().sum(dim=-1, keepdim=True)
    space = Space(dict.fromkeys("abcd", (0.0, 1.0)))
    acquisition = LogExpectedImprovement(RandomForest(X, Y).fit(), float(Y.max()))
    assert not acquisition.is_smooth
    found = maximize(acquisition, space, seed=0, incumbents=X[:5].numpy(), avoid=X.numpy())
    uniform = np.random.default_rng(0).random((4000, 4))
    assert found.value >= acquisition.value(uniform).max()
    assert not (X.numpy() == found.x).all(axis=1).any()
