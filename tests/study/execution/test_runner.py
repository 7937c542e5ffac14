"""Runs: budgets, failures, workers that die, interruptions, executors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from augury.errors import InvalidInputError, NotSupportedError, StoreError
from augury.space.goal import Constraint, Minimize
from augury.study import Failure, Study
from augury.study.command import Command
from augury.study.signals import TransientFailure
from augury.study.store import TrialTable
from augury.study.trial import Trial
from tests.interrupts import heed_interrupts

SPACE = {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}


def study_of(store: Any = None, **options: Any) -> Study:
    arguments = {"space": SPACE, "goals": Minimize("y"), "strategy": "random", "seed": 1} | options
    return Study(store=store, **arguments)


def statuses(study: Study) -> list[str]:
    return [trial.status for trial in study.trials]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_reaches_its_budget_and_no_more(workers: int, tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    study.add({"x": 9.0, "n": 8}, 81.0)
    waiting = study.enqueue({"x": 0.5, "n": 1})
    seen: list[Trial] = []
    study.run(
        lambda params: params["x"] ** 2, 4, workers=workers, callbacks=[lambda _, trial: seen.append(trial)]
    )
    assert study.evaluated == 4
    assert statuses(study) == ["complete"] * 5
    assert sorted(trial.number for trial in seen) == [1, 2, 3, 4]
    assert study.trials[waiting.number].values == {"y": 0.25}
    assert all(trial.values["y"] == trial.params["x"] ** 2 for trial in study.trials)
    assert all(trial.started and trial.finished and trial.started <= trial.finished for trial in seen)
    study.run(lambda params: 0.0, 4, workers=workers)
    assert len(study.trials) == 5, "a study that has its budget was evaluated further"
    study.run(lambda params: 0.0, 5, workers=workers)
    assert len(study.trials) == 6


def test_what_a_function_tells_beside_the_outcomes_is_kept_as_notes() -> None:
    study = study_of()
    study.run(lambda params: {"y": params["x"], "hours": 2.5}, 2)
    assert [trial.user_attrs for trial in study.trials] == [{"hours": 2.5}] * 2
    with pytest.raises(InvalidInputError, match="unknown outcome 'Y'"):
        study.run(lambda params: {"Y": params["x"], "hours": 2.5}, 3)


def test_failures_are_recorded_and_the_run_goes_on() -> None:
    def function(x: float, n: int) -> Any:
        if n == 1:
            raise ValueError("too cold")
        if n == 2:
            return float("nan")
        if n == 4:
            return Failure("leak")
        return x, 0.1

    study = study_of()
    for n in SPACE["n"]:
        study.enqueue({"x": 1.0, "n": n})
    study.run(function, 6)
    cold, nan, leak, good = study.trials[:4]
    assert (cold.status, cold.reason) == ("failed", "ValueError: too cold")
    assert cold.traceback is not None
    assert "too cold" in cold.traceback
    assert (nan.status, nan.reason) == ("failed", "the value of 'y' is nan")
    assert (leak.status, leak.reason) == ("failed", "leak")
    assert (good.values, good.stderrs) == ({"y": 1.0}, {"y": 0.1})
    assert study.evaluated == 6


def test_a_run_in_which_nothing_is_measured_says_why() -> None:
    study = study_of()
    with pytest.warns(UserWarning, match=r"none of the 3 evaluations.*KeyError.*study.trials\[2\]"):
        study.run(lambda params: params["z"], 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study.run(lambda params: params["x"], 4)
        study.run(lambda params: params["z"], 5)  # others have been measured


def test_transient_failures_are_tried_again_and_counted_once() -> None:
    failures = iter([True, True, False, False])

    def function(params: dict[str, Any]) -> Any:
        return Failure("no answer", transient=True) if next(failures) else 1.0

    study = study_of()
    study.run(function, 2, backoff=0.0)
    assert [(trial.status, trial.attempts) for trial in study.trials] == [("complete", 2), ("complete", 0)]


@pytest.mark.parametrize(
    ("workers", "result"), [(1, (1.0, 2.0, 3.0)), (1, "high"), (1, None), (1, {"z": 1.0}), (2, object())]
)
def test_a_wrong_function_stops_the_run(workers: int, result: Any) -> None:
    study = study_of()
    with pytest.raises(InvalidInputError, match="the function's result"):
        study.run(lambda params: result, 10, workers=workers)
    assert statuses(study).count("failed") == 1
    assert "running" not in statuses(study)
    study.run(lambda params: 1.0, 3)
    assert study.evaluated == 3


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("null", "printed null (no outcome was measured); "),
        ('{"y": "2"}', """printed {"y": "2"} (the value of 'y' is '2'); """),
        ('{"Y": 2}', """printed {"Y": 2.0} (the result names the unknown outcome 'Y'); """),
        ("[1, -1]", "printed [1.0, -1.0] (the standard error of 'y' is -1.0); "),
    ],
)
def test_a_wrong_program_is_told_in_words_about_its_output(printed: str, words: str) -> None:
    study = study_of()
    command = Command([sys.executable, "-c", "import sys; print(sys.argv[1])", printed], ["x", "n"])
    with pytest.raises(InvalidInputError, match="the program's result") as caught:
        study.run(command, 10)
    assert words in str(caught.value)
    assert 'a number or a JSON object of numbers such as {"y": 1.5}' in str(caught.value)
    assert "augury.study" not in str(caught.value)
    assert statuses(study) == ["failed"]
    assert words in (study.trials[0].reason or "")


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_workers_that_die_cost_their_trial_only() -> None:
    def function(x: float, n: int) -> float:
        if n == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        if n == 4:
            os._exit(3)
        return x

    study = study_of()
    for n in SPACE["n"]:
        study.enqueue({"x": 1.0, "n": n})
    study.run(function, 4, workers=2)
    assert statuses(study) == ["complete", "failed", "failed", "complete"]
    assert study.trials[1].reason == "its worker process died (killed by SIGSEGV)"
    assert study.trials[2].reason == "its worker process died (exit code 3)"
    assert [trial.attempts for trial in study.trials] == [0, 1, 1, 0], "a death is tried again once"
    assert study.observations().failed.sum() == 2, "the model must learn where workers die"


def test_a_time_limit_stops_one_trial_only() -> None:
    def function(x: float, n: int) -> float:
        time.sleep(600 if n == 2 else 0)
        return x

    study = study_of()
    for n in SPACE["n"]:
        study.enqueue({"x": 1.0, "n": n})
    study.run(function, 4, timeout=1.0)
    assert statuses(study) == ["complete", "failed", "complete", "complete"]
    assert study.trials[1].reason == "timed out after 1 s"


def test_workers_load_only_what_the_function_needs() -> None:
    def heavy(params: dict[str, Any]) -> float:
        loaded = [name for name in ("torch", "pandas", "sqlalchemy", "numpy") if name in sys.modules]
        return float(len(loaded))

    study = study_of()
    study.run(heavy, 1, workers=2)
    assert study.value == 0.0


def test_suggestions_do_not_wait_for_the_slowest(tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    def function(x: float, n: int) -> float:
        while n == 1 and not gate.exists():
            time.sleep(0.01)
        return x

    study = study_of(space={"x": (-5.0, 10.0), "n": (1, 9)}, store=tmp_path / "study.db")
    slow = study.enqueue({"x": 1.0, "n": 1})
    for _ in range(3):
        study.enqueue({"x": 2.0, "n": 2})
    order: list[int] = []

    def note(_: Study, trial: Trial) -> None:
        order.append(trial.number)
        if len(order) == 3:
            gate.touch()

    study.run(function, 4, workers=2, callbacks=[note])
    assert order == [1, 2, 3, slow.number]


def test_stop_ends_a_run_early() -> None:
    study = study_of()
    study.run(lambda params: params["x"], 100, stop=lambda study: len(study.trials) >= 3)
    assert statuses(study) == ["complete"] * 3


def test_a_finite_space_ends_a_run() -> None:
    study = study_of(space={"n": [1, 2, 3]})
    study.run(lambda n: n, 100)
    assert study.evaluated == 3
    assert study.params == {"n": 1}


def test_a_callback_that_raises_loses_nothing() -> None:
    def fail(study: Study, trial: Trial) -> None:
        raise RuntimeError("no paper in the printer")

    study = study_of()
    with pytest.raises(RuntimeError, match="paper"):
        study.run(lambda params: params["x"], 5, callbacks=[fail])
    assert statuses(study) == ["complete"]


def test_outcomes_by_name() -> None:
    study = study_of(goals=[Minimize("y"), Constraint("p", upper=0.0)])
    study.run(lambda x, n: {"y": x, "p": n - 4.5}, 12)
    assert study.params is not None
    assert study.params["n"] <= 4


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_evaluates(executor: Any) -> None:
    study = study_of(space={"obj": (0.0, 1.0)})
    with executor(2) as pool:
        study.run(float_of, 6, workers=2, executor=pool)
        assert study.evaluated == 6
        assert pool.submit(abs, -1).result() == 1, "the user's executor was shut down"


def float_of(obj: float) -> float:
    return float(obj)


def test_an_executor_that_does_not_work_stops_the_run() -> None:
    study = study_of()
    with ProcessPoolExecutor(1) as pool, pytest.raises(InvalidInputError, match="executor"):
        study.run(lambda params: 1.0, 3, executor=pool)  # a lambda cannot be pickled
    assert statuses(study) == ["queued"]


def test_an_executor_that_is_shut_down_stops_the_run_and_loses_nothing() -> None:
    study, pool = study_of(), ThreadPoolExecutor(1)
    study.run(lambda params: 1.0, 2, executor=pool)
    pool.shutdown()
    with pytest.raises(InvalidInputError, match=r"cannot evaluate trials: .*shutdown"):
        study.run(lambda params: 1.0, 4, executor=pool)
    assert statuses(study) == ["complete", "complete", "queued"]


@pytest.mark.parametrize(
    "options",
    [
        {"budget": 0},
        {"budget": -1},
        {"budget": 2.5},
        {"workers": 0},
        {"workers": True},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": "1h"},
        {"executor": 3},
        {"callbacks": print},
        {"callbacks": [3]},
        {"stop": 3},
        {"function": 3},
        {"function": lambda a, b: 1.0},
    ],
)
def test_bad_arguments_start_nothing(options: dict[str, Any]) -> None:
    study = study_of()
    arguments = {"function": lambda params: 1.0, "budget": 3} | options
    with pytest.raises(InvalidInputError):
        study.run(**arguments)
    assert study.trials == []


def test_an_executor_has_no_time_limit() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(NotSupportedError, match="timeout"):
        study_of().run(lambda params: 1.0, 3, executor=pool, timeout=1.0)


def test_functions_that_workers_cannot_load_stop_the_run() -> None:
    lock = threading.Lock()
    with pytest.raises(InvalidInputError, match="workers=1"):
        study_of().run(lambda params: lock.acquire(), 3, workers=2)


def test_commands_run_in_folders_of_their_own(tmp_path: Path) -> None:
    text = "import os; open('here', 'w').close(); print({x})"
    study = study_of(tmp_path / "study.db")
    study.run(Command([sys.executable, "-c", text], study.space.names), 3, workers=2)
    assert all(trial.values["y"] == trial.params["x"] for trial in study.trials)
    made = sorted((tmp_path / "study.trials").glob("default/*/here"))
    assert [path.parent.name for path in made] == ["0", "1", "2"]


def test_commands_have_time_limits() -> None:
    command = Command([sys.executable, "-c", "import time; time.sleep(600)"], SPACE)
    study = study_of()
    study.run(command, 1, timeout=0.5)
    assert study.trials[0].reason == "timed out after 0.5 s"


_SCRIPT = """
import sys, time
from augury.space.goal import Minimize
from augury.study import Study

