"""What the charts show of the trials themselves: parallel coordinates, weights, the front, one trial."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.study.documents import trial_document
from augury.study.report.results import Results
from augury.study.study import Study
from augury.web.answers import all_rounded, rounded
from augury.web.errors import UnknownError

_MOST_WEIGHTS = 240
_MOST_HYPERVOLUME = 400
_MOST_COLUMNS = 12


def parallel_document(results: Results, columns: list[int]) -> dict[str, Any] | None:
    """Every trial (of many, the best and a spread of the others) as a line over the parameters.

    Args:
        results: of the study.
        columns: the axes, in order.
    """
    from augury.study.report.parallel_coordinates import chosen_trials, coordinates

    values = results.Y[:, 0] if len(results.Y) else np.empty(0)
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < 2 or not columns:
        return None
    sign = int(results.goals.objective_signs[0])
    chosen = rows[chosen_trials(values[rows], sign)]
    X = results.space.encode([results.finished[row].params for row in chosen])
    return {
        "outcome": results.goals.outcomes[0],
        "sign": sign,
        "numbers": [results.finished[row].number for row in chosen],
        "values": all_rounded(values[chosen]),
        "left_out": len(rows) - len(chosen),
        "axes": [
            {
                "name": axis.name,
                "heights": [None if np.isnan(one) else round(float(one), 4) for one in axis.heights],
                "ticks": all_rounded(axis.ticks),
                "texts": axis.texts,
            }
            for axis in coordinates(results.space, X, columns[:_MOST_COLUMNS])
        ],
    }


def weights_document(results: Results) -> dict[str, Any] | None:
    """The weights of the surrogates by which trials were chosen; None where no portfolio has chosen any."""
    chosen = [
        (trial.number, trial.prediction.weights)
        for trial in results.trials
        if trial.prediction is not None and trial.prediction.weights
    ]
    if not chosen:
        return None
    places = np.unique(np.linspace(0, len(chosen) - 1, _MOST_WEIGHTS).round().astype(int))
    shown = [chosen[place] for place in places]
    totals: dict[str, float] = {}
    for _, weights in shown:
        for name, weight in weights.items():
            totals[name] = totals.get(name, 0.0) + weight
    names = sorted(totals, key=lambda name: -totals[name])
    return {
        "numbers": [number for number, _ in shown],
        "weights": {name: [rounded(weights.get(name, 0.0)) for _, weights in shown] for name in names},
    }


def front_document(study: Study, results: Results) -> dict[str, Any] | None:
    """The Pareto front as a table, and the hypervolume by trial; None with one objective or no results."""
    from augury.study.report.front_table import expected_at, front_rows, shown_rows

    if results.goals.n_objectives == 1 or not len(results.front):
        return None
    history = study.hypervolume()
    changed = np.flatnonzero(np.diff(history.values, prepend=-1.0) > 0)
    if len(changed) > _MOST_HYPERVOLUME:
        changed = changed[np.linspace(0, len(changed) - 1, _MOST_HYPERVOLUME).round().astype(int)]
    changed = np.union1d(changed, [len(history.values) - 1])
    rows = front_rows(results, expected_at(study, results, shown_rows(results)))
    return {
        "objectives": [goal.name for goal in results.goals.objectives],
        "limits": [goal.name for goal in results.goals.constraints],
        "reference": {name: rounded(value) for name, value in history.reference.items()},
        "hypervolume": [
            [history.trials[row] for row in changed],
            [rounded(float(history.values[row])) for row in changed],
        ],
        "rows": [
            {
                "number": row.number,
                "outcomes": row.outcomes,
                "slacks": row.slacks,
                "balanced": row.balanced,
            }
            for row in rows
        ],
        "size": len(results.front),
    }


def one_trial(results: Results, number: int) -> dict[str, Any]:
    """All that is known of one trial.

    Raises:
        UnknownError: there is no such trial.
    """
    trial = next((one for one in results.trials if one.number == number), None)
    if trial is None:
        raise UnknownError(f"there is no trial {number} among the study's {len(results.trials)} trials")
    times = {name: getattr(trial, name) for name in ("created", "started", "finished")}
    return trial_document(trial) | {
        "origin": trial.origin,
        "times": {name: round(time.timestamp()) for name, time in times.items() if time is not None},
        "prediction": None if trial.prediction is None else trial.prediction.to_dict(),
        "traceback": trial.traceback,
        "attempts": trial.attempts,
        "cost": trial.cost,
        "notes": trial.user_attrs,
        "replicates": [
            {"status": late.status, "values": late.values, "stderrs": late.stderrs, "reason": late.reason}
            for late in trial.replicates
        ],
    }
