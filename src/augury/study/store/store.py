"""The store: a database that holds studies, opened, created and migrated safely."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from augury.study.store import coordinator, sqlite_file
from augury.study.store.engine import WRITES, make_engine
from augury.study.store.faults import is_passing, store_error
from augury.study.store.location import Location
from augury.study.store.migrations import SCHEMA_VERSION, migrate, stored_version
from augury.study.store.schema import studies

Result = TypeVar("Result")

# Waits between attempts at a transaction that another one blocked, in seconds.
_WAITS = (0.01, 0.05, 0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class StudyRecord:
    """A study as it is stored: its space and goals in their JSON form, its settings, seed and birth."""

    id: int
    name: str
    space: dict[str, Any]
    goals: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    created: float


class Store:
    """Studies and their trials in an SQLite file, a PostgreSQL database, or in memory.

    Every change is one short transaction; several threads, processes and (on PostgreSQL) hosts may use one
    store at the same time.

    Args:
        store: a file name, a `postgresql://` URL, or None for a store in memory.

    Raises:
        InvalidInputError: not a file name or a URL that can be a store.
        StoreError: the file is not a store, or is from a newer version, or cannot be opened or written;
            nothing was changed.
    """

    def __init__(self, store: str | os.PathLike[str] | None = "study.db") -> None:
        self.location = Location.of(store)
        self._engine = make_engine(self.location)
        self._writer = self._engine.execution_options(**{WRITES: True})
        # A store in memory is one connection, which threads must take turns to use.
        self._turn: AbstractContextManager[Any] = nullcontext() if self._is_shared else threading.RLock()
        self._one_host = False
        self._finalizer = weakref.finalize(self, self._engine.dispose)
        try:
            self._open()
        except BaseException:
            self._finalizer()  # an open connection would leave SQLite's side files behind
            raise

    @property
    def _is_shared(self) -> bool:
        return self.location.directory is not None

    def _open(self) -> None:
        path = self.location.path
        if path is None:
            self.write(lambda connection: migrate(connection, str(self.location)))
            return
        try:
            is_new = sqlite_file.check(path)
            if not is_new:
                version = self.read(lambda connection: stored_version(connection, str(path)))
                is_new = version is None
            self._one_host = sqlite_file.is_one_host(path)
            if is_new or version != SCHEMA_VERSION or not sqlite_file.has_journal(path, self._one_host):
                self._engine.dispose()  # SQLite changes the journal only of a file that nobody has open
                sqlite_file.set_journal(path, self._one_host)
                self.write(lambda connection: migrate(connection, str(path)), claims=False)
        except (OSError, sqlite3.Error) as error:
            raise store_error(error, self.location) from error
        if self._one_host:
            self.write(lambda connection: None)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """`work` in a transaction that reads.

        Raises:
            StoreError: the database cannot be read.
        """

        def transaction() -> Result:
            with self._turn, self._engine.connect() as connection:
                return work(connection)

        return self._repeat(transaction)

    def write(self, work: Callable[[Connection], Result], *, claims: bool = True) -> Result:
        """`work` in one transaction that is on disk when this returns, or has changed nothing.

        `work` is repeated when another transaction was in the way, so it must have no effect of its own.

        Raises:
            StoreError: the database cannot be written (full disk, no permission, lost connection, in use by
                another host on a network file system).
        """

        def transaction() -> Result:
            with self._turn, self._writer.begin() as connection:
                if self._one_host and claims:
                    coordinator.claim(connection, str(self.location))
                return work(connection)

        return self._repeat(transaction)

    def _repeat(self, transaction: Callable[[], Result]) -> Result:
        for wait in (*_WAITS, None):
            try:
                return transaction()
            except (DBAPIError, sqlite3.Error) as error:
                if wait is None or not is_passing(error):
                    raise store_error(error, self.location) from error
                time.sleep(wait)
        raise AssertionError  # unreachable: the last attempt returns or raises

    def now(self, connection: Connection) -> float:
        """Seconds since 1970 by the clock that all users of the store share."""
        if connection.dialect.name == "postgresql":
            return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
        return time.time()

    def names(self) -> list[str]:
        """Names of the studies in the store, oldest first."""
        statement = select(studies.c.name).order_by(studies.c.id)
        return self.read(lambda connection: list(connection.scalars(statement)))

    def find(self, name: str) -> StudyRecord | None:
        """The study called `name`, if there is one."""
        return self.read(lambda connection: _find(connection, name))

    def create(
        self,
        name: str,
        space: Mapping[str, Any],
        goals: Mapping[str, Any],
        settings: Mapping[str, Any],
        seed: int,
    ) -> StudyRecord:
        """Stores a new study; when there is one of that name already, returns that one, unchanged."""

        def work(connection: Connection) -> StudyRecord:
            found = _find(connection, name)
            if found is not None:
                return found
            row = {"name": name, "space": space, "goals": goals, "settings": settings, "seed": seed}
            connection.execute(insert(studies).values(**row, created=self.now(connection)))
            created = _find(connection, name)
            assert created is not None
            return created

        return self.write(work)

    def remember(self, study_id: int, **settings: Any) -> None:
        """Keeps these settings of a study beside its others."""

        def work(connection: Connection) -> None:
            known = connection.scalar(select(studies.c.settings).where(studies.c.id == study_id))
            change = update(studies).where(studies.c.id == study_id)
            connection.execute(change.values(settings={**(known or {}), **settings}))

        self.write(work)

    def save_state(self, study_id: int, strategy: str, state: bytes) -> None:
        """Keeps what a strategy wants to remember; the last writer wins."""
        change = update(studies).where(studies.c.id == study_id).values(state=state, state_strategy=strategy)
        self.write(lambda connection: connection.execute(change))

    def load_state(self, study_id: int, strategy: str) -> bytes | None:
        """What `strategy` last saved for the study; None when another strategy saved last."""
        statement = select(studies.c.state).where(
            studies.c.id == study_id, studies.c.state_strategy == strategy
        )
        return self.read(lambda connection: connection.scalar(statement))

    def close(self) -> None:
        """Ends the store's connections; the object must not be used afterwards."""
        if self._one_host:
            self.write(coordinator.release, claims=False)
        self._finalizer()


def _find(connection: Connection, name: str) -> StudyRecord | None:
    columns = (
        studies.c.id,
        studies.c.name,
        studies.c.space,
        studies.c.goals,
        studies.c.settings,
        studies.c.seed,
        studies.c.created,
    )
    row = connection.execute(select(*columns).where(studies.c.name == name)).one_or_none()
    return None if row is None else StudyRecord(*row)
