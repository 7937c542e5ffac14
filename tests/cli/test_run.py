"""`augury run`: functions and programs, resuming, overriding, interrupting."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from tests.cli.store_content import content
from tests.interrupts import heed_interrupts

from augury import Study
from augury.strategies import recommendation
from augury.study import load_study_file
from augury.study.recommendation import RULES

COMMAND = [sys.executable, "-c", "print('working'); print({x} + {n})"]


@pytest.fixture
def module(study_file, monkeypatch):
    """Writes a module beside the study file and gives its name, which no other test uses."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(code):
        name = f"objective_{time.monotonic_ns()}"
        study_file.with_name(f"{name}.py").write_text(code)
        return name

    return write


def trials(study_file):
    return Study.load(study_file.with_suffix(".db")).trials


def test_a_program_is_run_per_trial_in_its_own_folder(augury, define):
    program = [sys.executable, "-c", "import os; print(os.getcwd()); open('log', 'w'); print({x} + {n})"]
    file = define(command=program, budget=2)
    lines = augury("run", file).stdout.splitlines()
    assert lines[0].startswith("[1/2] trial 0: yield = ")
    assert lines[1].startswith("[2/2] trial 1: yield = ")
    assert "best yield" in lines[2]
    for trial in trials(file):
        assert trial.values["yield"] == pytest.approx(trial.params["x"] + trial.params["n"])
        assert (trial.directory / "log").exists()


def test_a_run_goes_on_where_it_was_and_options_win(augury, define):
    file = define(command=COMMAND, budget=2)
    augury("run", file)
    assert augury("run", file, "--budget", 3).stdout.startswith("[3/3] trial 2")
    before = content(file.with_suffix(".db"))
    assert "already has 3 evaluations" in augury("run", file).stdout
    assert content(file.with_suffix(".db")) == before


def test_a_function_by_its_import_path_and_its_failures(augury, define, module):
    name = module("def f(p):\n    if p['kind'] == 'a': raise ValueError('too\\nhot')\n    return p['x']\n")
    file = define(function=f"{name}:f", budget=12)
    out = augury("run", file).stdout
    failed = [trial for trial in trials(file) if trial.status == "failed"]
    assert failed
    assert all("Traceback" in trial.traceback for trial in failed)
    assert out.count("failed: ValueError: too hot") == len(failed)
    assert len(out.splitlines()) == 12 + 4  # the results; the best, with three parameters


def test_the_timeout_option_makes_a_trial_fail(augury, define):
    file = define(command=[sys.executable, "-c", "import time; time.sleep(60)"], budget=1)
    assert "timed out" in augury("run", file, "--timeout", 0.2).stdout


def test_a_run_that_has_tried_every_point_says_so(augury, define):
    file = define(command=[sys.executable, "-c", "print({n})"], budget=20)
    text = file.read_text()
    space = "version = 1\n[space]\nn = {low = 1, high = 3}\n"
    file.write_text(space + text[text.index("[[goal]]") :])
    lines = augury("run", file).stdout.splitlines()
    assert lines[2].startswith("[3/20]")
    assert lines[-1] == "  nothing is left to evaluate: every point of the space has been tried"


def test_a_result_that_does_not_fit_ends_the_run(augury, define):
    file = define(command=[sys.executable, "-c", "print([1, 2, 3])"], budget=3)
    assert "3 values were given for the one outcome 'yield'" in augury("run", file, code=2).stderr
    assert [trial.status for trial in trials(file)] == ["failed"]


