"""Why a point was proposed: the predictions that a person sees beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.strategies.base import Prediction

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.strategies.outcome_models import OutcomeModels


def explain(models: OutcomeModels, goals: Goals, X: np.ndarray, incumbent: float | None) -> list[Prediction]:
    """The predictions at proposed points, each with its reason.

    With z = (predicted objective - incumbent) / standard deviation, in the direction of improvement:
    "exploit" when z >= 0 (the model expects the point to be better than the best), "explore" when z <= -1
    (only the uncertainty makes it worth trying), "balance" between; "feasibility" while no point is known
    that meets the constraints.

    Args:
        models: fitted models.
        goals: one objective, and any constraints.
        X: n x d proposed points.
        incumbent: the best predicted objective (maximised) of the feasible points observed; None when there
            is none.
    """
    means, stds = {}, {}
    for column in models.models:
        mean, variance = models.mean_variance(column, X)
        means[goals.outcomes[column]], stds[goals.outcomes[column]] = mean, np.sqrt(np.maximum(variance, 0.0))
    objective = goals.objectives[0].name
    gain = None if incumbent is None else goals.objective_signs[0] * means[objective] - incumbent
    return [
        Prediction(
            mean={name: float(mean[i]) for name, mean in means.items()},
            std={name: float(std[i]) for name, std in stds.items()},
            reason="feasibility" if gain is None else _reason(float(gain[i]), float(stds[objective][i])),
        )
        for i in range(len(X))
    ]


def _reason(gain: float, std: float) -> str:
    if gain >= 0.0:
        return "exploit"
    return "explore" if gain <= -std else "balance"
