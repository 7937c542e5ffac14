"""A whole study as plain rows, out of one store and into another."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from augury.study.store.chunks import chunks
from augury.study.store.schema import replicates, reports, studies, trials
from augury.study.store.store import Store, StudyRecord
from augury.study.trial import QUEUED, RUNNING

#: What a study, a trial and a replicate have in any store; ids, leases and revisions belong to one.
STUDY = ("name", "space", "goals", "settings", "seed", "created", "next_number", "state_strategy")
TRIAL = (
    *("number", "status", "origin", "params", "measured", "cost", "reason", "transient", "traceback"),
    *("attempts", "user_attrs", "prediction", "created", "started", "finished", "handed_out"),
)
REPLICATE = ("status", "measured", "reason", "traceback", "told", "cost")


def without_run(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without what a run evaluates: a file from elsewhere must not say what is executed here."""
    return {name: value for name, value in settings.items() if name != "run"}


def read_whole(store: Store, record: StudyRecord) -> dict[str, Any]:
    """All that a store knows of a study, in one transaction, as JSON can hold it.

    A trial that is being evaluated waits in the queue again: nobody who could finish it comes with it.
    """

    def work(connection: Connection) -> dict[str, Any]:
        study = connection.execute(select(studies).where(studies.c.id == record.id)).one()
        rows = connection.execute(
            select(trials).where(trials.c.study_id == record.id).order_by("number")
        ).all()
        late: dict[int, list[dict[str, Any]]] = defaultdict(list)
        reported: dict[int, list[list[Any]]] = defaultdict(list)
        for ids in chunks([row.id for row in rows]):
            for one in connection.execute(
                select(replicates).where(replicates.c.trial_id.in_(ids)).order_by(replicates.c.id)
            ):
                late[one.trial_id].append({name: getattr(one, name) for name in REPLICATE})
            for one in connection.execute(
                select(reports).where(reports.c.trial_id.in_(ids)).order_by(reports.c.step)
            ):
                reported[one.trial_id].append([one.step, one.value])
        document = {name: getattr(study, name) for name in STUDY}
        document["settings"] = without_run(study.settings)
        document["state"] = None if study.state is None else base64.b64encode(study.state).decode()
        document["trials"] = [
            {name: getattr(row, name) for name in TRIAL}
            | ({"status": QUEUED} if row.status == RUNNING else {})
            | {"replicates": late.get(row.id, []), "reports": reported.get(row.id, [])}
            for row in rows
        ]
        return document

    return store.read(work)


def write_whole(store: Store, document: dict[str, Any]) -> bool:
    """Write a study of `read_whole` under its name, in one transaction.

    Returns:
        False, and nothing is written, where the store has a study of that name.
    """
    state = document.get("state")

    def work(connection: Connection) -> bool:
        taken = select(studies.c.id).where(studies.c.name == document["name"])
        if connection.execute(taken).first() is not None:
            return False
        row = {name: document[name] for name in STUDY}
        row |= {"revision": 1, "state": None if state is None else base64.b64decode(state)}
        connection.execute(insert(studies).values(**row))
        study_id = connection.scalar(taken)
        for one in document["trials"]:
            own = {"study_id": study_id, "revision": 1, **{name: one[name] for name in TRIAL}}
            connection.execute(insert(trials).values(**own))
        numbers = select(trials.c.number, trials.c.id).where(trials.c.study_id == study_id)
        ids = {row.number: row.id for row in connection.execute(numbers)}
        late = [
            {"trial_id": ids[one["number"]], **{name: replicate[name] for name in REPLICATE}}
            for one in document["trials"]
            for replicate in one["replicates"]
        ]
        reported = [
            {"trial_id": ids[one["number"]], "step": step, "value": value}
            for one in document["trials"]
            for step, value in one["reports"]
        ]
        for table, rows in ((replicates, late), (reports, reported)):
            if rows:
                connection.execute(insert(table), rows)
        return True

    return store.write(work)
