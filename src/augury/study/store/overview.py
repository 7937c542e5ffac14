"""The studies of a store at a glance, without reading their trials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from augury.study.store.schema import studies, trials
from augury.study.store.store import Store
from augury.study.trial import STATUSES, time_of


@dataclass(frozen=True)
class StudyOverview:
    """One study of a store.

    Args:
        name: of the study.
        goals: its goals in their JSON form.
        counts: status -> number of trials, without the statuses that do not occur.
        created: when, in UTC.
    """

    name: str
    goals: dict[str, Any]
    counts: dict[str, int]
    created: datetime | None


def overview(store: Store) -> list[StudyOverview]:
    """All studies of a store, oldest first."""

    def work(connection: Connection) -> list[StudyOverview]:
        count = select(trials.c.study_id, trials.c.status, func.count().label("count"))
        found: dict[int, dict[str, int]] = {}
        for row in connection.execute(count.group_by(trials.c.study_id, trials.c.status)):
            found.setdefault(row.study_id, {})[row.status] = int(row[2])
        rows = connection.execute(
            select(studies.c.id, studies.c.name, studies.c.goals, studies.c.created).order_by(studies.c.id)
        )
        return [
            StudyOverview(row.name, row.goals, _in_order(found.get(row.id, {})), time_of(row.created))
            for row in rows
        ]

    return store.read(work)


def revision_of(store: Store, study_id: int) -> int:
    """How often the trials of a study have changed; 0 for a study that is no longer there."""
    statement = select(studies.c.revision).where(studies.c.id == study_id)
    return store.read(lambda connection: int(connection.scalar(statement) or 0))


def _in_order(counts: dict[str, int]) -> dict[str, int]:
    return {status: counts[status] for status in STATUSES if status in counts}
