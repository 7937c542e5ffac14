from __future__ import annotations

import numpy as np
import pytest

from augury.space.goals import Goals
from augury.strategies.explanation import explain


class _Known:
    """Models whose mean and variance at a point are its two coordinates."""

    models = {0: None, 1: None}  # noqa: RUF012

    def mean_variance(self, column, X):
        return X[:, 0] + column, X[:, 1]


_POINTS = np.array([[3.0, 4.0], [1.0, 4.0], [0.0, 1.0]])  # (mean, variance)


def test_means_and_standard_deviations_are_named_by_outcome():
    first = explain(_Known(), Goals.of(["max:yield", "pressure <= 5"]), _POINTS, front=np.array([[2.0]]))[0]
    assert first.mean == {"yield": 3.0, "pressure": 4.0}
    assert first.std == {"yield": 2.0, "pressure": 2.0}


def test_the_reason_is_the_sign_and_size_of_the_predicted_gain():
    reasons = [
        p.reason for p in explain(_Known(), Goals.of(["max:y", "c <= 5"]), _POINTS, front=np.array([[2.0]]))
    ]
    assert reasons == ["exploit", "balance", "explore"]  # gains of 1, -1 and -2; deviations of 2, 2 and 1


def test_a_minimum_is_explained_in_its_own_direction():
    reasons = [
        p.reason for p in explain(_Known(), Goals.of(["min:y", "c <= 5"]), _POINTS, front=np.array([[-0.5]]))
    ]
    assert reasons == ["explore", "balance", "exploit"]  # gains of -2.5, -0.5 and 0.5


def test_without_a_feasible_point_the_reason_is_feasibility():
    predictions = explain(_Known(), Goals.of(["max:y", "c <= 5"]), _POINTS, front=None)
    assert {p.reason for p in predictions} == {"feasibility"}


def test_a_variance_below_zero_by_rounding_has_no_deviation():
    predictions = explain(
        _Known(), Goals.of(["max:y", "c <= 5"]), np.array([[1.0, -1e-20]]), front=np.array([[1.0]])
    )
    assert predictions[0].std["y"] == pytest.approx(0.0)
