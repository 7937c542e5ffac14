from __future__ import annotations

import numpy as np
import pytest

import augury
from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.cost import KnownCost, LearntCost, PerCost, per_cost
from augury.acquisition.situation import Situation
from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Space
from tests.acquisition.cases import check_gradient, data, gaussian_process

SPACE = Space({"x": (0.0, 1.0), "y": (0.0, 2.0)})
X, Y = data(15, 2)
COST = np.exp(2.0 * X[:, 0])
MODEL = gaussian_process(X, Y)
POINTS = np.random.default_rng(3).random((6, 2))


def known(params: dict[str, float]) -> float:
    return float(np.exp(2.0 * params["x"]) + params["y"])


def test_a_cost_is_learnt_and_a_known_one_used() -> None:
    learnt = LearntCost(X, np.where(np.arange(15) == 3, np.nan, COST), SPACE)
    np.testing.assert_allclose(learnt.value(POINTS), 2.0 * POINTS[:, 0], atol=0.05)
    exact = KnownCost(known, SPACE)
    np.testing.assert_allclose(exact.value(POINTS), np.log(np.exp(2.0 * POINTS[:, 0]) + 2.0 * POINTS[:, 1]))
    for cost in (learnt, exact):
        check_gradient(PerCost(LogExpectedImprovement(MODEL, Y.max()), cost, 0.7), POINTS)


def test_the_worth_is_divided_by_the_cost() -> None:
    situation = Situation(MODEL, X, Y, space=SPACE, cost=LearntCost(X, COST, SPACE))
    worth = LogExpectedImprovement(MODEL, Y.max()).value(POINTS)
    divided = per_cost("log-ei")(situation).value(POINTS)
    np.testing.assert_allclose(divided, worth - situation.cost.value(POINTS))
    half = per_cost("log-ei", budget=2.0 * COST.sum())(situation).value(POINTS)
    np.testing.assert_allclose(half, worth - 0.5 * situation.cost.value(POINTS))
    spent = per_cost("log-ei", budget=0.5 * COST.sum())(situation).value(POINTS)
    np.testing.assert_allclose(spent, worth)


def test_equal_or_untold_costs_change_nothing() -> None:
    for cost in (np.full(15, 3.0), np.full(15, np.nan)):
        situation = Situation(MODEL, X, Y, space=SPACE, cost=LearntCost(X, cost, SPACE))
        plain = LogExpectedImprovement(MODEL, Y.max()).value(POINTS)
        shift = per_cost("log-ei")(situation).value(POINTS) - plain
        np.testing.assert_allclose(shift, shift[0], atol=1e-6)


def test_bad_costs_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="above 0"):
        LearntCost(X, np.zeros(15)).value(POINTS)
    with pytest.raises(InvalidInputError, match="positive and finite"):
        KnownCost(lambda params: -1.0, SPACE).value(POINTS)
    with pytest.raises(InvalidInputError, match="'ucb' cannot be divided"):
        per_cost("ucb")
    with pytest.raises(InvalidInputError, match="budget=0"):
        per_cost("log-ei", budget=0)
    with pytest.raises(NotSupportedError, match="no costs"):
        per_cost("log-ei")(Situation(MODEL, X, Y))


def test_a_study_prefers_cheap_evaluations() -> None:
    """Two minima of equal depth, of which one is ten times as expensive to evaluate."""

    def value(x: float) -> float:
        return -np.exp(-(((x - 0.2) / 0.1) ** 2)) - np.exp(-(((x - 0.8) / 0.1) ** 2))

    spent = {"log-ei": 0.0, "log-ei-per-cost": 0.0}
    for acquisition in spent:
        for seed in (1, 3):
            study = augury.Study({"x": (0.0, 1.0)}, "min:v", store=None, seed=seed, acquisition=acquisition)
            for _ in range(12):
                (trial,) = study.ask()
                x = trial.params["x"]
                study.tell(trial, value(x), cost=10.0 if x > 0.5 else 1.0)
            spent[acquisition] += sum(trial.cost for trial in study.trials)
            assert study.value < -0.99
    assert spent["log-ei-per-cost"] < 0.9 * spent["log-ei"]
