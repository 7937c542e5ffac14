"""Offline optimisation as a strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.sampling import sobol
from augury.strategies.base import (
    Prediction,
    Proposal,
    State,
    Strategy,
    check_request,
    check_roles,
)
from augury.strategies.choices import check_model
from augury.strategies.design import draw_new, exhausted
from augury.strategies.offline.distinct import distances, distinct
from augury.strategies.offline.method import OfflineMethod
from augury.strategies.offline.registry import OFFLINE_METHODS

if TYPE_CHECKING:
    from augury.inference.base import Progress
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.offline.table import OfflineTable
    from augury.strategies.outcome_models import ModelChoice

_SEARCHES = 6  # each from twice as many rows, while too few designs differ


@final
class OfflineOptimization(Strategy):
    """Many designs at once from a table, without any evaluation between: the table is all that is known.

    A method learns from the whole table and proposes designs; those that repeat, are known or break a rule
    are left out, and the search goes on from more rows until enough differ (published comparisons keep
    repeats). A surrogate of the best rows and others at random predicts each design, with its uncertainty;
    the distance to the nearest known design says how far off the data it is.

    For one objective. With limits on outcomes, it learns from the designs that keep them. Without two results
    that differ, designs are spread by a Sobol sequence.

    Args:
        method: a name in `OFFLINE_METHODS`, or an `OfflineMethod` with its options.
        model: the surrogate that predicts the designs.
        progress: called with `(steps done, steps in all, what is being done)`.

    Raises:
        InvalidInputError: an unknown method.
    """

    def __init__(
        self,
        method: str | OfflineMethod = "bridge",
        model: ModelChoice = "gp",
        progress: Progress | None = None,
    ) -> None:
        check_model(model)
        if isinstance(method, str):
            method = OFFLINE_METHODS.load(method)()
        if not isinstance(method, OfflineMethod):
            raise InvalidInputError(
                f"{method!r} is no offline method; give a name ({', '.join(OFFLINE_METHODS.names())}) or an "
                "OfflineMethod"
            )
        self.method, self.model, self.progress = method, model, progress

    def check_goals(self, goals: Goals) -> None:
        if goals.n_objectives != 1:
            raise NotSupportedError(
                "offline optimisation takes one objective; use strategy='bayesian-optimization'"
            )

    def propose(
        self,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        check_request(space, observations, pending, n)
        check_roles(space, {"design"})
        self.check_goals(goals)
        taken = np.concatenate([observations.X, pending])
        if not _is_informative(goals, observations):
            spread = draw_new(sobol, space, n, seed=seed, seen=taken)
            away = (
                distances(space, spread, observations.X).tolist() if observations.n else [None] * len(spread)
            )
            return Proposal(spread, [Prediction(reason="initial design", distance=far) for far in away])

        from augury.strategies.offline.judge import Judge
        from augury.strategies.offline.table import OfflineTable

        table = OfflineTable.of(space, goals, observations)
        found = self._search(table, taken, n, seed)
        judge = Judge.fit(self.model, table, seed)
        predictions = judge.predictions(found, "offline")
        if len(found) < n:
            rest = judge.best_of_many(n - len(found), np.concatenate([taken, found]), seed)
            if not len(found) and not len(rest):
                raise exhausted(space)
            found = np.concatenate([found, rest])
            predictions += judge.predictions(rest, "surrogate")
        return Proposal(found, predictions)

    def _search(self, table: OfflineTable, taken: np.ndarray, n: int, seed: int) -> np.ndarray:
        search = self.method.learn(table, seed=seed, progress=self.progress)
        found = np.empty((0, table.space.dim))
        first, count = 0, n
        for _ in range(_SEARCHES):
            X = search(first, first + count)
            known = np.concatenate([taken, found])
            found = np.concatenate([found, distinct(table.space, table.coordinates, X, known)])[:n]
            first, count = first + count, 2 * count
            if len(found) == n or first >= len(table.Z):
                break
        return found


def _is_informative(goals: Goals, observations: Observations) -> bool:
    """Whether at least two results that keep the limits differ."""
    rows = goals.competing(observations.Y, observations.complete)
    y = observations.Y[rows, goals.objective_columns[0]]
    return len(y) >= 2 and bool(np.ptp(y) > 0.0)
