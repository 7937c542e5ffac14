from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement
from botorch.models import ModelListGP, SingleTaskGP

from augury.acquisition.analytic import LogExpectedImprovement, LogProbabilityOfFeasibility
from augury.acquisition.constrained import (
    ConstrainedAcquisition,
    LogProbabilityOfSuccess,
    draw_feasible,
)
from augury.models.feasibility import FeasibilityModel
from tests.acquisition.cases import check_gradient, data

X, Y = data(20, 2)
COST = X.sum(axis=1) + 0.3 * X[:, 0] ** 2
OBJECTIVE, LIMITED = (
    SingleTaskGP(torch.from_numpy(X), torch.from_numpy(outcome)[:, None]).eval() for outcome in (Y, COST)
)
POINTS = np.random.default_rng(1).random((9, 2))


def succeeding() -> FeasibilityModel:
    return FeasibilityModel(torch.from_numpy(X), torch.from_numpy(X[:, 0] < 0.6)).fit()


@pytest.mark.parametrize(("sign", "offset", "limits"), [(1.0, -1.2, (None, 1.2)), (-1.0, 0.8, (0.8, None))])
def test_it_agrees_with_botorch(
    sign: float, offset: float, limits: tuple[float | None, float | None]
) -> None:
    best = float(np.median(Y))
    theirs = LogConstrainedExpectedImprovement(
        ModelListGP(OBJECTIVE, LIMITED), best_f=best, objective_index=0, constraints={1: limits}
    )
    ours = ConstrainedAcquisition(
        LogExpectedImprovement(OBJECTIVE, best), [LogProbabilityOfFeasibility(LIMITED, sign, offset)]
    )
    with torch.no_grad():
        expected = theirs(torch.from_numpy(POINTS).unsqueeze(1)).numpy()
    np.testing.assert_allclose(ours.value(POINTS), expected, rtol=1e-4, atol=1e-5)
    check_gradient(ours, POINTS)


def test_while_nothing_is_feasible_only_the_probability_counts() -> None:
    limit = LogProbabilityOfFeasibility(LIMITED, 1.0, -0.1)
    np.testing.assert_array_equal(ConstrainedAcquisition(None, [limit]).value(POINTS), limit.value(POINTS))
    check_gradient(ConstrainedAcquisition(None, [limit, limit]), POINTS)
    with pytest.raises(ValueError, match="at least one constraint"):
        ConstrainedAcquisition(None, [])


def test_the_chance_of_success_lowers_the_value_where_evaluations_fail() -> None:
    objective, success = (
        LogExpectedImprovement(OBJECTIVE, float(Y.max())),
        LogProbabilityOfSuccess(succeeding()),
    )
    check_gradient(success, POINTS)
    loss = objective.value(POINTS) - ConstrainedAcquisition(objective, [success]).value(POINTS)
    assert (loss >= 0).all()
    assert loss[POINTS[:, 0] > 0.8].min() > loss[POINTS[:, 0] < 0.4].max()


def test_there_is_no_chance_where_it_has_failed() -> None:
    success, failed = LogProbabilityOfSuccess(succeeding()), X[:, 0] >= 0.6
    value, gradient = success.value_gradient(X)
    np.testing.assert_array_equal(np.isneginf(value), failed)
    np.testing.assert_array_equal(np.isneginf(success.value(X)), failed)
    assert np.isfinite(gradient).all()
    assert np.isfinite(success.value(X + 1e-12)).all()
    luck = FeasibilityModel(torch.from_numpy(X[[0, 0, 1]]), torch.tensor([True, False, False])).fit()
    np.testing.assert_array_equal(np.isneginf(LogProbabilityOfSuccess(luck).value(X[:2])), [False, True])


def test_fantasies_are_feasible_as_often_as_the_points_are() -> None:
    success = LogProbabilityOfSuccess(succeeding())
    drawn = draw_feasible([success, success], POINTS, count=2048, seed=0)
    assert drawn is not None
    np.testing.assert_allclose(drawn.mean(axis=0), np.exp(2.0 * success.value(POINTS)), atol=0.01)
    assert draw_feasible([], POINTS, count=8, seed=0) is None
