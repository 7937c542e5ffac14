from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from botorch.acquisition.risk_measures import VaR, WorstCase

from augury.errors import InvalidInputError
from augury.space import Goals, Maximize, Minimize
from augury.space.risk import RISKS, risk_of, risk_shares

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_equal_weights_are_botorch(level: float) -> None:
    values = RNG.standard_normal((6, 20))
    equal = np.full(20, 0.05)
    samples = torch.from_numpy(values).reshape(6, 20, 1)
    np.testing.assert_allclose(risk_of(values, equal, "var", level), VaR(level, 20)(samples)[:, 0].numpy())
    np.testing.assert_allclose(risk_of(values, equal, "worst-case"), WorstCase(20)(samples)[:, 0].numpy())


@pytest.mark.parametrize(
    ("risk", "level"), [("mean", None), ("var", 0.7), ("cvar", 0.7), ("worst-case", None)]
)
def test_weights_are_repetitions(risk: str, level: float | None) -> None:
    values, counts = RNG.standard_normal((5, 4)), np.array([3, 1, 0, 6])
    repeated = np.repeat(values, counts, axis=1)
    expected = risk_of(repeated, np.full(10, 0.1), risk, level)
    np.testing.assert_allclose(risk_of(values, counts / 10, risk, level), expected, atol=1e-12)


def test_the_conditional_value_at_risk_is_the_mean_of_the_tail() -> None:
    values, weights = np.array([5.0, 1.0, 3.0, 2.0]), np.array([0.4, 0.05, 0.45, 0.1])
    assert risk_of(values, weights, "cvar", 0.8) == pytest.approx((0.05 * 1 + 0.1 * 2 + 0.05 * 3) / 0.2)


@pytest.mark.parametrize("level", [0.3, 0.75])
def test_shares_are_the_derivatives(level: float) -> None:
    values, weights = RNG.standard_normal(7), RNG.dirichlet(np.ones(7))
    for risk in RISKS:
        given = level if risk in ("var", "cvar") else None
        shares = risk_shares(values, weights, risk, given)
        assert shares.sum() == pytest.approx(1.0)
        for k in range(7):
            moved = values + 1e-7 * np.eye(7)[k]
            slope = (risk_of(moved, weights, risk, given) - risk_of(values, weights, risk, given)) / 1e-7
            assert slope == pytest.approx(shares[k], abs=1e-6)


@pytest.mark.parametrize("goal", [Minimize("c", risk="cvar", level=0.9), Maximize("c", risk="worst-case")])
def test_goals_keep_the_risk(goal: Minimize | Maximize) -> None:
    goals = Goals.of(goal)
    assert Goals.from_dict(goals.to_dict()) == goals
    assert Goals.from_dict(goals.to_dict()).objectives == [goal]


@pytest.mark.parametrize(
    "options", [{"risk": "vat"}, {"risk": "var"}, {"risk": "cvar", "level": 1.0}, {"level": 0.5}]
)
def test_bad_risks_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="objective 'c'"):
        Minimize("c", **options)
