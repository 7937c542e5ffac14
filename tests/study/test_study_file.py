"""Studies written as TOML."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.errors import AuguryError, InvalidInputError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.study.listener import TransientRule
from augury.study.pruning import MedianPruner, NoPruner, SuccessiveHalvingPruner, pruner_of
from augury.study.retry import RetryPolicy
from augury.study.run_settings import RunSettings
from augury.study.study import Study
from augury.study.study_file import load_study_file

COMPLETE = """
version = 1

[study]
name = "reactor"
seed = 1
strategy = "random"

[space]
temperature = {low = 20.0, high = 120.0}
solvent = ["DMF", "DMAc"]
constraints = ["temperature <= 100"]

[[goal]]
maximize = "yield"

[[constraint]]
name = "pressure"
upper = 5.0

[run]
command = ["python3", "simulate.py", "--t", "{temperature}"]
budget = 3
workers = 2
timeout = 600
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "reactor.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_complete_file(tmp_path: Path) -> None:
    file = load_study_file(written(tmp_path, COMPLETE))
    assert file.space.names == ["temperature", "solvent"]
    assert list(file.space.constraints) == ["temperature <= 100"]
    assert [*file.goals.objectives, *file.goals.constraints] == [
        Maximize("yield"),
        Constraint("pressure", upper=5.0),
    ]
    command = ("python3", "simulate.py", "--t", "{temperature}")
    assert file.run == RunSettings(command=command, budget=3, workers=2, timeout=600, pruner="none")
    study = file.open()
    assert (study.name, study.seed) == ("reactor", 1)
    assert study.store.location.path == tmp_path / "reactor.db"


def test_a_command_runs_from_the_file(tmp_path: Path) -> None:
    text = COMPLETE.replace('"python3"', repr(sys.executable).replace("'", '"'))
    (tmp_path / "simulate.py").write_text(
        "import json, sys\nprint(json.dumps({'yield': float(sys.argv[2]), 'pressure': 1}))\n"
    )
    file = load_study_file(written(tmp_path, text))
    study = file.open()
    assert file.run.budget is not None
    study.run(file.function(), file.run.budget)
    assert study.evaluated == 3
    assert study.params is not None
    assert study.params["temperature"] == study.value


def test_a_function_is_imported_from_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_simulation_of_a_file.py").write_text(
        "class Plant:\n    def f(params):\n        return 4.0\n"
    )
    text = COMPLETE.replace("command = [", "#").replace(
        "budget", 'function = "my_simulation_of_a_file:Plant.f"\nbudget'
    )
    assert load_study_file(written(tmp_path, text)).function()({}) == 4.0


def test_a_command_may_be_one_text(tmp_path: Path) -> None:
    text = COMPLETE.replace(
        '["python3", "simulate.py", "--t", "{temperature}"]', "'''prog \"a b\" {temperature} $X'''"
    )
    assert load_study_file(written(tmp_path, text)).run.command == ("prog", "a b", "{temperature}", "$X")


def test_little_is_required(tmp_path: Path) -> None:
    text = 'version = 1\n[space]\nx = {low = 0.0, high = 1.0}\n[[goal]]\nminimize = "y"\n'
    file = load_study_file(written(tmp_path, text))
    assert file.goals.objectives == [Minimize("y")]
    assert file.run == RunSettings()
    with pytest.raises(InvalidInputError, match="function or command"):
        file.function()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 1", "seed = = 1", "line 6"),
        ("version = 1", "", "version = 1"),
        ("version = 1", "version = 2", "version 2"),
        ("[study]", "[studdy]", "'study'"),
        ("seed = 1", "sead = 1", "'seed'"),
        ("seed = 1", 'seed = "one"', "whole number"),
        ('name = "reactor"', "name = 3", "text"),
        ("workers = 2", "worker = 2", "'workers'"),
        ("workers = 2", "workers = 0", "at least 1"),
        ("budget = 3", "budget = -3", "at least 1"),
        ("budget = 3", "budget = true", "whole number"),
        ("timeout = 600", 'timeout = "1h"', "seconds"),
        ("budget = 3", 'budget = 3\nfunction = "a:b"', "both"),
        ("[[goal]]", "[goal]", "[[goal]]"),
        ('maximize = "yield"', 'maximise = "yield"', "'maximize'"),
        ('maximize = "yield"', 'maximize = "yield"\nminimize = "cost"', "either"),
        ('maximize = "yield"', "maximize = 3", "non-empty text"),
        ("upper = 5.0", "uper = 5.0", "'upper'"),
        ("upper = 5.0", 'upper = "five"', "finite number"),
        ('name = "pressure"', "", "name"),
        ("high = 120.0", "high = 12.0", "temperature"),
        ("temperature <= 100", "temprature <= 100", "temprature"),
    ],
)
def test_mistakes_are_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in COMPLETE
    path = written(tmp_path, COMPLETE.replace(old, new, 1))
    with pytest.raises(InvalidInputError) as caught:
        load_study_file(path)
    message = str(caught.value)
    assert str(path) in message
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere_to_be_found:f", "ModuleNotFoundError"),
        ("os:nothing", "AttributeError"),
        ("os:sep", "cannot be called"),
        ("os", "module:function"),
        (":f", "module:function"),
    ],
)
def test_functions_that_cannot_be_imported(
    target: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    text = COMPLETE.replace("command = [", "#").replace("budget", f'function = "{target}"\nbudget')
    with pytest.raises(InvalidInputError, match=words):
        load_study_file(written(tmp_path, text)).function()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_study_file(tmp_path / "none.toml")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_study_file(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'name = "caf\xe9"')
    with pytest.raises(InvalidInputError, match="UTF-8"):
        load_study_file(path)
    assert os.listdir(tmp_path) == ["latin.toml"]


_scalars = st.none() | st.booleans() | st.integers(-10, 10) | st.floats(-10, 10) | st.text(max_size=4)
_values = st.recursive(
    _scalars.filter(lambda value: value is not None),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
_keys = st.sampled_from(
    ["name", "store", "seed", "minimize", "maximize", "upper", "lower", "function", "command", "budget", "x"]
)
_table = st.dictionaries(_keys, _values, max_size=4)
_files = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "study": _table | _values,
        "space": st.dictionaries(_keys, _values, max_size=3) | _values,
        "goal": st.lists(_table, max_size=2) | _values,
        "constraint": st.lists(_table, max_size=2) | _values,
        "run": _table | _values,
    },
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_files)
def test_any_toml_is_read_or_refused(content: dict[str, object], tmp_path: Path) -> None:
    path = written(tmp_path, tomlkit.dumps(content))
    with suppress(AuguryError):  # and nothing else
        file = load_study_file(path)
        assert file.goals.objectives
        assert file.space.names


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "reactor.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidInputError):
        load_study_file(path)


