"""What the tests of the dashboard share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from augury.study.store import Store
from tests.web.browser import launched
from tests.web.cases import client, make_store, served


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file: its event loop would be in the way of others."""
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def shown(shown_store: Store) -> Iterator[str]:
    """The address of a dashboard that only shows."""
    with served(shown_store) as url:
        yield url