def function(params):
    print("started", flush=True)
    time.sleep(600)

study = Study({"x": (0.0, 1.0)}, Minimize("y"), strategy="random", store=sys.argv[1])
study.run(function, 10, workers=int(sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts by signal")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_puts_everything_away(workers: int, tmp_path: Path) -> None:
    # The script has no `if __name__ == "__main__"`, which worker processes must not need.
    script, store = tmp_path / "script.py", tmp_path / "study.db"
    script.write_text(_SCRIPT)
    run = subprocess.Popen(
        [sys.executable, str(script), str(store), str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    assert run.stdout is not None
    for _ in range(workers):
        assert run.stdout.readline() == "started\n"
    children = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, errors = run.communicate(timeout=30)
    assert run.returncode != 0
    assert errors.count("KeyboardInterrupt") == 1, errors
    assert psutil.wait_procs(children, timeout=10)[1] == []
    study = Study.load(store)
    assert statuses(study) == ["queued"] * workers
    assert [trial.attempts for trial in study.trials] == [0] * workers
    study.run(lambda params: 1.0, workers)
    assert statuses(study) == ["complete"] * workers


def test_a_result_that_cannot_be_stored_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Trial:
        raise StoreError("the disk is full")

    study = study_of(tmp_path / "study.db")
    monkeypatch.setattr(TrialTable, "finish", full)
    with pytest.raises(StoreError, match=r"disk is full.*trial 0 gave.*1234\.5"):
        study.run(lambda params: 1234.5, 3)
    assert statuses(study) == ["queued"]


def test_two_runs_share_a_budget(tmp_path: Path) -> None:
    def run(_: int) -> None:
        study_of(tmp_path / "study.db").run(slowly, 8)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, range(2)))
    assert statuses(Study.load(tmp_path / "study.db")) == ["complete"] * 8


def slowly(params: dict[str, Any]) -> float:
    time.sleep(0.02)
    return float(params["x"])


def test_a_run_takes_over_from_one_that_fell_silent(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    silent = study._suggester.suggest(1, origin="run", owner="elsewhere|1|1|a", budget=2)[0]
    assert silent.status == "running"
    study.run(lambda params: 1.0, 2, stale_after=0.5)
    assert [(trial.number, trial.status) for trial in study.trials] == [(0, "complete"), (1, "complete")]


class Flaky:
    """Has no licence the first times, at a point or at all of them."""

    def __init__(self, folder: Path, times: int) -> None:
        self.folder, self.times = folder, times

    def __call__(self, x: float, n: int) -> float:
        mark = self.folder / f"{n}-{os.urandom(4).hex()}"
        mark.touch()
        if len(list(self.folder.glob(f"{n}-*"))) <= self.times:
            raise TransientFailure("no licence")
        return x


@pytest.mark.parametrize("workers", [1, 2])
def test_a_transient_failure_is_raised_and_counted_once(workers: int, tmp_path: Path) -> None:
    study = study_of(tmp_path / "study.db")
    waiting = [study.enqueue({"x": 1.0, "n": n}).number for n in (1, 2)]
    (tmp_path / "marks").mkdir()
    study.run(Flaky(tmp_path / "marks", 2), 2, workers=workers, backoff=0.01)
    assert [study.trials[number].attempts for number in waiting] == [2, 2]
    assert statuses(study) == ["complete"] * 2
    assert study.observations().n == 2


def test_exhausted_retries_are_clear_and_teach_nothing(tmp_path: Path) -> None:
    study = study_of()
    study.enqueue({"x": 1.0, "n": 1})
    study.run(Flaky(tmp_path, 5), 1, retries=1, backoff=0.0)
    (trial,) = study.trials
    assert (trial.status, trial.transient, trial.attempts) == ("failed", True, 2)
    assert trial.reason == "no licence (given up after 2 attempts)"
    assert "TransientFailure" in (trial.traceback or "")
    assert study.evaluated == 1
    assert study.observations().n == 0


def test_without_retries_one_attempt_is_all(tmp_path: Path) -> None:
    study = study_of()
    study.run(Flaky(tmp_path, 5), 1, retries=0)
    assert (study.trials[0].attempts, study.trials[0].reason) == (1, "no licence")
    assert study.trials[0].transient


def test_a_finite_space_waits_for_its_retries(tmp_path: Path) -> None:
    """The last point of a space is tried again although nothing else is left to propose."""
    study = study_of(space={"n": [1, 2]})
    study.run(lambda n, calls=[]: calls.append(n) or (_flaky() if len(calls) == 2 else n), 5, backoff=0.1)
    assert statuses(study) == ["complete", "complete"]


def _flaky() -> float:
    raise TransientFailure("no licence")


def test_a_person_waits_with_the_others(tmp_path: Path) -> None:
    study = study_of()
    trial = study.ask()[0]
    assert study.tell(trial, TransientFailure("clogged")).status == "queued"
    assert study.ask()[0].number == trial.number


@pytest.mark.parametrize("options", [{"retries": -1}, {"retries": 1.5}, {"backoff": -1.0}, {"backoff": "1"}])
def test_bad_retries_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        study_of().run(lambda params: 1.0, 1, **options)
