"""Rows of the trials' tables as `Trial` objects, and results as columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from augury.study.result import Failure, Measurement
from augury.study.store.schema import replicates
from augury.study.trial import COMPLETE, FAILED, Replicate, Trial, time_of

# SQLite takes 32,766 parameters in a statement, older ones 999.
_CHUNK = 900


def result_columns(result: Measurement | Failure) -> dict[str, Any]:
    """The columns that a trial and a replicate have in common."""
    if isinstance(result, Failure):
        reason, account = _storable(result.reason), _storable(result.traceback)
        return {"status": FAILED, "measured": None, "reason": reason, "traceback": account}
    measured: dict[str, list[Any]] = {}
    for name, value in result.values.items():
        measured[name] = [value, result.stderrs.get(name)]
        if name in result.gradients:
            measured[name].append(result.gradients[name])
    return {"status": COMPLETE, "measured": measured, "reason": None, "traceback": None}


def _storable(text: str | None) -> str | None:
    """`text` without what databases refuse and programs print all the same: NUL, halves of characters."""
    return None if text is None else text.encode("utf-8", "replace").decode().replace("\x00", "?")


def to_trials(connection: Connection, rows: Sequence[Row[Any]], directory: Path | None) -> list[Trial]:
    """Trials of one study, with their replicates.

    Args:
        rows: whole rows of `trials`.
        directory: the folder of the study's trial directories.
    """
    late = _replicates(connection, [row.id for row in rows])
    return [_trial(row, tuple(late.get(row.id, ())), directory) for row in rows]


def _trial(row: Row[Any], late: tuple[Replicate, ...], directory: Path | None) -> Trial:
    told = _measurement(row.measured)
    if not told.values:
        first = next((one for one in late if one.status == COMPLETE), None)
        told = Measurement(first.values, first.stderrs, first.gradients) if first else told
    return Trial(
        number=row.number,
        params=row.params,
        status=row.status,
        origin=row.origin,
        values=told.values,
        stderrs=told.stderrs,
        gradients=told.gradients,
        cost=row.cost,
        reason=row.reason,
        transient=row.transient,
        traceback=row.traceback,
        attempts=row.attempts,
        user_attrs=row.user_attrs,
        created=time_of(row.created),
        started=time_of(row.started),
        finished=time_of(row.finished),
        replicates=late,
        prediction_data=row.prediction,
        study_directory=directory,
        revision=row.revision,
    )


def _replicates(connection: Connection, ids: Sequence[int]) -> dict[int, list[Replicate]]:
    found: dict[int, list[Replicate]] = defaultdict(list)
    for chunk in _chunks(ids):
        statement = select(replicates).where(replicates.c.trial_id.in_(chunk)).order_by(replicates.c.id)
        for row in connection.execute(statement):
            told = time_of(row.told)
            assert told is not None
            late = _measurement(row.measured)
            found[row.trial_id].append(
                Replicate(row.status, late.values, late.stderrs, row.reason, told, late.gradients)
            )
    return found


def _measurement(measured: dict[str, list[Any]] | None) -> Measurement:
    # JSON written by other programs may hold 1 for 1.0.
    result = Measurement({}, {})
    for name, (value, stderr, *gradient) in (measured or {}).items():
        result.values[name] = float(value)
        if stderr is not None:
            result.stderrs[name] = float(stderr)
        for derivatives in gradient:
            result.gradients[name] = {one: float(slope) for one, slope in derivatives.items()}
    return result


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
