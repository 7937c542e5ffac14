"""`augury worker`: several processes that share nothing but a store evaluate one study."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from augury.study import Study
from augury.study.study_file import load_study_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")

BUDGET = 24
STUDY_FILE = """
version = 1
[study]
strategy = "random"
seed = 1
store = {store!r}
[space]
x = {{low = 0.0, high = 10.0}}
[[goal]]
minimize = "y"
[run]
function = "simulation:function"
budget = {budget}
"""
# Each evaluation leaves a line of its own in the journal: who, and where.
SIMULATION = """
import os, time

def function(x):
    with open({journal!r}, "a") as journal:
        journal.write(f"{{os.getpid()}} {{x!r}}\\n")
    time.sleep(0.1)
    while os.path.exists({gate!r} + str(os.getpid())):
        time.sleep(0.05)
    return x**2
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "study.db")
    url: str = request.getfixturevalue("new_postgresql")()
    return url


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_workers_share_a_study_and_one_dies(store: str, tmp_path: Path) -> None:
    journal, gate = tmp_path / "journal.txt", str(tmp_path / "held-")
    (tmp_path / "simulation.py").write_text(SIMULATION.format(journal=str(journal), gate=gate))
    file = tmp_path / "study.toml"
    file.write_text(STUDY_FILE.format(store=store, budget=BUDGET))
    load_study_file(file).open().store.close()  # as `augury ask` does

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "augury", "worker", "--store", store]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)

    def lines(process: subprocess.Popen[bytes]) -> list[str]:
        text = journal.read_text() if journal.exists() else ""
        return [line for line in text.splitlines() if line.startswith(f"{process.pid} ")]

    workers = [start() for _ in range(3)]
    victim, stopped = workers[0], workers[1]
    Path(f"{gate}{victim.pid}").touch()
    Path(f"{gate}{stopped.pid}").touch()
    _until(lambda: len(lines(victim)) > 0 and len(lines(stopped)) > 0)
    victim.send_signal(signal.SIGKILL)
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(timeout=30) == 130
    assert victim.wait() == -signal.SIGKILL
    workers.append(start())
    assert [worker.wait(timeout=60) for worker in workers[2:]] == [0, 0]

    trials = Study.load(store).trials
    assert [trial.status for trial in trials] == ["complete"] * BUDGET
    assert all(trial.values["y"] == trial.params["x"] ** 2 and not trial.replicates for trial in trials)
    assert sorted(trial.attempts for trial in trials) == [0] * (BUDGET - 1) + [1], "one loss, one attempt"
    calls = Counter(float(line.split()[1]) for line in journal.read_text().splitlines())
    assert sorted(calls.values()) == [1] * (BUDGET - 2) + [2, 2], "a trial was evaluated by two workers"
    assert all(lines(worker) for worker in workers[2:])
