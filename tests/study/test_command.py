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
from augury.study.listener import TransientRule, read_report
from augury.study.result import Failure
from augury.study.signals import Pruned
from augury.study.trial import Trial


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
        ("pass", "printed no result"),
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


REPORTING = """
import sys, time
for step in range(3):
    print('{"step": %d, "value": %f}' % (step, float(sys.argv[1]) + step), flush=True)
    time.sleep(float(sys.argv[2]))
print('{"y": 1.0}')
print('{"step": 9, "value": 9}')
"""


class Recorder:
    """A reporter that remembers, and stops a trial from a step on."""

    def __init__(self, stops_at: int | None = None) -> None:
        self.reports: list[tuple[int, float]] = []
        self.stops_at = stops_at

    def report(self, number: int, step: int, value: float) -> None:
        self.reports.append((step, value))

    def should_prune(self, number: int) -> bool:
        return self.stops_at is not None and self.reports[-1][0] >= self.stops_at


def test_report_lines_are_reports_and_no_result() -> None:
    recorder = Recorder()
    trial = Trial(0, {"x": 5.0}, reporter=recorder)
    assert program(REPORTING, "{x}", "0")(trial.params, None, trial) == {"y": 1.0}
    assert recorder.reports == [(0, 5.0), (1, 6.0), (2, 7.0), (9, 9.0)]
    assert program(REPORTING, "{x}", "0")({"x": 5.0}) == {"y": 1.0}


def test_a_pruned_program_is_killed() -> None:
    trial = Trial(0, {"x": 5.0}, reporter=Recorder(stops_at=1))
    before = set(psutil.Process().children(recursive=True))
    started = time.monotonic()
    told = program(REPORTING.replace("float(sys.argv[2])", "60 * step"), "{x}")(trial.params, None, trial)
    assert isinstance(told, Pruned)
    assert told.reason == "at step 1"
    assert time.monotonic() - started < 30
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [one for one in left if one.status() != "zombie"]


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ('{"step": 3, "value": 0.5}', (3, 0.5)),
        ('{"value": 2, "step": 0}', (0, 2.0)),
        ('{"step": 3, "value": 0.5, "lr": 1}', None),
        ('{"step": 3.5, "value": 0.5}', None),
        ('{"step": -1, "value": 0.5}', None),
        ('{"step": true, "value": 0.5}', None),
        ('{"step": 1, "value": "low"}', None),
        ('{"step": 1, "value": ', None),
        ("step 3: 0.5", None),
    ],
)
def test_only_lines_of_the_one_form_are_reports(line: str, report: Any) -> None:
    assert read_report(line) == report


@pytest.mark.parametrize(
    ("text", "is_transient"),
    [
        ("import sys; sys.exit(75)", True),
        ("import sys; sys.exit(1)", False),
        ("import sys; print('No LICENSE left'); sys.exit(1)", True),
        ("import sys; print('license\\n' + 'x' * 9000, file=sys.stderr); sys.exit(1)", True),
        ("print('license pending')", True),
        ("print('license found'); print(1.0)", None),
        ("import os; print(3, flush=True); os.abort()", False),
    ],
)
def test_transient_failures_are_known_by_code_and_words(text: str, is_transient: bool | None) -> None:
    rule = TransientRule((75,), ("license",))
    result = Command([sys.executable, "-c", text], ["x"], transient=rule)({"x": 1})
    if is_transient is None:
        assert result == 1.0
    else:
        assert isinstance(result, Failure)
        assert result.transient == is_transient


@pytest.mark.parametrize("rule", [((0,), ()), ((True,), ()), (("75",), ()), ((), (" ",)), ((), (3,))])
def test_bad_rules_are_refused(rule: Any) -> None:
    with pytest.raises(InvalidInputError):
        TransientRule(*rule)


def test_the_placeholder_of_an_inactive_parameter_is_empty() -> None:
    show = "import json, sys; print(json.dumps(sys.argv[1:]))"
    assert program(show, "{x}", "--name={name}")({"x": 1}) == ["1", "--name="]
