"""Eight processes share one store: no trial number twice, no result lost."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from augury.study.study import Study
from tests.study.store.sharing import TRIALS, share

_PROCESSES = 8
# Loaded once for all eight.
_IMPORTS = [
    share.__module__,
    "augury.strategies.random_search",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork server")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_share_a_store(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store = str(tmp_path / "study.db")
    if kind == "postgresql":
        store = request.getfixturevalue("new_postgresql")()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTS)
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as processes:
        told = [one for part in processes.map(share, [store] * _PROCESSES) for one in part]
    trials = Study.load(store).trials
    assert sorted(number for number, _ in told) == [trial.number for trial in trials]
    assert len(trials) == _PROCESSES * TRIALS
    assert {trial.number: trial.values["y"] for trial in trials} == dict(told)
    assert all(not trial.replicates for trial in trials)
    points = {tuple(trial.params.values()) for trial in trials}
    assert len(points) == len(trials), "two processes evaluated the same point"
