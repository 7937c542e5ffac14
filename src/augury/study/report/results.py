"""The trials of a study as the arrays that figures and tables are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.costs import counting
from augury.study.trial import FAILED, Trial

if TYPE_CHECKING:
    from augury.study.study import Study


@dataclass(frozen=True)
class Results:
    """What a study has come to.

    Args:
        space: its space.
        goals: its goals.
        trials: all trials, by number.
        finished: the n trials that were measured or failed, by number.
        Y: n x m outcomes, NaN where not measured.
        feasible: n, whether the row is complete, within every limit, and of the version of the function that
            counts.
        failed: n, whether the row is a failure.
        best: row of the best trial by the first objective, or None.
        front: rows that no other beats in all objectives, by the first; with one objective the best.
    """

    space: Space
    goals: Goals
    trials: list[Trial]
    finished: list[Trial]
    Y: np.ndarray
    feasible: np.ndarray
    failed: np.ndarray
    best: int | None
    front: np.ndarray

    @classmethod
    def of(cls, study: Study) -> Results:
        """The results of a study as they are now."""
        goals, trials = study.goals, sorted(study.trials, key=lambda trial: trial.number)
        finished = [trial for trial in trials if trial.values or trial.status == FAILED]
        failed = np.array([not trial.values for trial in finished], dtype=bool)
        Y = np.array(
            [[trial.values.get(name, np.nan) for name in goals.outcomes] for trial in finished],
            dtype=np.float64,
        ).reshape(len(finished), goals.n_outcomes)
        counted = {trial.number for trial in counting(finished, study.space)}
        counts = np.array([trial.number in counted for trial in finished], dtype=bool)
        feasible = ~failed & goals.feasible(Y) & counts
        first = np.where(feasible, goals.objective_signs[0] * Y[:, 0], np.nan)
        best = int(np.nanargmax(first)) if np.isfinite(first).any() else None
        front = goals.pareto_rows(Y, ~failed & counts)
        return cls(study.space, goals, trials, finished, Y, feasible, failed, best, front)

    def ranking(self) -> np.ndarray:
        """Rows of the measured results, best first: the Pareto front, then others by the first objective.

        Those that break a limit come after all others.
        """
        measured = np.flatnonzero(~self.failed & np.isfinite(self.Y).any(axis=1))
        merit = np.nan_to_num(self.goals.objective_signs[0] * self.Y[measured, 0], nan=-np.inf)
        behind = ~np.isin(measured, self.front)
        return measured[np.lexsort((-merit, behind, ~self.feasible[measured]))]

    def last_failure(self) -> Trial | None:
        """The failed trial of the highest number, None without failures."""
        failures = [trial for trial in self.trials if trial.status == FAILED]
        return failures[-1] if failures else None

    def counts(self) -> dict[str, int]:
        """Status -> number of trials, without the statuses that do not occur."""
        statuses = [trial.status for trial in self.trials]
        return {status: statuses.count(status) for status in dict.fromkeys(statuses)}


def best_so_far(values: np.ndarray, allowed: np.ndarray, sign: int) -> np.ndarray:
    """The best allowed value up to and with each trial; NaN before the first one."""
    usable = np.where(allowed & np.isfinite(values), sign * values, -np.inf)
    best = np.maximum.accumulate(usable) if usable.size else usable
    return np.where(np.isfinite(best), sign * best, np.nan)
