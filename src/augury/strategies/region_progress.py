"""What the rows of a trust region have come to: by it the region grows and shrinks, and is centred."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import cdist

from augury.space.pareto import hypervolume, non_dominated
from augury.strategies.region_size import RegionSize, Score

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.decision import Decision

#: The worst values of so many first results are where the hypervolume of a region begins.
_REFERENCE_ROWS = 10


def updated(size: RegionSize, space: Space, goals: Goals, observations: Observations) -> RegionSize:
    """The region's size after the results that came since; a new region where the old one is exhausted."""
    own = np.arange(observations.n) >= size.start
    best = _best(goals, observations, own)
    if best is None:
        return size
    seen = int((own & ~observations.pending).sum())
    size = size.after(seen, best, space.dim - len(space.fixed_columns))
    return RegionSize(start=observations.n) if size.is_exhausted else size


def _best(goals: Goals, observations: Observations, own: np.ndarray) -> Score | None:
    """What the region's rows (a mask) have come to; None where that cannot be told yet."""
    feasible, values = _scores(goals, observations)
    settled = own & np.isfinite(values)
    if not settled.any():
        return None
    if goals.n_objectives == 1 or not feasible[settled].any():
        return max(zip(feasible[settled].tolist(), values[settled].tolist(), strict=True))
    objectives = goals.objective_values(observations.Y)
    measured = settled & np.isfinite(objectives).all(axis=1)
    if measured.sum() < _REFERENCE_ROWS:
        return None
    reference = objectives[np.flatnonzero(measured)[:_REFERENCE_ROWS]].min(axis=0)
    if goals.thresholds is not None:
        reference = np.where(np.isnan(goals.thresholds), reference, goals.thresholds)
    return True, hypervolume(objectives[measured & feasible], reference)


def _scores(goals: Goals, observations: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Whether each row (N) keeps the constraints; its objective or minus its violation, NaN if unknown."""
    objective = goals.objective_values(observations.Y)[:, 0]
    limits = goals.constraint_values(observations.Y)
    scales = [spread(observations.Y[:, column]) for column, _, _ in goals.constraint_terms]
    violation = np.maximum(limits / np.array(scales).reshape(1, -1), 0.0).sum(axis=1)
    feasible = violation <= 0.0
    value = np.where(feasible, objective, -violation)
    return feasible, np.where(observations.complete, value, np.nan)


def spread(values: np.ndarray) -> float:
    """A typical size of an outcome's changes, never 0."""
    measured = values[np.isfinite(values)]
    return float(measured.std()) or 1.0 if len(measured) else 1.0


def nearest(observations: Observations, goals: Goals, most: int) -> Observations:
    """The rows nearest to the best one, or to one of the front, in their order."""
    if observations.n <= most:
        return observations
    feasible, values = _scores(goals, observations)
    ranking = np.lexsort((np.nan_to_num(values, nan=-np.inf), feasible))
    best = ranking[-1:]
    if goals.n_objectives > 1 and feasible.any():
        objectives = np.where(feasible[:, None], goals.objective_values(observations.Y), np.nan)
        best = np.flatnonzero(non_dominated(objectives))
    distance = cdist(observations.X, observations.X[best]).min(axis=1)
    return observations.rows(np.sort(np.argsort(distance, kind="stable")[:most]))


def centres(decision: Decision, most: int) -> np.ndarray:
    """The best point (1 x d): by its measured value, or its posterior mean where noise makes it doubtful.

    With several objectives up to `most` points of the front, drawn at random from it.
    """
    if not decision.competing.any():
        return decision.incumbents[:1]
    if decision.goals.n_objectives > 1:
        front = decision.incumbents
        rng = np.random.default_rng([decision.seed, 7])
        return front[rng.choice(len(front), min(most, len(front)), replace=False)]
    if not decision.is_noisy(0):
        return decision.incumbents[:1]
    points = decision.observations.X[decision.competing]
    worth = decision.goals.objective_signs[0] * decision.models.mean(0, points)
    best: np.ndarray = points[np.argmax(worth)][None]
    return best
