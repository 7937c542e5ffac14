"""A study from its first question to its best answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augury.errors import InvalidInputError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.strategies.base import Prediction
from augury.study import Failure, Study
from tests.study.cases import study_of


def test_ask_and_tell(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "study.db")
    first, second = study.ask(2)
    assert (first.number, second.number, first.status, first.origin) == (0, 1, "queued", "ask")
    assert first.prediction == Prediction({"y": 1.0}, {"y": 2.0}, "explore")
    assert study.best is study.params is study.value is None
    study.tell(first, 3.0)
    told = study.tell(1, (2.0, 0.5), cost=4.0, user_attrs={"note": "ok"})
    assert (told.values, told.stderrs, told.cost, told.user_attrs) == (
        {"y": 2.0},
        {"y": 0.5},
        4.0,
        {"note": "ok"},
    )
    assert study.best == told
    assert (study.params, study.value) == (second.params, 2.0)


def test_results_are_on_disk_before_tell_returns(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "study.db")
    trial = study.ask()[0]
    assert Study.load(tmp_path / "study.db").trials == [trial]
    told = study.tell(trial, 3.0)
    assert Study.load(tmp_path / "study.db").trials == [told]


def test_constraints_decide_what_is_best() -> None:
    study = study_of(goals=[Maximize("y"), Constraint("p", upper=1.0)])
    study.add({"x": 0.0, "n": 1}, {"y": 9.0, "p": 2.0})
    assert study.best is None
    good = study.add({"x": 1.0, "n": 1}, {"y": 3.0, "p": 0.5})
    study.add({"x": 2.0, "n": 1}, {"y": 7.0, "p": None})
    assert study.best == good


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_ask_refuses_what_is_no_count(n: Any) -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        study_of().ask(n)


def test_bad_results_change_nothing() -> None:
    study = study_of()
    trial = study.ask()[0]
    for told in (float("nan"), float("inf"), "x", (1, 2, 3), {"z": 1}, (1, -1), None):
        with pytest.raises(InvalidInputError):
            study.tell(trial, told)
        with pytest.raises(InvalidInputError):
            study.add({"x": 0.0, "n": 1}, told)
    for cost in (float("nan"), -1.0, "dear"):
        with pytest.raises(InvalidInputError, match="cost"):
            study.tell(trial, 1.0, cost=cost)  # type: ignore[arg-type]
    for unknown in (17, -1, "0", True, 0.0):
        with pytest.raises(InvalidInputError, match="trial"):
            study.tell(unknown, 1.0)  # type: ignore[arg-type]
    for params in ({"x": 0.0}, {"x": 99.0, "n": 1}, {"x": 0.0, "n": 1, "z": 1}):
        with pytest.raises(InvalidInputError):
            study.enqueue(params)
    with pytest.raises(InvalidInputError, match="JSON"):
        study.enqueue({"x": 0.0, "n": 1}, user_attrs={"f": print})
    assert study.trials == [trial]


def test_tables_have_a_row_per_trial() -> None:
    study = Study({"x": (0.0, 1.0), "status": ["a", "b"]}, Minimize("cost"), strategy="random", store=None)
    study.add({"x": 0.5, "status": "a"}, (1.0, 0.1), cost=7.0)
    study.tell(study.ask()[0], Failure("exploded"), user_attrs={"flask": 3, "x": "spilled"})
    frame = study.to_dataframe()
    assert list(frame.columns[-2:]) == ["flask", "note_x"]
    assert frame[["flask", "note_x"]].values.tolist()[1] == [3, "spilled"]
    assert frame[["number", "trial_status", "x", "status"]].values.tolist()[0] == [0, "complete", 0.5, "a"]
    assert frame["cost"].tolist()[0] == 1.0
    assert frame["cost_stderr"].tolist()[0] == 0.1
    assert frame["trial_cost"].tolist()[0] == 7.0
    assert frame["reason"].tolist()[1] == "exploded"
    assert list(study_of().to_dataframe().columns[:5]) == ["number", "status", "origin", "x", "n"]


def test_trials_have_folders_of_their_own(tmp_path: Path) -> None:
    study = study_of(store=tmp_path / "lab.db", name="../a b" + "é" * 100)
    first, second = study.ask(2)
    assert not (tmp_path / "lab.trials").exists(), "folders are made when asked for"
    assert first.directory is not None
    assert first.directory.is_dir()
    assert first.directory.parent.parent == tmp_path / "lab.trials"
    assert first.directory != second.directory
    assert study_of().ask()[0].directory is None


@pytest.mark.parametrize("trial", ["0", 0.0, True, None, [0]])
def test_what_is_no_trial_is_refused(trial: Any) -> None:
    study = study_of()
    study.ask()
    for use in (lambda: study.tell(trial, 1.0), lambda: study.abandon(trial), lambda: study.resume(trial)):
        with pytest.raises(InvalidInputError, match="is not a trial; give a Trial or its number"):
            use()
    assert study.trials[0].status == "queued"


def test_trials_and_studies_are_shown_in_a_line(tmp_path: Path) -> None:
    study = Study({"x": (0.0, 1.0)}, Minimize("y"), store=tmp_path / "lab.db")
    added = study.add({"x": 0.5}, 2.0, cost=0.0)
    assert repr(added) == (
        "Trial(number=0, params={'x': 0.5}, status='complete', origin='add', values={'y': 2.0}, cost=0.0)"
    )
    study.enqueue({"x": 0.25})
    assert repr(study.ask()[0]) == "Trial(number=1, params={'x': 0.25}, status='queued', origin='enqueue')"
    assert repr(study) == f"Study('default', 2 trials, store='{tmp_path / 'lab.db'}')"
    assert repr(study_of()) == "Study('default', 0 trials, store=None)"


@pytest.mark.parametrize("store", ["", 3])
def test_what_is_no_store_is_refused(store: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"the store is {store!r}; give a file name"):
        Study({"x": (0.0, 1.0)}, Minimize("y"), store=store)


def test_a_trial_that_was_read_may_be_changed_without_changing_the_study() -> None:
    study = study_of()
    told = study.add({"x": 0.5, "n": 4}, 2.0, user_attrs={"note": "ok"})
    read = study.best
    assert read is not None
    read.params["x"], read.values["y"] = 9.0, -1.0
    read.user_attrs.clear()
    assert study.trials == [told]
    assert study.best == told
    assert study.observations().X.tolist() == study.space.encode([{"x": 0.5, "n": 4}]).tolist()
