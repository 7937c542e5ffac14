"""Asynchronous successive halving: at each rung only the best fraction goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from augury.errors import InvalidInputError
from augury.study.pruning.base import Pruner, whole
from augury.study.trial import COMPLETE, Trial


class SuccessiveHalvingPruner(Pruner):
    """Stops a trial that, on reaching rung k, is not among the best 1 / eta of those that have reached it.

    Rung k is at step r eta^(s + k), with r = `min_resource`, eta = `reduction_factor` and s =
    `min_early_stopping_rate`. While fewer than eta trials have reached a rung, only the best of them goes on.
    Nobody waits for anybody: a trial is compared with those that were there before it.

    Li et al., 2020, "A System for Massively Parallel Hyperparameter Tuning", algorithm 2; the options, and
    that a trial is stopped where the paper would pause it, are Optuna's. A trial's value at a rung is its
    first report at or after the rung's step (with "auto" also one from before the rungs were known, which
    Optuna leaves out).

    Args:
        min_resource: r, at least 1; "auto" takes a hundredth of the most steps that a complete trial reported
            (at least 1), and stops nothing before there is one.
        reduction_factor: eta, at least 2.
        min_early_stopping_rate: s, at least 0.
        bootstrap_count: trials that reach a rung before any is promoted; not with min_resource="auto".

    Raises:
        InvalidInputError: an option out of its range.
    """

    def __init__(
        self,
        min_resource: int | str = "auto",
        reduction_factor: int = 4,
        min_early_stopping_rate: int = 0,
        bootstrap_count: int = 0,
    ) -> None:
        if min_resource != "auto":
            whole("min_resource", min_resource, 1)
        self.min_resource = min_resource
        self.reduction_factor = whole("reduction_factor", reduction_factor, 2)
        self.min_early_stopping_rate = whole("min_early_stopping_rate", min_early_stopping_rate, 0)
        self.bootstrap_count = whole("bootstrap_count", bootstrap_count, 0)
        if bootstrap_count and min_resource == "auto":
            raise InvalidInputError("bootstrap_count needs a min_resource of its own: a number of steps")

    def should_prune(self, trial: Trial, trials: Sequence[Trial], *, maximize: bool) -> bool:
        step, smallest = trial.last_step, self._smallest(trials)
        if step is None or smallest is None:
            return False
        value = trial.intermediate_values[step]
        before = max((one for one in trial.intermediate_values if one < step), default=-1)
        rung = smallest * self.reduction_factor**self.min_early_stopping_rate
        while rung <= step:
            # A rung is decided on once, with the first report at or after it.
            is_new = before < rung
            if is_new and (math.isnan(value) or not self._goes_on(trial, value, trials, rung, maximize)):
                return True
            rung *= self.reduction_factor
        return False

    def _smallest(self, trials: Sequence[Trial]) -> int | None:
        if isinstance(self.min_resource, int):
            return self.min_resource
        steps = [one.last_step for one in trials if one.status == COMPLETE and one.last_step is not None]
        return max(max(steps) // 100, 1) if steps else None

    def _goes_on(
        self, trial: Trial, value: float, trials: Sequence[Trial], rung: int, maximize: bool
    ) -> bool:
        rivals = [_value_at(one, rung) for one in trials if one.number != trial.number]
        values = sorted([value, *(one for one in rivals if one is not None)], reverse=maximize)
        if len(values) <= self.bootstrap_count:
            return False
        last = values[max(len(values) // self.reduction_factor, 1) - 1]
        return value >= last if maximize else value <= last


def _value_at(trial: Trial, rung: int) -> float | None:
    """The first report at or after a rung's step; None where it was not reached, or diverged."""
    value = next((value for step, value in trial.intermediate_values.items() if step >= rung), math.nan)
    return None if math.isnan(value) else value
