"""The design to use in a random environment, with its risk and how well that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.acquisition.analytic import PosteriorMean
from augury.acquisition.risk import RiskMean
from augury.acquisition.search import maximize
from augury.errors import InvalidInputError
from augury.strategies.environment.decision import EnvironmentDecision
from augury.strategies.recommendation import RULES

if TYPE_CHECKING:
    from augury.acquisition.base import Acquisition
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.outcome_models import ModelChoice


def recommend_design(
    rule: str, model: ModelChoice, space: Space, goals: Goals, observations: Observations, *, seed: int = 0
) -> tuple[np.ndarray, float, float] | None:
    """The design of the best expected risk.

    Args:
        rule: "evaluated", of the designs that were evaluated (in whatever environment); "posterior-mean", of
            all.
        model: the surrogate, as `EnvironmentOptimization` takes it.
        space: where the points live; has an environment.
        goals: one objective.
        observations: what was evaluated.
        seed: of the fit, the search and the draws.

    Returns:
        The encoded point (`d`; nothing is meant by its environment), the mean and the standard deviation of
        its risk in the outcome's units; None while nothing was measured.

    Raises:
        InvalidInputError: an unknown rule.
    """
    if rule not in RULES:
        raise InvalidInputError(f"there is no rule {rule!r}; choose one of {', '.join(map(repr, RULES))}")
    if not (observations.complete & np.isfinite(observations.Y[:, 0])).any():
        return None
    decision = EnvironmentDecision.fit(model, "auto", space, goals, observations, seed=seed, warm={})
    situation = decision.situation
    worth = goals.objective_signs[0] * situation.expected(situation.evaluated)[0]
    best = situation.evaluated[int(worth.argmax())]
    if rule == "posterior-mean":
        mean: Acquisition = (
            PosteriorMean(situation.integrated, situation.maximize)
            if situation.has_closed_form
            else RiskMean(situation.risks)
        )
        best = maximize(mean, situation.designs, incumbents=best[None], seed=seed).x
    expected, std = situation.expected(best[None])
    return best, float(expected[0]), float(std[0])
