"""What a study of several objectives has come to: its Pareto front and the hypervolume it covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from augury.space.goals import Goals
from augury.space.pareto import hypervolume_history, reference_point
from augury.study.trial import Trial


@dataclass(frozen=True)
class HypervolumeHistory:
    """How the volume of outcomes that the results dominate has grown.

    Args:
        reference: objective -> the value that a result has to beat, in the outcome's unit: the goal's
            threshold, else inferred from the results.
        trials: numbers of the n measured trials, in order.
        values: n, the hypervolume of the results up to and with each trial.
    """

    reference: dict[str, float]
    trials: list[int]
    values: np.ndarray


def pareto_front(trials: Sequence[Trial], goals: Goals) -> list[Trial]:
    """The measured trials within the limits that no other beats in all objectives, by the first of them.

    With one objective these are the best trial and its equals.
    """
    measured, Y = _measured(trials, goals)
    return [measured[row] for row in goals.pareto_rows(Y, np.ones(len(Y), dtype=bool))]


def hypervolume_of(trials: Sequence[Trial], goals: Goals) -> HypervolumeHistory:
    """The hypervolume after each measured trial within the limits; no trials, no reference."""
    measured, Y = _measured(trials, goals)
    rows = np.flatnonzero(goals.competing(Y, np.ones(len(Y), dtype=bool)))
    if not len(rows):
        return HypervolumeHistory({}, [], np.empty(0))
    values = goals.objective_values(Y)[rows]
    reference = reference_point(values, goals.thresholds)
    names = [goal.name for goal in goals.objectives]
    shown = dict(zip(names, (reference * goals.objective_signs).tolist(), strict=True))
    numbers = [measured[row].number for row in rows]
    return HypervolumeHistory(shown, numbers, hypervolume_history(values, reference))


def _measured(trials: Sequence[Trial], goals: Goals) -> tuple[list[Trial], np.ndarray]:
    """The trials with a result, by number, and their outcomes (n x m)."""
    measured = sorted((trial for trial in trials if trial.values), key=lambda trial: trial.number)
    Y = np.array([[trial.values.get(name, np.nan) for name in goals.outcomes] for trial in measured])
    return measured, Y.reshape(len(measured), goals.n_outcomes)
