"""What the tests of the dashboard share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from augury.study.store import Store
from tests.web.cases import client, make_store


@pytest.fixture(scope="session")
def shown_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that tests only look at."""
    store = make_store(tmp_path_factory.mktemp("shown") / "lab.db")
    yield store
    store.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of such a store, which nobody has open."""
    path = tmp_path_factory.mktemp("template") / "lab.db"
    make_store(path).close()
    return path


@pytest.fixture
def changed_store(template: Path, tmp_path: Path) -> Iterator[Store]:
    """A store of a test's own."""
    store = Store(shutil.copy(template, tmp_path / "lab.db"))
    yield store
    store.close()


@pytest.fixture(scope="session")
def reader(shown_store: Store) -> TestClient:
    """A client of a dashboard that only shows."""
    return client(shown_store)


@pytest.fixture
def writer(changed_store: Store) -> TestClient:
    """A client of a dashboard with --write."""
    return client(changed_store, write=True)
