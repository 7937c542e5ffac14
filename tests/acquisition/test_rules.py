"""The search under equalities and counts, against brute force over the faces."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from augury.acquisition.search import maximize
from augury.space.enumeration import all_points
from augury.space.parameters import Float
from augury.space.repair import repaired
from augury.space.space import Space


class Bowl:
    """Minus the squared distance from a centre."""

    def __init__(self, centre):
        self.centre = np.array(centre)

    def value(self, X):
        return -np.square(X - self.centre).sum(axis=1)

    def value_gradient(self, X):
        return self.value(X), -2.0 * (X - self.centre)


TOTAL = "a + b + c + d + e == 1"


@pytest.mark.parametrize("seed", range(3))
def test_in_a_mixture_the_maximum_is_the_projection(seed):
    space = Space(dict.fromkeys("abcde", (0.0, 1.0)), constraints=[TOTAL])
    centre = np.random.default_rng(seed).random(5)
    found = maximize(Bowl(centre), space, seed=seed)
    assert space.feasible(found.x[None])[0]
    np.testing.assert_allclose(found.x, repaired(space, centre[None])[0], atol=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_with_few_parts_the_best_choice_of_them_is_found(seed):
    space = Space(dict.fromkeys("abcde", (0.0, 1.0)), constraints=[TOTAL, "count(a, b, c, d, e) <= 2"])
    bowl = Bowl(np.random.default_rng(seed).random(5))
    best = -np.inf
    for support in combinations(range(5), 2):  # on each edge the maximum is known
        i, j = support
        share = np.clip(0.5 * (1.0 + bowl.centre[i] - bowl.centre[j]), 0.0, 1.0)
        x = np.zeros(5)
        x[i], x[j] = share, 1.0 - share
        best = max(best, bowl.value(x[None])[0])
    found = maximize(bowl, space, seed=seed)
    assert found.value == pytest.approx(best, abs=1e-4)
    assert (found.x > 0).sum() <= 2


@pytest.mark.parametrize("seed", range(3))
def test_moves_reach_the_best_point_of_a_lattice(seed):
    space = Space(
        {name: Float(0.0, 1.0, step=0.02) for name in "abcd"},  # too many to be listed
        constraints=["a + b + c + d == 1", "count(a, b, c, d) <= 3"],
    )
    bowl = Bowl(np.random.default_rng(seed).random(4))
    assert space.size > 20_000
    every = all_points(
        Space({name: Float(0.0, 1.0, step=0.02) for name in "abc"}, constraints=["a + b + c <= 1"])
    )
    every = np.column_stack([every, 1.0 - every.sum(axis=1)]).round(9)
    every = every[((every > 0).sum(axis=1) <= 3) & (every >= 0).all(axis=1)]
    found = maximize(bowl, space, seed=seed)
    assert found.value == pytest.approx(bowl.value(every).max(), abs=1e-9)
    assert space.feasible(found.x[None])[0]
