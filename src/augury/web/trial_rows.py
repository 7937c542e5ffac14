"""Trials as the page gets them: a column for each quantity, so that ten thousand are one small document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augury.space.array_params import entries
from augury.study.report.results import Results
from augury.study.trial import STATUSES, Trial
from augury.web.answers import rounded

_LONGEST_REASON = 200


def trial_rows(results: Results, since: int = 0) -> dict[str, Any]:
    """The trials that changed after revision `since`; 0 gives all.

    Returns:
        `number`, `status` (index into `statuses`), `kept` (1: measured within every limit, 0: measured but
        not, None: not measured), `finished` (seconds since 1970), `params` and `values` (name -> column),
        `why` (index into `reasons`), and what few trials have by their number: `stderrs` (outcome ->
        number -> standard error), `notes` (number -> why it failed), `reported` (number -> last step and
        value), `cost`.
    """
    trials = [trial for trial in results.trials if trial.revision > since]
    kept = _kept(results)
    whys = [trial.prediction_data.get("reason", "") if trial.prediction_data else "" for trial in trials]
    reasons = list(dict.fromkeys(whys))
    places = {why: place for place, why in enumerate(reasons)}
    return {
        "statuses": STATUSES,
        "reasons": reasons,
        "number": [trial.number for trial in trials],
        "status": [STATUSES.index(trial.status) for trial in trials],
        "kept": [kept.get(trial.number) for trial in trials],
        "why": [places[why] for why in whys],
        "finished": [_seconds(trial) for trial in trials],
        "params": {name: _column(trials, name) for name in results.space.names},
        "values": {
            name: [rounded(trial.values.get(name)) for trial in trials] for name in results.goals.outcomes
        },
        "stderrs": {
            name: {trial.number: rounded(trial.stderrs[name]) for trial in trials if name in trial.stderrs}
            for name in results.goals.outcomes
        },
        "notes": {trial.number: trial.reason[:_LONGEST_REASON] for trial in trials if trial.reason},
        "reported": {
            trial.number: [trial.last_step, rounded(trial.last_value)]
            for trial in trials
            if trial.intermediate_values
        },
        "cost": {trial.number: rounded(trial.cost) for trial in trials if trial.cost is not None},
    }


def _kept(results: Results) -> dict[int, int]:
    measured = np.isfinite(results.Y).any(axis=1)
    return {
        trial.number: int(feasible)
        for trial, feasible, told in zip(results.finished, results.feasible, measured, strict=True)
        if told
    }


def _column(trials: Sequence[Trial], name: str) -> list[Any]:
    values = [entries(trial.params).get(name) for trial in trials]
    return [rounded(value) if isinstance(value, float) else value for value in values]


def _seconds(trial: Trial) -> int | None:
    time = trial.finished or trial.started or trial.created
    return None if time is None else round(time.timestamp())
