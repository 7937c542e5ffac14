"""What a study of several objectives has come to: its Pareto front and the hypervolume it covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from augury.space.goals import Goals
from augury.space.pareto import hypervolume_history, non_dominated, reference_point
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
    competing, values = _competing(trials, goals)
    rows = np.flatnonzero(non_dominated(values))
    return [competing[row] for row in rows[np.argsort(-values[rows, 0], kind="stable")]]


def hypervolume_of(trials: Sequence[Trial], goals: Goals) -> HypervolumeHistory:
    """The hypervolume after each measured trial within the limits; no trials, no reference."""
    competing, values = _competing(trials, goals)
    names = [goal.name for goal in goals.objectives]
    if not competing:
        return HypervolumeHistory({}, [], np.empty(0))
    reference = reference_point(values, goals.thresholds)
    shown = dict(zip(names, (reference * goals.objective_signs).tolist(), strict=True))
    numbers = [trial.number for trial in competing]
    return HypervolumeHistory(shown, numbers, hypervolume_history(values, reference))


def _competing(trials: Sequence[Trial], goals: Goals) -> tuple[list[Trial], np.ndarray]:
    """The trials with every objective measured and every limit kept, and their objectives to be maximised."""
    measured = sorted((trial for trial in trials if trial.values), key=lambda trial: trial.number)
    Y = np.array([[trial.values.get(name, np.nan) for name in goals.outcomes] for trial in measured])
    Y = Y.reshape(len(measured), goals.n_outcomes)
    values = goals.objective_values(Y)
    rows = np.flatnonzero(goals.feasible(Y) & np.isfinite(values).all(axis=1))
    return [measured[row] for row in rows], values[rows]
