from __future__ import annotations

import numpy as np
import pytest

from augury.strategies import ExhaustedError, State
from augury.strategies.design import InitialDesign, draw_new, first_occurrence, without_repeats
from augury.testing.strategy_cases import continuous_space, table


def test_the_design_goes_on_where_it_stopped():
    space = continuous_space()
    design = InitialDesign(3)
    whole = design.next_points(space, 6, np.empty((0, 2)))
    later = InitialDesign.resume(design.state(), seed=99)
    np.testing.assert_array_equal(later.next_points(space, 2, whole[:4]), whole[4:])


@pytest.mark.parametrize("state", [None, State(99, {"design_seed": 3}), State(1, {"design_seed": "3"})])
def test_a_state_that_cannot_be_read_begins_a_new_design(state):
    assert InitialDesign.resume(state, seed=8) == InitialDesign(8)


def test_what_a_sampler_repeats_is_dropped():
    space = continuous_space()
    a, b, c = np.eye(2)[:1], np.eye(2)[1:], np.zeros((1, 2))

    def sampler(space, n, *, seed, avoid):
        return np.concatenate([a, b, a, c])

    np.testing.assert_array_equal(draw_new(sampler, space, 4, seed=0, seen=b), np.concatenate([a, c]))


def test_nothing_new_is_an_error_that_names_the_rows():
    space = table(5)
    with pytest.raises(ExhaustedError, match="all 5 rows of the table"):
        InitialDesign(0).next_points(space, 1, space.candidates)


def test_only_the_first_of_equal_rows_counts():
    X = np.array([[0.5, 1.0], [0.3, 0.0], [0.5, 1.0], [0.3, -0.0]])
    np.testing.assert_array_equal(first_occurrence(X), [True, True, False, False])


def test_repeats_give_way_to_new_points():
    space = continuous_space()
    points = np.full((3, space.dim), 0.5)
    points[1] = 0.25
    seen = np.full((1, space.dim), 0.25)
    kept = without_repeats(space, points, seen, seed=0)
    assert kept.shape == points.shape
    np.testing.assert_array_equal(kept[0], points[0])
    assert first_occurrence(np.concatenate([seen, kept])).all()
    fresh = np.array([[0.1] * space.dim, [0.2] * space.dim])
    assert without_repeats(space, fresh, seen, seed=0) is fresh
    assert without_repeats(space, fresh, None, seed=0) is fresh
