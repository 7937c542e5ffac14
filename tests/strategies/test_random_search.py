from __future__ import annotations

import numpy as np

from augury.space.space import Space
from augury.strategies import RandomSearch
from augury.testing.strategy_cases import continuous_space, observe, propose, table


def test_points_are_uniform_in_the_encoded_space():
    space = continuous_space()
    points = propose(RandomSearch(), space, observe(space, 0), n=4000).points
    for column in points.T:
        counts, _ = np.histogram(column, bins=10, range=(0.0, 1.0))
        assert abs(counts - 400).max() < 100  # five standard deviations


def test_a_table_is_drawn_without_replacement():
    space = table(30)
    points = propose(RandomSearch(), space, observe(space, 0), n=30).points
    assert sorted(space.row_index(points)) == list(range(30))


def test_a_finite_space_is_drawn_without_replacement():
    space = Space({"a": ["r", "g", "b"], "n": (1, 4)})
    points = propose(RandomSearch(), space, observe(space, 0), n=12).points
    assert len(np.unique(points, axis=0)) == 12
