"""What a job evaluates, and the result that it leaves."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import InvalidInputError
from augury.study.command import Command
from augury.study.execution.batch.evaluation import evaluate_job, trial_document
from augury.study.execution.batch.folder import JobFolder
from augury.study.execution.batch.target import read_target, target_document
from augury.study.listener import TransientRule
from augury.study.result import Failure
from augury.study.signals import Pruned
from augury.study.trial import Trial
from tests.study.execution.batch import objective


def evaluated(function: Any, x: float, folder: Path, timeout: float | None = None) -> Any:
    """What the run reads, after a job has evaluated a function."""
    job = JobFolder(folder / "7" / "job-0")
    trial = Trial(7, {"x": x}, study_directory=folder)
    job.write(trial_document(trial, ["x"], target_document(function), timeout), "#!/bin/sh\n")
    evaluate_job(job.trial_file)
    return job.result(["y"])


@pytest.mark.parametrize(("x", "told"), [(0.0, [0.0, 0.5]), (5.0, [5.0, 0.5])])
def test_results_come_back(x: float, told: Any, tmp_path: Path) -> None:
    assert evaluated(objective.picky, x, tmp_path) == told


def test_failures_come_back(tmp_path: Path) -> None:
    cold = evaluated(objective.picky, 1.0, tmp_path)
    assert isinstance(cold, Failure)
    assert (cold.reason, cold.transient) == ("ValueError: too cold", False)
    assert "too cold" in (cold.traceback or "")
    nan, _ = evaluated(objective.picky, 2.0, tmp_path), None
    assert math.isnan(nan)
    pruned = evaluated(objective.picky, 3.0, tmp_path)
    assert isinstance(pruned, Pruned)
    assert pruned.reason == "hopeless"
    passing = evaluated(objective.picky, 4.0, tmp_path)
    assert (passing.reason, passing.transient) == ("no licence", True)


def test_time_limits_hold_in_jobs(tmp_path: Path) -> None:
    assert evaluated(objective.slow, 1.0, tmp_path, timeout=0.3) == Failure("timed out after 0.3 s")


def test_commands_run_in_the_trials_folder(tmp_path: Path) -> None:
    code = "import os; print(os.path.basename(os.getcwd()))"
    assert evaluated(Command([sys.executable, "-I", "-S", "-c", code], ["x"]), 1.0, tmp_path) == 7.0


def test_targets_are_found_again() -> None:
    document = json.loads(json.dumps(target_document(objective.square)))
    assert read_target(document, ["x"]) is objective.square
    rule = TransientRule((75,), ("license",))
    command = Command([sys.executable, "{x}"], ["x"], 3.0, rule)
    again = read_target(json.loads(json.dumps(target_document(command))), ["x"])
    assert isinstance(again, Command)
    assert (again.arguments, again.timeout, again.transient) == (command.arguments, 3.0, rule)


class Callable:
    def method(self, x: float) -> float:
        return x

    __call__ = method


@pytest.mark.parametrize("function", [lambda x: x, Callable(), Callable().method, len])
def test_what_cannot_be_imported_is_refused(function: Any) -> None:
    with pytest.raises(InvalidInputError, match="cannot be imported"):
        target_document(function)


@pytest.mark.parametrize(
    ("text", "outcomes", "told"),
    [
        ("3", ["y"], 3),
        ("[3, 0.5]", ["y"], [3, 0.5]),
        ('{"y": 3, "p": [1, 0.1]}', ["y", "p"], {"y": 3, "p": [1, 0.1]}),
        ('{"failed": "leak"}', ["y"], Failure("leak")),
        ('{"failed": "no licence", "transient": true}', ["y"], Failure("no licence", transient=True)),
        ('{"failed": 3}', ["failed"], {"failed": 3}),
        ('{"pruned": 3}', ["pruned"], {"pruned": 3}),
    ],
)
def test_results_of_other_programs_are_read(
    text: str, outcomes: list[str], told: Any, tmp_path: Path
) -> None:
    (tmp_path / "result.json").write_text(text)
    assert JobFolder(tmp_path).result(outcomes) == told


_WHOLE = {"version": 1, "number": 1, "directory": "/", "params": {}, "names": ["x"], "timeout": None}


def _changed(**changes: Any) -> bytes:
    return json.dumps({**_WHOLE, "target": {}, **changes}).encode()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no trial file"),
        (b'{"version": 1}', "no trial file"),
        (_changed(version=2), "version 2"),
        (_changed(version="1"), "no trial file"),
        (_changed(), "no trial file"),
        (_changed(target={"command": "echo 1"}), "no trial file"),
        (_changed(target={"function": "nowhere:f", "folder": "/"}), "cannot be imported"),
    ],
)
def test_files_that_are_no_trials_are_refused(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    if content is not None:
        path.write_bytes(content)
    result = CliRunner().invoke(app, ["evaluate", str(path)])
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "result.json").exists()
