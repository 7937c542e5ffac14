"""SQLAlchemy engines set up so that a committed transaction is on disk, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, exc

from augury.errors import InvalidInputError
from augury.study.store.location import Location

# How long SQLite itself waits for another process's transaction; ours take milliseconds.
BUSY_SECONDS = 30.0

# How long a PostgreSQL server may take to answer; without a limit a wrong host would take minutes.
_CONNECT_SECONDS = 10

# Execution option of connections that will write; see `_begin`.
WRITES = "augury_writes"

_to_json = partial(json.dumps, allow_nan=False)


def make_engine(location: Location) -> Engine:
    """An engine for `location`; nothing is opened or created yet."""
    if location.url.get_backend_name() == "postgresql":
        try:
            url = location.url
            if "connect_timeout" not in url.query:
                url = url.update_query_dict({"connect_timeout": str(_CONNECT_SECONDS)})
            engine = create_engine(url, json_serializer=_to_json, pool_pre_ping=True)
        except ModuleNotFoundError:
            raise InvalidInputError(
                "a PostgreSQL store needs the psycopg driver; install it with pip install 'augury[postgres]'"
            ) from None
    else:
        if location.path is None:
            engine = create_engine(
                location.url,
                json_serializer=_to_json,
                poolclass=StaticPool,
                connect_args={"check_same_thread": False},
            )
        else:
            engine = create_engine(
                location.url, json_serializer=_to_json, connect_args={"timeout": BUSY_SECONDS}
            )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "connect", _remember_process)
    event.listen(engine, "checkout", _refuse_inherited)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Transactions begin with our own BEGIN below; Python's sqlite3 would delay it to the first write.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A result told is on disk when tell returns, even if the power goes.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # Writers take the write lock at once: a transaction that reads first and then writes cannot find that
    # another one came between, so nothing has to be repeated and no update is lost.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _remember_process(_connection: Any, record: Any) -> None:
    record.info["process"] = os.getpid()


def _refuse_inherited(_connection: Any, record: Any, proxy: Any) -> None:
    # A database connection must not be used on both sides of a fork.
    if record.info["process"] != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None
        raise exc.DisconnectionError("this connection belongs to the parent process")
