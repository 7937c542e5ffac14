"""`kill -9` at random moments of a run: nothing told is lost, nothing is duplicated, nothing is stuck."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from augury.study.study import Study
from augury.study.trial import COMPLETE, Trial
from tests.study.execution import killed_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")

_AFTER_THE_KILLS = 20


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_kill_loses_nothing(kills: int, tmp_path: Path) -> None:
    store, journal = tmp_path / "study.db", tmp_path / "journal.txt"
    moments = np.random.default_rng(kills)
    for _ in range(kills):
        _run_and_kill(store, journal, moments.uniform(0.0, 1.5))
        _check_nothing_is_lost(store, journal)
    budget = Study.load(store).evaluated + _AFTER_THE_KILLS
    subprocess.run(_command(store, journal, budget), check=True, timeout=120, stdout=subprocess.DEVNULL)
    trials = _check_nothing_is_lost(store, journal)
    assert [trial.status for trial in trials if trial.is_open] == []
    assert sum(trial.status == COMPLETE for trial in trials) == budget


def _command(store: Path, journal: Path, budget: int) -> list[str]:
    return [sys.executable, killed_run.__file__, str(store), str(journal), str(budget)]


def _run_and_kill(store: Path, journal: Path, delay: float) -> None:
    run = subprocess.Popen(_command(store, journal, 10**6), stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(delay)
    workers = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.wait()
    run.stdout.close()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == [], "the workers of a killed run live on"


def _check_nothing_is_lost(store: Path, journal: Path) -> list[Trial]:
    trials = Study.load(store).trials
    numbers = [trial.number for trial in trials]
    assert numbers == sorted(set(numbers))
    told = [line.split() for line in journal.read_text().splitlines()] if journal.exists() else []
    assert len({number for number, _ in told}) == len(told), "a trial was told twice"
    stored = {trial.number: trial for trial in trials}
    for number, value in told:
        assert stored[int(number)].values == {"y": float(value)}, f"the result of trial {number} is lost"
    for trial in trials:
        if trial.status == COMPLETE:
            x, n = trial.params["x"], trial.params["n"]
            assert trial.values == {"y": (x - 1.0) ** 2 + n}
    return trials
