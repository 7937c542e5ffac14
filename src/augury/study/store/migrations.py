"""The version of a store's schema, and the steps that bring an older store up to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, delete, insert, inspect, select, text

from augury.errors import StoreError
from augury.study.store.schema import metadata, schema_version

SCHEMA_VERSION = 3


def _double(connection: Connection) -> str:
    return "DOUBLE" if connection.dialect.name == "sqlite" else "DOUBLE PRECISION"


def _reports_and_retries(connection: Connection) -> None:
    """Intermediate values, and the time before which a trial is not tried again."""
    double = _double(connection)
    connection.execute(text(f"ALTER TABLE trials ADD COLUMN not_before {double}"))
    connection.execute(
        text(
            f"CREATE TABLE reports (trial_id INTEGER NOT NULL, step BIGINT NOT NULL, value {double}, "
            "PRIMARY KEY (trial_id, step), FOREIGN KEY (trial_id) REFERENCES trials (id) ON DELETE CASCADE)"
        )
    )


def _costs_of_replicates(connection: Connection) -> None:
    """What an evaluation cost whose result came when its trial was closed."""
    connection.execute(text(f"ALTER TABLE replicates ADD COLUMN cost {_double(connection)}"))


# A step lifts a store from the version that is its key to the next one. It is never edited once released,
# and so does not use the tables of schema.py, which are those of the newest version.
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {
    1: _reports_and_retries,
    2: _costs_of_replicates,
}

# Any number of our own: processes that create the same PostgreSQL store at once wait for one another.
_LOCK = 0x61756775


def stored_version(connection: Connection, location: str) -> int | None:
    """The schema version of a store; None when it is still empty.

    Raises:
        StoreError: it holds something else than an augury store, or one that a newer version wrote.
    """
    tables = set(inspect(connection).get_table_names())
    if schema_version.name not in tables:
        ours = tables & set(metadata.tables)
        if ours or (tables and connection.dialect.name == "sqlite"):
            raise StoreError(
                f"{location} is a database, but not augury's (it has a table {min(ours or tables)!r}); "
                "give the store another name"
            )
        return None
    version = connection.scalar(select(schema_version.c.version))
    if version is None:
        raise StoreError(f"{location} is damaged: it does not say which version of augury wrote it")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{location} was written by a newer version of augury (its schema is {version}, this version "
            f"knows up to {SCHEMA_VERSION}); update augury: pip install --upgrade augury"
        )
    return int(version)


def migrate(connection: Connection, location: str) -> None:
    """Creates the tables of an empty store, or brings an older one up to `SCHEMA_VERSION`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    version = stored_version(connection, location)
    if version == SCHEMA_VERSION:
        return
    if version is None:
        metadata.create_all(connection)
    else:
        for step in range(version, SCHEMA_VERSION):
            MIGRATIONS[step](connection)
        connection.execute(delete(schema_version))
    connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