@pytest.mark.parametrize(
    ("run", "options", "message"),
    [
        ({"budget": 3}, [], "nothing to evaluate"),
        ({"command": COMMAND}, [], "--budget 40"),
        ({"command": COMMAND, "budget": 0}, [], "budget is 0"),
        ({"command": COMMAND, "budget": 3}, ["--timeout", "0"], "above 0"),
        ({"command": COMMAND, "budget": 3}, ["--timeout", "nan"], "above 0"),
        ({"command": COMMAND, "budget": 3, "timeout": -1}, [], "above 0"),
        ({"command": ["no-such-program"], "budget": 3}, [], "no-such-program"),
        ({"command": ["echo", "{temperature}"], "budget": 3}, [], "{temperature}"),
        ({"function": "no_such_module:f", "budget": 3}, [], "no_such_module"),
        ({"function": "math:no_such_function", "budget": 3}, [], "no_such_function"),
        ({"function": "math:pi", "budget": 3}, [], "cannot be called"),
        ({"function": "math", "budget": 3}, [], "module:function"),
    ],
)
def test_bad_input_makes_no_store(augury, define, run, options, message):
    file = define(**run)
    assert message in augury("run", file, *options, code=2).stderr
    assert not file.with_suffix(".db").exists()


def test_another_space_under_the_same_name_changes_nothing(augury, define):
    file = define(command=COMMAND, budget=1)
    augury("run", file)
    before = content(file.with_suffix(".db"))
    file.write_text(file.read_text().replace("high = 10.0", "high = 12.0"))
    assert "already has a study 'default'" in augury("run", file, "--budget", 2, code=2).stderr
    assert content(file.with_suffix(".db")) == before


def test_other_goals_under_the_same_name_are_told_as_they_are_written(augury, define):
    file = define(command=COMMAND, budget=1)
    augury("run", file)
    file.write_text(file.read_text().replace("maximize = ", "minimize = "))
    told = augury("run", file, "--budget", 2, code=2).stderr
    assert "its goals are max:yield, not min:yield" in told


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_says_where_it_stands_and_how_to_go_on(augury, define):
    file = define(command=[sys.executable, "-c", "import time; time.sleep(0.1); print({x})"], budget=10_000)
    arguments = [sys.executable, "-m", "augury", "run", str(file)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, preexec_fn=heed_interrupts, **pipes) as process:
        assert process.stdout.readline().startswith("[1/10000]")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    last = out.splitlines()[-1]
    assert last.startswith("stopped: ")
    assert last.endswith(f"augury run {file}")
    study = load_study_file(file).open()
    assert f" {study.evaluated} of 10000" in last
    assert study.evaluated == sum(trial.status == "complete" for trial in study.trials) >= 1
    assert not any(trial.status == "running" for trial in study.trials)


def test_several_goals_end_with_the_front(augury, define, module):
    name = module("def f(x, kind, n):\n    return {'yield': x, 'cost': x * n}")
    path = define(function=f"{name}:f", budget=6)
    path.write_text(path.read_text().replace("[run]", '[[goal]]\nminimize = "cost"\n[run]'))
    lines = augury("run", path).stdout.splitlines()
    front = Study.load(path.with_suffix(".db")).pareto_front()
    assert len(lines[-len(front) :]) == len(front)
    assert f"{len(front)} trials on the Pareto front of 6 evaluations" in lines[-len(front) - 1]
    for line, trial in zip(lines[-len(front) :], front, strict=True):
        assert line.startswith(f"  trial {trial.number}: yield = {trial.values['yield']:.6g}, cost = ")
        assert f"n = {trial.params['n']}" in line


def test_a_recommendation_is_made_where_the_file_asks_for_one(augury, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        """version = 1
[study]
strategy = "random"
seed = 1
recommend = "posterior-mean"
[space]
x = {low = 0.0, high = 1.0}
[[goal]]
maximize = "y"
[run]
command = ["PYTHON", "-c", "print(1 - ({x} - 0.5)**2)"]
budget = 6
""".replace("PYTHON", sys.executable)
    )
    shown = augury("run", path).stdout
    assert recommendation.RULES == RULES
    assert "recommended (posterior-mean), with y = " in shown
    study = Study.load(tmp_path / "study.db")
    assert study.recommend() == study.recommend("posterior-mean")
    assert study.recommend("evaluated").params in [trial.params for trial in study.trials]
    path.write_text(path.read_text().replace("posterior-mean", "mode"))
    assert "'mode' is no rule of recommendation" in augury("run", path, code=2).stderr
