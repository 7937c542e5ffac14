from __future__ import annotations

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Float
from augury.space.space import Space
from augury.strategies import ExhaustedError, Grid
from augury.testing.strategy_cases import observe, propose, table


def _params(space, **options):
    return space.decode(propose(Grid(**options), space, observe(space, 0), n=100_000).points)


def test_every_combination_comes_once():
    space = Space({"x": (0.0, 4.0), "n": (1, 3), "c": ["a", "b"]})
    params = _params(space, levels=5)
    expected = {(x, n, c) for x in (0.0, 1.0, 2.0, 3.0, 4.0) for n in (1, 2, 3) for c in "ab"}
    assert len(params) == len(expected)
    assert {(p["x"], p["n"], p["c"]) for p in params} == expected


def test_levels_are_equally_spaced_on_the_parameters_own_scale():
    space = Space({"lr": Float(1e-4, 1.0, log=True)})
    assert sorted(p["lr"] for p in _params(space, levels=5)) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])


def test_ordered_categories_take_all_values():
    space = Space({"grade": Categorical(["low", "middle", "high"], ordered=True)})
    assert {p["grade"] for p in _params(space, levels=2)} == {"low", "middle", "high"}


def test_combinations_that_violate_a_constraint_are_left_out():
    space = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)}, constraints=["a + b <= 1"])
    params = _params(space, levels=5)
    assert len(params) == 15
    assert all(p["a"] + p["b"] <= 1.0 + 1e-9 for p in params)


def test_held_parameters_keep_their_value():
    space = Space({"x": (0.0, 4.0), "c": ["a", "b"]})
    params = space.decode(propose(Grid(), space.restrict({"x": 0.7}), observe(space, 0), n=9).points)
    assert sorted((round(p["x"], 9), p["c"]) for p in params) == [(0.7, "a"), (0.7, "b")]


def test_the_rows_of_a_table_are_its_grid():
    space = table(7)
    points = propose(Grid(), space, observe(space, 0), n=50).points
    assert sorted(space.row_index(points)) == list(range(7))


def test_one_at_a_time_visits_every_cell_and_ends():
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    pending = np.empty((0, 2))
    for seed in range(9):
        point = propose(Grid(levels=3), space, observe(space, 0), pending, seed=seed).points
        pending = np.concatenate([pending, point])
    assert len(np.unique(pending, axis=0)) == 9
    with pytest.raises(ExhaustedError, match="all 9 points of the grid"):
        propose(Grid(levels=3), space, observe(space, 0), pending)


def test_an_early_stop_has_not_seen_one_corner_only():
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    points = propose(Grid(levels=10), space, observe(space, 0), n=20).points
    assert np.ptp(points, axis=0).min() > 0.5


def test_a_grid_too_large_to_list_is_refused():
    space = Space({f"x{i}": (0.0, 1.0) for i in range(20)})
    with pytest.raises(InvalidInputError, match="use fewer levels"):
        propose(Grid(), space, observe(space, 0))


def test_a_grid_without_a_feasible_point_is_refused():
    space = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)}, constraints=["a + b <= 0.9", "a + b >= 0.6"])
    with pytest.raises(InvalidInputError, match="use more levels"):
        propose(Grid(levels=2), space, observe(space, 0))


@pytest.mark.parametrize("levels", [1, 0, -3, 2.5, "five", True])
def test_bad_levels_are_refused(levels):
    with pytest.raises(InvalidInputError, match="levels"):
        Grid(levels=levels)
