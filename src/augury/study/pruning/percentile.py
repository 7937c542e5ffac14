"""Pruning by what earlier trials had reached at the same step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from augury.errors import InvalidInputError
from augury.study.pruning.base import Pruner, whole
from augury.study.trial import COMPLETE, Trial


class PercentilePruner(Pruner):
    """Keeps a trial while its best report is in the best `percentile` % of the complete trials' at its step.

    Golovin et al., 2017, "Google Vizier", section 3.2.2 (there with running averages for the median); the
    options and their defaults are Optuna's.

    Args:
        percentile: above 0 and below 100; 25 keeps the best quarter.
        n_startup_trials: no trial is stopped before so many are complete.
        n_warmup_steps: nor before this step.
        interval_steps: the decision is made once in so many steps.
        n_min_trials: nor while fewer complete trials have reported this step.

    Raises:
        InvalidInputError: an option out of its range.
    """

    def __init__(
        self,
        percentile: float,
        n_startup_trials: int = 5,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        n_min_trials: int = 1,
    ) -> None:
        is_number = isinstance(percentile, (int, float)) and not isinstance(percentile, bool)
        if not is_number or not 0.0 < percentile < 100.0:
            raise InvalidInputError(f"percentile is {percentile!r}; it must be above 0 and below 100")
        self.percentile = float(percentile)
        self.n_startup_trials = whole("n_startup_trials", n_startup_trials, 0)
        self.n_warmup_steps = whole("n_warmup_steps", n_warmup_steps, 0)
        self.interval_steps = whole("interval_steps", interval_steps, 1)
        self.n_min_trials = whole("n_min_trials", n_min_trials, 1)

    def should_prune(self, trial: Trial, trials: Sequence[Trial], *, maximize: bool) -> bool:
        complete = [one for one in trials if one.status == COMPLETE]
        step = trial.last_step
        if step is None or not complete or len(complete) < self.n_startup_trials:
            return False
        if step < self.n_warmup_steps or not self._is_due(step, trial.intermediate_values):
            return False
        sign = 1.0 if maximize else -1.0
        reached = [sign * value for value in trial.intermediate_values.values() if not math.isnan(value)]
        if not reached:
            return True
        others = [sign * one.intermediate_values[step] for one in complete if step in one.intermediate_values]
        others = [value for value in others if not math.isnan(value)]
        if len(others) < self.n_min_trials:
            return False
        return bool(max(reached) < np.percentile(others, 100.0 - self.percentile))

    def _is_due(self, step: int, reported: Iterable[int]) -> bool:
        """Whether the step is the first one reported in its interval."""
        start = step - (step - self.n_warmup_steps) % self.interval_steps
        return not any(start <= earlier < step for earlier in reported)


class MedianPruner(PercentilePruner):
    """Stops a trial whose best report is worse than the median of the complete trials' at its step.

    Args: as in `PercentilePruner`, whose 50 % it is.
    """

    def __init__(
        self,
        n_startup_trials: int = 5,
        n_warmup_steps: int = 0,
        interval_steps: int = 1,
        n_min_trials: int = 1,
    ) -> None:
        super().__init__(50.0, n_startup_trials, n_warmup_steps, interval_steps, n_min_trials)
