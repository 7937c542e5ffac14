from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from augury.space.pareto import hypervolume, hypervolume_history, non_dominated, reference_point

SMALL_INTEGERS = st.integers(-3, 3).map(float)


def by_definition(values):
    dominated = [any((other >= row).all() and (other > row).any() for other in values) for row in values]
    return ~np.array(dominated, dtype=bool)


@given(
    st.integers(1, 4).flatmap(
        lambda k: arrays(np.float64, st.tuples(st.integers(0, 12), st.just(k)), elements=SMALL_INTEGERS)
    )
)
def test_the_front_is_what_nothing_dominates(values):
    expected = by_definition(values) if len(values) else np.zeros(0, dtype=bool)
    np.testing.assert_array_equal(non_dominated(values), expected)


def test_values_far_apart_in_size_are_compared_exactly():
    values = np.array([[1e20, 1.0], [1e20, 2.0], [1e20, 1.5]])
    assert non_dominated(values).tolist() == [False, True, False]


def test_rows_not_measured_are_not_on_the_front():
    values = np.array([[np.nan, 9.0], [1.0, 1.0], [0.0, 0.0]])
    assert non_dominated(values).tolist() == [False, True, False]


def test_the_reference_lies_a_tenth_of_the_range_behind_the_front():
    values = np.array([[0.0, 4.0], [2.0, 3.0], [10.0, 0.0], [-50.0, -50.0]])
    np.testing.assert_allclose(reference_point(values), [-1.0, -0.4])


def test_a_front_of_one_point_is_as_wide_as_all_values():
    np.testing.assert_allclose(reference_point(np.array([[1.0, 2.0], [0.0, 0.0]])), [0.9, 1.8])
    assert (reference_point(np.array([[1.0, -2.0]])) < [1.0, -2.0]).all()


def test_given_thresholds_replace_what_is_inferred():
    values = np.array([[0.0, 4.0], [10.0, 0.0]])
    np.testing.assert_allclose(reference_point(values, np.array([np.nan, 2.5])), [-1.0, 2.5])


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_hypervolume_is_the_share_of_points_that_are_dominated(k):
    rng = np.random.default_rng(k)
    values = rng.random((8, k))
    points = rng.random((200_000, k))
    share = (values[None, :, :] >= points[:, None, :]).all(axis=2).any(axis=1).mean()
    assert hypervolume(values, np.zeros(k)) == pytest.approx(share, abs=5e-3)


def test_the_history_is_the_hypervolume_of_the_first_rows():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(25, 3))
    values[4] = np.nan
    reference = np.full(3, -1.0)
    expected = [hypervolume(values[: n + 1], reference) for n in range(len(values))]
    history = hypervolume_history(values, reference)
    np.testing.assert_allclose(history, expected)
    assert history[-1] > 0.0
