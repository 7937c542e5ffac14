"""What is known of a study's trials, kept up to date by reading only what changed."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from augury.space.goals import Goals
from augury.space.gradients import encoded_gradients
from augury.space.observations import Observations
from augury.space.space import Space
from augury.study.store import TrialTable
from augury.study.trial import COMPLETE, FAILED, Trial


class History:
    """The trials of a study and their encoded points.

    Args:
        table: the stored trials.
        space: encodes their parameters.
        goals: gives the order of the outcomes.
    """

    def __init__(self, table: TrialTable, space: Space, goals: Goals) -> None:
        self._table = table
        self._space = space
        self._goals = goals
        self._trials: dict[int, Trial] = {}
        self._points: dict[int, NDArray[np.float64]] = {}
        self._revision = 0
        self._lock = threading.Lock()

    def refresh(self) -> list[Trial]:
        """All trials as they are stored now, by number."""
        with self._lock:
            changed = self._table.changed_since(self._revision)
            if changed:
                self._trials = dict(sorted({**self._trials, **{one.number: one for one in changed}}.items()))
                self._revision = max(one.revision for one in changed)
            return list(self._trials.values())

    def encode(self, trials: list[Trial]) -> NDArray[np.float64]:
        """The points of n trials, n x d."""
        with self._lock:
            new = [one for one in trials if one.number not in self._points]
            if new:
                points = self._space.encode([one.params for one in new])
                self._points.update(zip((one.number for one in new), points, strict=True))
            rows = [self._points[one.number] for one in trials]
        return np.array(rows).reshape(len(rows), self._space.dim)

    def observations(self, trials: list[Trial]) -> Observations:
        """Complete and failed rows of `trials`, with every late result as a further row.

        A transient failure tells nothing about its point and gives no row.
        """
        rows = [row for trial in trials for row in self._rows(trial)]
        if not rows:
            return Observations.empty(self._space.dim, self._goals.n_outcomes)
        sources, statuses, values, stderrs, gradients, costs = zip(*rows, strict=True)
        X = self.encode(list(sources))
        return Observations(
            X=X,
            Y=self._matrix(values),
            Yvar=self._matrix(stderrs) ** 2,
            cost=np.array([np.nan if cost is None else cost for cost in costs]),
            status=np.array(statuses),
            gradient=self._gradient(X, gradients) if any(gradients) else None,
        )

    def _rows(self, trial: Trial) -> list[_Row]:
        rows: list[_Row] = [
            (trial, late.status, late.values, late.stderrs, late.gradients, late.cost)
            for late in trial.replicates
        ]
        if trial.status == COMPLETE or (trial.status == FAILED and not trial.transient):
            is_complete = trial.status == COMPLETE
            told = (trial.values, trial.stderrs, trial.gradients) if is_complete else ({}, {}, {})
            rows.insert(0, (trial, trial.status, *told, trial.cost))
        return rows

    def _gradient(self, X: NDArray[np.float64], rows: tuple[_Gradients, ...]) -> NDArray[np.float64]:
        """n x m x d, with respect to the encoded points."""
        columns = [
            encoded_gradients(self._space, X, [row.get(name, {}) for row in rows])
            for name in self._goals.outcomes
        ]
        return np.stack(columns, axis=1)

    def _matrix(self, rows: tuple[dict[str, float], ...]) -> NDArray[np.float64]:
        return np.array([[row.get(name, np.nan) for name in self._goals.outcomes] for row in rows])


_Gradients = dict[str, dict[str, float]]
_Row = tuple[Trial, str, dict[str, float], dict[str, float], _Gradients, float | None]
