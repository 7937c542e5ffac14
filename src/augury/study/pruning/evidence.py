"""What a trial that was stopped early tells a strategy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from augury.space.goals import Goals
from augury.space.space import Space
from augury.study.costs import of_one_version
from augury.study.trial import COMPLETE, PRUNED, Trial


def with_estimates(trials: Sequence[Trial], goals: Goals, space: Space) -> list[Trial]:
    """The trials, with those that were stopped early as if they had come to an estimated end.

    An estimate keeps the trial's rank: of the complete trials that had reported at the step where it was
    stopped, those with the reports next to its own give, by linear interpolation of the ranks, its final
    value. That is the assumption by which it was stopped, and puts the estimate between the worst and the
    best final value, whatever the unit of the reports. A trial that diverged gets the worst. Without any
    complete trial that reported so far, nothing is known, and the trial stays as it is. Where the function
    has several versions, only trials of the same one are compared.

    Estimates serve the choice of the next points only (else the same point would be proposed again); they are
    never a study's results.
    """
    if goals.n_objectives > 1:
        return list(trials)
    name, sign = goals.outcomes[0], float(goals.objective_signs[0])
    complete = [one for one in trials if one.status == COMPLETE and name in one.values]
    return [
        _ended(one, of_one_version(complete, one, space), name, sign) if one.status == PRUNED else one
        for one in trials
    ]


def _ended(trial: Trial, complete: Sequence[Trial], name: str, sign: float) -> Trial:
    step = trial.last_step
    if step is None or trial.values:
        return trial
    known = [(_value_by(one, step), one.values[name]) for one in complete]
    pairs = [(sign * report, sign * final) for report, final in known if not math.isnan(report)]
    if not pairs:
        return trial
    reports, finals = np.sort(np.array(pairs), axis=0).T
    value = sign * trial.intermediate_values[step]
    # Ties share the middle of their ranks; beyond the ends the rank is that of the end.
    lower, upper = np.searchsorted(reports, value, "left"), np.searchsorted(reports, value, "right")
    if math.isnan(value):
        rank = 0.0
    elif lower < upper:
        rank = (lower + upper - 1) / 2.0
    else:
        rank = float(np.interp(value, reports, np.arange(len(reports))))
    final = float(np.interp(rank, np.arange(len(finals)), finals))
    return replace(trial, status=COMPLETE, values={name: sign * final})


def _value_by(trial: Trial, step: int) -> float:
    """The last report up to a step; NaN when the trial never got so far, or diverged."""
    if trial.last_step is None or trial.last_step < step:
        return math.nan
    before = [one for one in trial.intermediate_values if one <= step]
    return trial.intermediate_values[max(before)] if before else math.nan
