"""The search in spaces with conditional parameters: branches are reached, inactive columns stay canonical."""

from __future__ import annotations

import numpy as np
import pytest

from augury.acquisition.mixed import neighbours
from augury.acquisition.search import maximize
from augury.space.parameters import Categorical, Float, Int
from augury.space.sampling import uniform
from augury.space.space import Space

SPACE = Space(
    {
        "a": ["u", "v", "w"],
        "b": Float(0.0, 1.0, active_if={"a": ["v", "w"]}),
        "c": Int(1, 9, active_if={"a": ["w"]}),
        "d": Categorical(["p", "q"], active_if={"c": [3, 4, 5]}),
        "e": (0.0, 1.0),
    }
)


class Bumps:
    """The best value lies two conditions deep: a = w, c = 4, d = q, b = 0.3, e = 0.6."""

    def value(self, X):
        active = SPACE.conditions.active(X)
        gain = 0.5 * (X[:, 0] == 1) * (1.0 - (X[:, 1] - 0.8) ** 2)
        deep = 0.6 * (1.0 - (X[:, 1] - 0.3) ** 2 - (X[:, 2] - 0.375) ** 2)
        gain = gain + (X[:, 0] == 2) * deep + 0.3 * (active[:, 3] & (X[:, 3] == 1))
        return gain - (X[:, 4] - 0.6) ** 2

    def value_gradient(self, X):
        gradient = np.zeros_like(X)
        for column in (1, 2, 4):
            step = np.zeros(5)
            step[column] = 1e-6
            gradient[:, column] = (self.value(X + step) - self.value(X - step)) / 2e-6
        return self.value(X), gradient


@pytest.mark.parametrize("seed", range(5))
def test_the_deepest_branch_is_found(seed):
    found = maximize(Bumps(), SPACE, seed=seed)
    assert SPACE.decode(found.x[None])[0] == pytest.approx(
        {"a": "w", "b": 0.3, "c": 4, "d": "q", "e": 0.6}, abs=2e-2
    )
    assert found.value == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_found_from_a_single_start_by_moves_that_flip_activity(seed):
    found = maximize(Bumps(), SPACE, n_restarts=1, n_raw=1, seed=seed)
    assert found.value == pytest.approx(0.9, abs=1e-3)


def test_neighbours_are_points_of_the_space_that_differ_from_their_owner():
    X = uniform(SPACE, 20, seed=0)
    points, owners = neighbours(SPACE, X)
    assert np.array_equal(SPACE.snap(points), points)
    assert (points != X[owners]).any(axis=1).all()
    keys = np.column_stack([owners, points])
    assert len(np.unique(keys, axis=0)) == len(keys)
    # what is active before and after a move keeps its value, but for the moved column
    both = SPACE.conditions.active(points) & SPACE.conditions.active(X[owners])
    assert ((points != X[owners]) & both).sum(axis=1).max() == 1
