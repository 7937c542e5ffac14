"""Trials as a table, one row per trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from augury.space.array_params import entries
from augury.study.trial import Trial

if TYPE_CHECKING:
    import pandas as pd

_DESCRIPTION = ("number", "status", "origin")
_REPORTED = ("last_step", "last_value")
_ACCOUNT = ("cost", "reason", "created", "started", "finished", "attempts")


def trials_frame(trials: Sequence[Trial], parameters: Sequence[str], outcomes: Sequence[str]) -> pd.DataFrame:
    """One row per trial: number, status, origin, parameters, outcomes, their standard errors, and account.

    An array has a column for each entry.

    Where trials have reported on their way, the last report is in the columns `last_step` and `last_value`.

    The standard error of `y` is the column `y_stderr`. A column of ours whose name a parameter or an outcome
    has too is called `trial_<name>`. Notes (`user_attrs`) come last, each in a column of its own; one whose
    name is a column already is called `note_<name>`.
    """
    import pandas as pd

    taken = {*parameters, *outcomes}
    notes = list(dict.fromkeys(name for trial in trials for name in trial.user_attrs))
    reported = _REPORTED if any(trial.intermediate_values for trial in trials) else ()

    def ours(name: str) -> str:
        return f"trial_{name}" if name in taken else name

    def row(trial: Trial) -> dict[str, Any]:
        params = entries(trial.params)
        known = {
            **{ours(name): getattr(trial, name) for name in _DESCRIPTION},
            **{name: params.get(name) for name in parameters},
            **{name: trial.values.get(name) for name in outcomes},
            **{ours(f"{name}_stderr"): trial.stderrs.get(name) for name in outcomes},
            **{ours(name): getattr(trial, name) for name in reported},
            **{ours(name): getattr(trial, name) for name in _ACCOUNT},
        }
        beside = {f"note_{name}" if name in known else name: trial.user_attrs.get(name) for name in notes}
        return {**known, **beside}

    columns = list(row(Trial(0, {})))
    frame = pd.DataFrame([row(trial) for trial in trials], columns=columns)
    numeric = [*outcomes, *(ours(f"{name}_stderr") for name in outcomes), ours("cost")]
    frame = frame.astype(dict.fromkeys([*numeric, *map(ours, reported[1:])], "float64"))
    return frame.astype(dict.fromkeys(map(ours, reported[:1]), "Int64"))