RUN = 'version = 1\n[space]\nx = {low = 0.0, high = 1.0}\n[[goal]]\nminimize = "y"\n[run]\nbudget = 6\n'


def test_retries_and_pruners_are_settings_of_the_run(tmp_path: Path) -> None:
    text = (
        RUN
        + """command = "prog"
retries = 4
backoff = 0.5
transient = {exit_codes = [75, 99], words = ["license"]}
pruner = {name = "successive-halving", min_resource = 2}
"""
    )
    file = load_study_file(written(tmp_path, text))
    assert file.run.policy == RetryPolicy(4, 0.5)
    assert file.run.transient == TransientRule((75, 99), ("license",))
    study = file.open()
    pruner = Study.load(study.store.location.path)._pruner
    assert isinstance(pruner, SuccessiveHalvingPruner)
    assert pruner.min_resource == 2


def test_a_command_is_pruned_only_where_a_pruner_is_named(tmp_path: Path) -> None:
    for line, function, kind in (
        ("", "command = 'prog'", NoPruner),
        ("pruner = 'median'", "command = 'prog'", MedianPruner),
        ("", "function = 'a:b'", MedianPruner),
    ):
        run = load_study_file(written(tmp_path, f"{RUN}{function}\n{line}\n")).run
        assert type(pruner_of(run.pruner)) is kind


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("retries = -1", "retries is -1"),
        ("backoff = inf", "backoff is inf"),
        ("transient = 75", "transient is 75"),
        ("transient = {codes = [75]}", "exit_codes"),
        ("transient = {exit_codes = 75}", "must be a list"),
        ("transient = {words = [3]}", "give text"),
        ("pruner = 'best'", "'median'"),
        ("pruner = {name = 'median', warmup = 3}", "n_warmup_steps"),
    ],
)
def test_bad_retries_and_pruners_are_refused(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=said):
        load_study_file(written(tmp_path, f"{RUN}command = 'prog'\n{line}\n"))


def test_functions_say_themselves_what_is_transient(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="TransientFailure"):
        load_study_file(written(tmp_path, f"{RUN}function = 'a:b'\ntransient = {{exit_codes = [75]}}\n"))


def test_a_command_reports_is_pruned_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "simulate.py").write_text(
        """import pathlib, sys
x = float(sys.argv[1])
if not pathlib.Path("tried").exists():
    pathlib.Path("tried").touch()
    sys.exit("no LICENSE left")
for step in range(3):
    print('{"step": %d, "value": %r}' % (step, x), flush=True)
print(x)
"""
    )
    program = json.dumps([sys.executable, "simulate.py", "{x}"])
    text = f"{RUN}command = {program}\nbackoff = 0\ntransient = {{words = ['license']}}\n"
    file = load_study_file(written(tmp_path, text + "pruner = {name = 'median', n_startup_trials = 2}\n"))
    study = file.open()
    for x in (0.1, 0.2, 0.9):
        study.enqueue({"x": x})
    study.run(file.function(), 3, retries=file.run.policy.retries, backoff=file.run.policy.backoff)
    assert [trial.status for trial in study.trials] == ["complete", "complete", "pruned"]
    assert [trial.attempts for trial in study.trials] == [1, 1, 1]
    assert study.trials[0].intermediate_values == {0: 0.1, 1: 0.1, 2: 0.1}
    assert study.trials[2].intermediate_values == {0: 0.9}
