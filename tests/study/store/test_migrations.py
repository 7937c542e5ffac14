"""Stores of earlier versions, as they were, become those of this version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from augury.study.result import Failure
from augury.study.store import NewTrial, ReportTable, Store, TrialTable, migrations
from augury.testing.store_cases import ONE, study


def _as_version_1(connection: Connection) -> None:
    """Undoes what version 2 added."""
    _as_version_2(connection)
    connection.execute(text("DROP TABLE reports"))
    connection.execute(text("ALTER TABLE trials DROP COLUMN not_before"))
    connection.execute(text("UPDATE schema_version SET version = 1"))


def _as_version_2(connection: Connection) -> None:
    """Undoes what version 3 added."""
    connection.execute(text("ALTER TABLE replicates DROP COLUMN cost"))
    connection.execute(text("UPDATE schema_version SET version = 2"))


def _columns(connection: Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    return {
        table: [
            sorted((one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)),
            inspector.get_pk_constraint(table)["constrained_columns"],
            [(one["constrained_columns"], one["options"]) for one in inspector.get_foreign_keys(table)],
        ]
        for table in sorted(inspector.get_table_names())
    }


@pytest.mark.parametrize("undo", [_as_version_1, _as_version_2])
def test_an_older_store_becomes_one_of_this_version(
    undo: Callable[[Connection], None], open_store: Callable[[], Store]
) -> None:
    store = open_store()
    table = TrialTable(store, study(store))
    table.insert([NewTrial({"x": 1}, "ask", result=ONE), NewTrial({"x": 2}, "run")])
    before, fresh = table.changed_since(), store.read(_columns)
    store.write(undo)
    store.write(lambda connection: migrations.migrate(connection, "here"))
    assert store.read(_columns) == fresh, "a migrated store differs from a new one"
    assert table.changed_since() == before
    assert ReportTable(store, study(store)).add(1, 3, 0.5)
    assert table.changed_since()[1].intermediate_values == {3: 0.5}
    assert table.finish(1, Failure("lost", transient=True)).status == "queued"
    assert [late.cost for late in table.finish(0, ONE, cost=2.0).replicates] == [2.0]
