"""The recommendation at the end: which point to use, which under noise is not the best measured one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from augury.acquisition.analytic import PosteriorMean
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.constrained import ConstrainedAcquisition
from augury.acquisition.moments import has_closed_form
from augury.acquisition.search import maximize
from augury.errors import InvalidInputError, NotSupportedError
from augury.strategies.decision import Decision

if TYPE_CHECKING:
    from augury.acquisition.base import Acquisition
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.base import Prediction
    from augury.strategies.outcome_models import ModelChoice

RULES = ("evaluated", "posterior-mean")
_LOG_HALF = float(np.log(0.5))


def recommend(
    rule: str,
    model: ModelChoice,
    space: Space,
    goals: Goals,
    observations: Observations,
    *,
    seed: int = 0,
) -> tuple[np.ndarray, Prediction] | None:
    """The point to use after an optimisation, by the models' predictions and not by measured values.

    A measured value that is the best of many is, under noise, too good by the luck that made it the best.

    Args:
        rule: "evaluated", the evaluated point of the best posterior mean among those that keep each
            constraint with a probability of at least a half; or "posterior-mean", the point of the whole
            space with the best posterior mean (beside constraints, of the mean in standard deviations of the
            outcome plus the log probability that they are kept).
        model: the surrogate, as `BayesianOptimization` takes it.
        space: where the points live.
        goals: one objective, and any constraints.
        observations: what was evaluated.
        seed: of the fit and of the search.

    Returns:
        The encoded point (`d`) and the prediction there; None while no measured point (probably) keeps the
        constraints. Where the function has several versions, a point of the target.

    Raises:
        InvalidInputError: an unknown rule.
        NotSupportedError: several objectives.

    Source: Frazier, "A tutorial on Bayesian optimization", arXiv:1807.02811 (2018), section 2.
    """
    if rule not in RULES:
        raise InvalidInputError(f"there is no rule {rule!r}; choose one of {', '.join(map(repr, RULES))}")
    if goals.n_objectives != 1:
        raise NotSupportedError(
            f"{goals.n_objectives} objectives have no single best point; see the Pareto front"
        )
    measured = observations.complete & np.isfinite(goals.objective_values(observations.Y)[:, 0])
    if not measured.any():
        return None
    decision = _decision(model, space, goals, observations, seed)
    if decision is None:
        return None
    space, observations = decision.space, decision.observations
    measured = observations.complete & np.isfinite(goals.objective_values(observations.Y)[:, 0])
    chances = decision.chances()
    points = np.unique(observations.X[measured], axis=0)
    worth = goals.objective_signs[0] * decision.models.mean(0, points)
    kept = np.ones(len(points), dtype=bool)
    for chance in chances:
        kept &= chance.value(points) >= _LOG_HALF
    if not kept.any():
        return None
    best = points[np.argmax(np.where(kept, worth, -np.inf))]
    if rule == "posterior-mean":
        mean: Acquisition = _mean(decision)
        if chances:
            scale = float(observations.Y[measured, 0].std()) or 1.0
            mean = ConstrainedAcquisition(mean, chances, scale=scale)
        best = maximize(mean, space, incumbents=best[None], seed=seed).x
    return best, decision.explain(best[None])[0]


def predictions_at(
    model: ModelChoice, space: Space, goals: Goals, observations: Observations, X: np.ndarray, seed: int = 0
) -> list[Prediction] | None:
    """What the models expect of points (`n x d`), of the version of the function that counts.

    Returns:
        One prediction for each point; None where an objective has too few results.
    """
    measured = observations.complete & np.isfinite(goals.objective_values(observations.Y)).all(axis=1)
    if int(measured.sum()) < 2:
        return None
    decision = _decision(model, space, goals, observations, seed)
    if decision is None:
        return None
    return decision.explain(X if space.fidelity is None else space.fidelity.at(X, space.fidelity.target))


def _decision(
    model: ModelChoice, space: Space, goals: Goals, observations: Observations, seed: int
) -> Decision | None:
    """The decision about the version of the function that counts; None where that has too few results."""
    if space.fidelity is None:
        return Decision.fit(model, "auto", space, goals, observations, seed=seed, warm={})
    from augury.strategies.multi_fidelity.decision import VersionDecision
    from augury.strategies.multi_fidelity.version_models import is_measured

    if not is_measured(observations, space.fidelity, goals.objective_columns):
        return None
    return VersionDecision.fit(model, "auto", space, goals, observations, seed=seed, warm={}).target


def _mean(decision: Decision) -> Acquisition:
    """The posterior mean of the objective, to be maximised."""
    model, sign = decision.models.models[0], float(decision.goals.objective_signs[0])
    if has_closed_form(model):
        return PosteriorMean(model, maximize=sign > 0)

    def mean(X: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = model.posterior(X).mean[..., 0, 0]
        return sign * values

    return TorchAcquisition(mean)
