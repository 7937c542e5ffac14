"""External programs as functions."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from augury.errors import InvalidInputError
from augury.study.command import Command, kill_running
from augury.study.result import Failure


def program(text: str, *arguments: str) -> Command:
    return Command([sys.executable, "-c", text, *arguments], ["x", "name"])


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        ("1.5", 1.5),
        ("3", 3),
        ("  1e-3  \n\n", 0.001),
        (".5", 0.5),
        ("step 1\nstep 2\n[1.5, 0.1]", [1.5, 0.1]),
        ('{"y": 1, "p": null}', {"y": 1, "p": None}),
        ("inf", float("inf")),
    ],
)
def test_the_last_line_is_the_result(printed: str, result: Any) -> None:
    assert program("import sys; print(sys.argv[1])", printed)({"x": 1}) == result


def test_placeholders_are_values_and_no_code() -> None:
    show = "import json, sys; print(json.dumps(sys.argv[1:]))"
    command = program(show, "{x}", "--name={name}", '{"x": {x}}', "$HOME; {name}", "{print $1}")
    params = {"x": 0.1, "name": "{x} `ls` {0.__class__}"}
    name = params["name"]
    assert command(params) == ["0.1", f"--name={name}", '{"x": 0.1}', f"$HOME; {name}", "{print $1}"]


@pytest.mark.parametrize("argument", ["{y}", "{}", "{x.real}", "{x!r}", "{x:>9}"])
def test_unknown_placeholders_are_refused(argument: str) -> None:
    with pytest.raises(InvalidInputError, match="no parameter"):
        program("pass", argument)


@pytest.mark.parametrize("arguments", [[], [1], ["no-such-program-anywhere"]])
def test_what_cannot_be_run_is_refused(arguments: Any) -> None:
    with pytest.raises(InvalidInputError):
        Command(arguments, ["x"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import sys; print(3); sys.exit('out of solvent')", "exit code 1: out of solvent"),
        ("import os; print(3, flush=True); os.abort()", "exit code -6"),
        ("pass", "printed nothing"),
        ("print('done')", "no number and no JSON: 'done'"),
    ],
)
def test_failures_have_reasons(text: str, reason: str) -> None:
    result = program(text)({"x": 1})
    assert isinstance(result, Failure)
    assert reason in result.reason
    assert not result.transient


def test_it_runs_in_the_trial_s_directory(tmp_path: Path) -> None:
    program("open('made', 'w').close(); print(1)")({"x": 1}, tmp_path)
    assert (tmp_path / "made").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="reads process ids from a pipe")
def test_a_time_limit_kills_all_that_was_started(tmp_path: Path) -> None:
    text = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('pid', 'w').write(str(child.pid))\n"
        "time.sleep(600)"
    )
    result = program(text).limited(3.0)({"x": 1}, tmp_path)
    assert result == Failure("timed out after 3 s")
    grandchild = int((tmp_path / "pid").read_text())
    assert _has_ended(grandchild)
    kill_running()  # nothing runs any more


def _has_ended(process_id: int) -> bool:
    for _ in range(100):
        try:
            if psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
