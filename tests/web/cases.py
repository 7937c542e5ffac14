"""Stores and servers that the tests of the dashboard share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.testclient import TestClient

from augury import Constraint, Failure, Maximize, Minimize, Study
from augury.study.store import Store
from augury.web.access import Access
from augury.web.app import make_app
from augury.web.server import listen

BASE = "http://127.0.0.1"


def reactor(store: str | Path | Store) -> Study:
    """A study with complete, infeasible, failed and open trials, and a category."""
    study = Study(
        {"temperature": (20.0, 120.0), "stages": (1, 8), "solvent": ["DMF", "THF", "<b>&"]},
        [Maximize("yield"), Constraint("pressure", upper=5.0)],
        name="reactor",
        strategy="random",
        seed=1,
        store=store,
    )
    for i, trial in enumerate(study.ask(14)):
        heat = trial.params["temperature"]
        if i in (3, 9):
            study.tell(trial, Failure("the pump <i>stopped</i>"))
        elif i < 12:
            study.tell(trial, {"yield": (80 - (heat - 75) ** 2 / 50 + i % 3, 0.5), "pressure": heat / 22})
    return study


def two_goals(store: str | Path | Store) -> Study:
    """A study of two objectives."""
    study = Study(
        {"x": (0.0, 1.0), "z": (0.0, 1.0)},
        [Minimize("cost"), Maximize("quality")],
        name="two goals / ?&",
        strategy="random",
        seed=2,
        store=store,
    )
    for trial in study.ask(10):
        x, z = trial.params["x"], trial.params["z"]
        study.tell(trial, {"cost": x + z * z, "quality": x**0.5 * (1 - z / 2)})
    return study


def make_store(path: Path) -> Store:
    """A store with those studies and one without trials."""
    store = Store(path)
    reactor(store)
    two_goals(store)
    Study({"x": (0.0, 1.0)}, Minimize("cost"), name="empty", store=store, seed=3)
    return store


def client(store: Store | None, *, write: bool = False, access: Access | None = None) -> TestClient:
    """A client of a dashboard that only this machine can reach."""
    return TestClient(make_app(store, access or Access(), write=write), base_url=BASE)


@contextmanager
def served(store: Store | None, *, write: bool = False) -> Iterator[str]:
    """A dashboard that listens; gives its address."""
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            make_app(store, Access(), write=write, ended=lambda: server.should_exit),
            log_level="error",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"{BASE}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
