"""The points of a region that are worth most: by draws of the functions, or by an acquisition function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.continuous import refine_in_box
from augury.acquisition.joint_draws import joint_draws
from augury.acquisition.mixed import continuous_columns
from augury.acquisition.region import Region
from augury.acquisition.starts import choose_starts

_RESTARTS = 8
#: So many of the candidates, the best for the first point, are looked at for the further points of a batch.
_KEPT = 400


@dataclass(frozen=True)
class Limit:
    """An outcome constraint, met when `sign * y + offset <= 0`.

    Args:
        model: of the outcome.
        sign: 1 or -1.
        offset: in the outcome's units.
        scale: a typical size of the outcome's changes, by which violations of several limits are compared.
    """

    model: Any
    sign: float
    offset: float
    scale: float


def best_of_draws(
    model: Any,
    candidates: np.ndarray,
    n: int,
    *,
    maximize: bool,
    limits: Sequence[Limit] = (),
    log_success: np.ndarray | None = None,
    seed: int,
) -> np.ndarray:
    """For each of n draws of all functions, the best candidate of those that are left (rows: `n`).

    The best is the one of largest objective among those that keep every limit in the draw; where none does,
    the one of least total violation. A candidate whose evaluation succeeds with probability p does so in that
    share of the draws.

    Args:
        model: of the objective.
        candidates: `N x d`, N >= n.
        n: number of points.
        maximize: whether the objective is maximised.
        limits: outcome constraints.
        log_success: `N` logarithms of the probabilities that an evaluation succeeds.
        seed: of the draws.

    Source: Thompson (1933); with constraints Eriksson and Poloczek, "Scalable constrained Bayesian
    optimization", AISTATS 2021, section 3.
    """
    worth = (1.0 if maximize else -1.0) * joint_draws(model, candidates, n, seed=seed)
    violation = np.zeros_like(worth)
    for index, limit in enumerate(limits):
        draws = joint_draws(limit.model, candidates, n, seed=seed + 1 + index)
        violation += np.maximum((limit.sign * draws + limit.offset) / limit.scale, 0.0)
    if log_success is not None:
        uniform = np.random.default_rng([seed, 5]).random((n, 1))
        violation += np.maximum(np.log(uniform) - log_success, 0.0)
    chosen = np.empty(n, dtype=np.intp)
    left = np.ones(len(candidates), dtype=bool)
    for draw in range(n):
        kept = left & (violation[draw] <= 0.0)
        if kept.any():
            chosen[draw] = np.argmax(np.where(kept, worth[draw], -np.inf))
        else:
            chosen[draw] = np.argmin(np.where(left, violation[draw], np.inf))
        left[chosen[draw]] = False
    return chosen


def best_in_region(
    conditional: Callable[[np.ndarray], Acquisition],
    region: Region,
    candidates: np.ndarray,
    n: int,
    *,
    seed: int,
) -> np.ndarray:
    """n points (`n x dim`), each of largest acquisition beside those before it.

    All candidates are evaluated and the best are refined in the region, in the columns that a gradient can
    move; in a space with linear constraints they are not refined.

    Args:
        conditional: gives the acquisition beside further pending points (see `maximize_batch`).
        region: where.
        candidates: `N x dim` points of the region, N >= n.
        n: number of points.
        seed: of the choice of those that are refined.
    """
    chosen = np.empty((0, candidates.shape[1]))
    free = continuous_columns(region.space)
    left = np.ones(len(candidates), dtype=bool)
    for index in range(n):
        acquisition = conditional(chosen)
        values = np.where(left, acquisition.value(candidates), -np.inf)
        if index == 0:
            kept = np.argsort(-values, kind="stable")[: n + _KEPT]
            candidates, values, left = candidates[kept], values[kept], left[kept]
        best = int(np.argmax(values))
        point, value = candidates[best], values[best]
        if len(free) and not region.space.rules and not region.space.conditions:
            starts = choose_starts(candidates[left], values[left], _RESTARTS, seed=seed + index)
            lower, upper = starts.copy(), starts.copy()
            lower[:, free], upper[:, free] = region.lower[free], region.upper[free]
            refined, reached = refine_in_box(acquisition, starts, lower, upper)
            if np.nanmax(reached, initial=-np.inf) > value:
                point = region.space.snap(refined[np.nanargmax(reached)][None])[0]
        left[best] = False
        chosen = np.concatenate([chosen, point[None]])
    return chosen
