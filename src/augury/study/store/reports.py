"""The intermediate values that trials report while they are evaluated."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from augury.errors import InvalidInputError
from augury.study.store.chunks import chunks
from augury.study.store.schema import reports, studies, trials
from augury.study.store.store import Store, StudyRecord
from augury.study.trial import OPEN


class ReportTable:
    """The reports of one study's trials.

    Args:
        store: the store.
        study: the study.
    """

    def __init__(self, store: Store, study: StudyRecord) -> None:
        self._store = store
        self._study_id = study.id

    def add(self, number: int, step: int, value: float, *, owner: str | None = None) -> bool:
        """Writes what an open trial reported at a step; a second report of the same step is ignored.

        Args:
            number: the trial.
            step: how far it is, 0 or more.
            value: its objective so far; not finite where it diverged.
            owner: the run that evaluates it; a run that has lost the trial to another one changes nothing.

        Returns:
            Whether it was written.

        Raises:
            InvalidInputError: there is no such trial.
        """

        def work(connection: Connection) -> bool:
            found = select(trials.c.id, trials.c.status, trials.c.lease_owner)
            found = found.where(trials.c.study_id == self._study_id, trials.c.number == number)
            row = connection.execute(found).one_or_none()
            if row is None:
                raise InvalidInputError(f"there is no trial {number} in the study to report for")
            is_theirs = owner is not None and row.lease_owner != owner
            known = select(reports.c.step).where(reports.c.trial_id == row.id, reports.c.step == step)
            if row.status not in OPEN or is_theirs or connection.execute(known).first() is not None:
                return False
            stored = value if math.isfinite(value) else None
            connection.execute(insert(reports).values(trial_id=row.id, step=step, value=stored))
            change = update(studies).where(studies.c.id == self._study_id)
            change = change.values(revision=studies.c.revision + 1).returning(studies.c.revision)
            revision = connection.scalar(change)
            connection.execute(update(trials).where(trials.c.id == row.id).values(revision=revision))
            return True

        return self._store.write(work)


def reports_of(connection: Connection, ids: Sequence[int]) -> dict[int, dict[int, float]]:
    """Row id of a trial -> step -> value, in the order of the steps; NaN where it diverged."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for chunk in chunks(ids):
        statement = select(reports).where(reports.c.trial_id.in_(chunk))
        for row in connection.execute(statement.order_by(reports.c.trial_id, reports.c.step)):
            found[row.trial_id][row.step] = math.nan if row.value is None else float(row.value)
    return found


def forget_reports(connection: Connection, ids: Sequence[int]) -> None:
    """Drops the reports of trials that are evaluated from the beginning again."""
    for chunk in chunks(ids):
        connection.execute(delete(reports).where(reports.c.trial_id.in_(chunk)))
