"""Why a point was proposed: the predictions that a person sees beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.strategies.base import Prediction

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.strategies.outcome_models import OutcomeModels


def explain(models: OutcomeModels, goals: Goals, X: np.ndarray, front: np.ndarray | None) -> list[Prediction]:
    """The predictions at proposed points, each with its reason.

    "exploit" when the model expects the point to be at least as good as the best ones observed (to be
    dominated by none of them, where there are several objectives), "explore" when it would not be even with
    one standard deviation more in every objective (only the uncertainty makes it worth trying), "balance"
    between; "feasibility" while no point is known that meets the constraints.

    Args:
        models: fitted models.
        goals: the objectives, and any constraints.
        X: n x d proposed points.
        front: F x k predicted objectives (maximised) of the best feasible points observed; None when there is
            none.
    """
    means, stds = {}, {}
    for column in models.models:
        mean, variance = models.mean_variance(column, X)
        means[goals.outcomes[column]], stds[goals.outcomes[column]] = mean, np.sqrt(np.maximum(variance, 0.0))
    weights = _weights(models, goals)
    reasons = ["feasibility"] * len(X)
    if front is not None:  # then every objective has been measured, and has a model
        names = [goal.name for goal in goals.objectives]
        expected = np.stack([means[name] for name in names], axis=1) * goals.objective_signs
        spread = np.stack([stds[name] for name in names], axis=1)
        reasons = [reason(*point, front) for point in zip(expected, spread, strict=True)]
    return [
        Prediction(
            weights=weights,
            mean={name: float(mean[i]) for name, mean in means.items()},
            std={name: float(std[i]) for name, std in stds.items()},
            reason=reasons[i],
        )
        for i in range(len(X))
    ]


def _weights(models: OutcomeModels, goals: Goals) -> dict[str, float] | None:
    """Surrogate -> its weight in the first objective's portfolio; None where no portfolio decided."""
    for column in goals.objective_columns:
        weights = getattr(models.models.get(column), "weights", None)
        if isinstance(weights, dict):
            return weights
    return None


def reason(expected: np.ndarray, std: np.ndarray, front: np.ndarray) -> str:
    """The word for one point: see `explain`.

    Args:
        expected: k expected objectives (maximised).
        std: their k standard deviations.
        front: F x k predicted objectives of the best points observed.
    """
    if not _is_dominated(expected, front):
        return "exploit"
    return "explore" if _is_dominated(expected + std, front) else "balance"


def _is_dominated(values: np.ndarray, front: np.ndarray) -> bool:
    return bool(((front >= values).all(axis=1) & (front > values).any(axis=1)).any())
