"""The trials of an Optuna study as augury's observations and goals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from augury.integrations.optuna.coding import Coding
from augury.integrations.optuna.sharing import known_params
from augury.space.goal import Constraint, Goal, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.study.pruning.evidence import with_estimates
from augury.study.trial import COMPLETE, FAILED, PRUNED, Trial

_STATUS = {TrialState.COMPLETE: COMPLETE, TrialState.PRUNED: PRUNED, TrialState.FAIL: FAILED}


def goals_of(directions: Sequence[StudyDirection], trials: Sequence[FrozenTrial]) -> Goals:
    """The objectives of a study, and the constraints that its trials have told (met where <= 0)."""
    goals: list[Goal] = [
        (Maximize if direction == StudyDirection.MAXIMIZE else Minimize)(f"objective {index}")
        for index, direction in enumerate(directions)
    ]
    names = sorted({name for trial in trials for name in trial.constraints})
    return Goals([*goals, *(Constraint(f"constraint {name}", upper=0.0) for name in names)])


def observations_of(coding: Coding, goals: Goals, trials: Sequence[FrozenTrial]) -> Observations:
    """What finished trials tell: values, constraints, and where they failed.

    Trials that lack a parameter of the space, or lie outside it, are left out; a trial that was stopped early
    counts as one that came to an estimated end (see `with_estimates`).
    """
    assert coding.space is not None
    known = [(trial, coding.finished_point(trial.number, trial.params)) for trial in trials]
    rows = [(_record(trial, goals), point) for trial, point in known if point is not None]
    if not rows:
        return Observations.empty(coding.space.dim, goals.n_outcomes)
    records = [record for record, _ in rows]
    if any(record.status == PRUNED for record in records):
        records = with_estimates(records, goals, coding.space)
    kept = [
        (record, point) for record, (_, point) in zip(records, rows, strict=True) if record.status != PRUNED
    ]
    if not kept:
        return Observations.empty(coding.space.dim, goals.n_outcomes)
    Y = np.array(
        [[record.values.get(name, math.nan) for name in goals.outcomes] for record, _ in kept],
        dtype=np.float64,
    )
    return Observations(
        X=np.array([point for _, point in kept]),
        Y=_bounded(Y, goals.n_objectives),
        Yvar=np.full(Y.shape, np.nan),
        cost=np.full(len(Y), np.nan),
        status=np.array([record.status for record, _ in kept]),
    )


def _record(trial: FrozenTrial, goals: Goals) -> Trial:
    """A finished trial in augury's terms; a value that is not finite is a failure."""
    status, values = _STATUS[trial.state], {}
    if status == COMPLETE:
        told = trial.values or []
        values = dict(zip(goals.outcomes, told, strict=False))
        if len(told) < goals.n_objectives or not all(map(math.isfinite, told)):
            status, values = FAILED, {}
        else:
            values |= {f"constraint {name}": value for name, value in trial.constraints.items()}
    reports: dict[int, float] = {int(step): value for step, value in trial.intermediate_values.items()}
    return Trial(trial.number, {}, status, values=values, intermediate_values=reports)


def _bounded(Y: np.ndarray, first: int) -> np.ndarray:
    """Constraints (columns from `first` on) that are infinite are as bad as the worst one told."""
    for column in range(first, Y.shape[1]):
        values = Y[:, column]
        finite = np.abs(values[np.isfinite(values)])
        size = float(finite.max()) if len(finite) else 1.0
        Y[:, column] = np.where(np.isinf(values), np.copysign(max(size, 1e-9), values), values)
    return Y


def pending_points(coding: Coding, trials: Sequence[FrozenTrial]) -> np.ndarray:
    """The encoded points of running trials, of those that are known."""
    assert coding.space is not None
    points = [coding.point(known_params(trial, coding.distributions)) for trial in trials]
    known = [point for point in points if point is not None]
    return np.array(known).reshape(len(known), coding.space.dim)
