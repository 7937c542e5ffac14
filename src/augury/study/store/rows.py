"""Rows of the trials' tables as `Trial` objects, and results as columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from augury.space.array_params import from_lists
from augury.study.result import Failure, Measurement
from augury.study.signals import Pruned
from augury.study.store.chunks import chunks
from augury.study.store.reports import reports_of
from augury.study.store.schema import replicates
from augury.study.trial import COMPLETE, FAILED, PRUNED, Replicate, Trial, time_of


def result_columns(result: Measurement | Failure | Pruned) -> dict[str, Any]:
    """The columns that a trial and a replicate have in common."""
    if isinstance(result, Pruned):
        reason = _storable(result.reason) or None
        return {"status": PRUNED, "measured": None, "reason": reason, "traceback": None}
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
    ids = [row.id for row in rows]
    late, reported = _replicates(connection, ids), reports_of(connection, ids)
    return [_trial(row, tuple(late.get(row.id, ())), reported.get(row.id, {}), directory) for row in rows]


def _trial(
    row: Row[Any], late: tuple[Replicate, ...], reported: dict[int, float], directory: Path | None
) -> Trial:
    told = _measurement(row.measured)
    if not told.values:
        first = next((one for one in late if one.status == COMPLETE), None)
        told = Measurement(first.values, first.stderrs, first.gradients) if first else told
    return Trial(
        number=row.number,
        params=from_lists(row.params),
        status=row.status,
        origin=row.origin,
        values=told.values,
        stderrs=told.stderrs,
        gradients=told.gradients,
        intermediate_values=reported,
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
    for chunk in chunks(ids):
        statement = select(replicates).where(replicates.c.trial_id.in_(chunk)).order_by(replicates.c.id)
        for row in connection.execute(statement):
            told = time_of(row.told)
            assert told is not None
            late = _measurement(row.measured)
            found[row.trial_id].append(
                Replicate(row.status, late.values, late.stderrs, row.reason, told, late.gradients, row.cost)
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
