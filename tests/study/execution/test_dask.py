"""Runs on a real Dask cluster of several processes: results, lost workers, errors."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Minimize
from augury.study import Study
from augury.study.command import Command
from augury.study.execution.dask_pool import connect
from augury.study.trial import Trial

WORKERS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0", memory_limit=0, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(WORKERS)
        yield client


def study_of(store: Any = None, **options: Any) -> Study:
    arguments = {
        "space": {"x": (0.0, 1.0)},
        "goals": Minimize("y"),
        "strategy": "random",
        "seed": 1,
    } | options
    return Study(store=store, **arguments)


def test_results_are_stored_as_they_come_and_a_killed_worker_loses_none(
    client: Client, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    folder = str(calls)

    def function(x: float) -> float:
        Path(folder, f"{x!r}-{os.getpid()}").touch()
        time.sleep(0.1)
        return x**2

    study, watching = study_of(tmp_path / "study.db"), None
    stored: list[int] = []
    killed: list[int] = []

    def note(_: Study, trial: Trial) -> None:
        nonlocal watching
        watching = watching or Study.load(tmp_path / "study.db")
        stored.append(sum(one.status == "complete" for one in watching.trials))
        running = {one.params["x"] for one in watching.trials if one.status == "running"}
        held = {int(one.name.rpartition("-")[2]) for one in calls.iterdir() if _point(one) in running}
        if len(stored) >= 6 and held and not killed:
            killed.append(min(held))
            os.kill(min(held), signal.SIGKILL)

    study.run(function, 18, executor=client, callbacks=[note])
    assert [trial.status for trial in study.trials] == ["complete"] * 18
    assert [trial.attempts for trial in study.trials] == [0] * 18, (
        "a lost worker was counted against its trial"
    )
    assert all(trial.values["y"] == trial.params["x"] ** 2 for trial in study.trials)
    assert stored == sorted(stored)
    assert stored[0] < 4
    points = [_point(one) for one in calls.iterdir()]
    assert len(points) > len(set(points)), "no evaluation was lost and repeated: the test tests nothing"


def _point(file: Path) -> float:
    return float(file.name.rpartition("-")[0])


def test_running_trials_are_pending_points(client: Client) -> None:
    from tests.study.cases import Recording

    strategy = Recording()
    study = study_of(strategy=strategy)
    study.run(lambda x: time.sleep(0.05) or x, 8, executor=client, workers=WORKERS)
    pending = [len(call["pending"]) for call in strategy.calls]
    assert max(pending) == WORKERS - 1
    assert pending[:WORKERS] == list(range(WORKERS))


def test_a_cluster_that_shrinks_is_not_flooded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from augury.study.execution import dask_pool
    from tests.study.cases import Recording

    monkeypatch.setattr(dask_pool, "_COUNT_EVERY", 0.0)
    sizes = iter([3] * 4 + [1] * 10_000)
    monkeypatch.setattr(client, "nthreads", lambda: {"worker": next(sizes)})
    monkeypatch.setattr(dask_pool.Pace, "ahead", lambda self, workers: 0)
    strategy = Recording()
    study_of(strategy=strategy).run(lambda x: time.sleep(0.05) or x, 12, executor=client)
    assert [len(call["pending"]) for call in strategy.calls][3:] == [0] * 9


def test_what_takes_long_to_choose_is_chosen_ahead(client: Client) -> None:
    from tests.study.cases import Recording

    class Slow(Recording):
        def meanwhile(self) -> None:
            time.sleep(0.05)

    strategy = Slow()
    study = study_of(strategy=strategy)
    study.run(lambda x: time.sleep(0.2) or x, 14, executor=client)
    pending = [len(call["pending"]) for call in strategy.calls]
    assert WORKERS <= max(pending) < 2 * WORKERS
    assert [trial.status for trial in study.trials] == ["complete"] * 14


def test_a_point_that_kills_its_workers_is_held_responsible(client: Client) -> None:
    client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", 0))

    def function(x: float) -> float:
        if x == 0.5:
            os._exit(3)
        return x

    study = study_of()
    study.enqueue({"x": 0.5})
    study.run(function, 4, executor=client)
    assert [trial.status for trial in study.trials] == ["failed"] + ["complete"] * 3
    assert study.trials[0].attempts == 1
    assert "workers that evaluated it died" in (study.trials[0].reason or "")
    assert not study.trials[0].transient


def test_functions_that_workers_cannot_load_stop_the_run(client: Client) -> None:
    class Unloadable:
        def __call__(self, params: dict[str, Any]) -> float:
            return 1.0

        def __reduce__(self) -> Any:
            return _fail, ()

    study = study_of()
    with pytest.raises(InvalidInputError, match=r"Dask workers cannot evaluate.*no simulator here"):
        study.run(Unloadable(), 3, executor=client)
    assert {trial.status for trial in study.trials} == {"queued"}


def _fail() -> None:
    raise ModuleNotFoundError("no simulator here")


def test_what_dask_cannot_do_is_refused(client: Client) -> None:
    with pytest.raises(NotSupportedError, match="timeout"):
        study_of().run(lambda x: x, 2, executor=client, timeout=1.0)
    with pytest.raises(NotSupportedError, match="report"):
        study_of().run(lambda x, trial: x, 2, executor=client)
    with pytest.raises(InvalidInputError, match="workers"):
        study_of().run(lambda x: x, 2, executor=client, workers=0)
    client.close()
    with pytest.raises(InvalidInputError, match="connection to the Dask scheduler is lost"):
        study_of().run(lambda x: x, 2, executor=client)


def test_commands_and_their_time_limits_work_there(client: Client, tmp_path: Path) -> None:
    code = "import time; time.sleep(600 if {x} == 0.5 else 0); print({x})"
    study = study_of(tmp_path / "study.db")
    study.enqueue({"x": 0.5})
    study.run(Command([sys.executable, "-c", code], ["x"]), 3, executor=client, timeout=0.7)
    assert [trial.status for trial in study.trials] == ["failed", "complete", "complete"]
    assert study.trials[0].reason == "timed out after 0.7 s"


def test_a_scheduler_that_disappears_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    cluster = LocalCluster(n_workers=1, processes=False, dashboard_address=":0", silence_logs=50)
    client = Client(cluster.scheduler_address, timeout=1, set_as_default=False)

    def stop(_: Study, trial: Trial) -> None:
        if trial.number == 2:
            cluster.close()

    with client, pytest.raises(InvalidInputError, match="Dask scheduler is lost"):
        study.run(lambda x: time.sleep(0.05) or x, 100, executor=client, callbacks=[stop])
    found = [trial.status for trial in study.trials]
    assert found[:3] == ["complete"] * 3
    assert "running" not in found
    study.run(lambda x: x, 6)
    assert study.evaluated == 6


STUDY_FILE = """
version = 1
[study]
strategy = "random"
[space]
x = {low = 0.0, high = 10.0}
[[goal]]
minimize = "y"
[run]
function = "beside:function"
budget = 4
"""


def test_the_command_line_sends_the_study_files_own_modules(cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "helper_beside.py").write_text("def square(x):\n    return x * x\n")
    (tmp_path / "beside.py").write_text(
        "from helper_beside import square\n\ndef function(x):\n    return square(x)\n"
    )
    file = tmp_path / "study.toml"
    file.write_text(STUDY_FILE)
    result = CliRunner().invoke(app, ["run", str(file), "--dask", cluster.scheduler_address])
    assert result.exit_code == 0, result.output
    study = Study.load(tmp_path / "study.db")
    assert [trial.status for trial in study.trials] == ["complete"] * 4
    assert all(trial.values["y"] == trial.params["x"] ** 2 for trial in study.trials)


def test_no_scheduler_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augury.study.execution.dask_pool._CONNECT", 0.3)
    with pytest.raises(InvalidInputError, match="no Dask scheduler at"):
        connect("tcp://127.0.0.1:1")


@pytest.mark.parametrize("address", ["127.0.0.1", "nonsense", "carrier-pigeon://home:1", "tcp://", ""])
def test_what_is_no_address_is_not_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(*_: Any, **__: Any) -> None:
        raise AssertionError(address)  # its client would complain when it is collected

    monkeypatch.setattr("augury.study.execution.dask_pool.Client", connected)
    with pytest.raises(InvalidInputError, match="no Dask scheduler at"):
        connect(address)


def test_dask_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY_FILE.replace('function = "beside:function"', 'command = ["echo", "1"]'))
    monkeypatch.delitem(sys.modules, "augury.study.execution.dask_pool")
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = CliRunner().invoke(app, ["run", str(file), "--dask", "tcp://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "pip install 'augury[dask]'" in result.output
    assert not (tmp_path / "study.db").exists(), "a run that cannot start made a store"
