"""Which study is meant: a new one, a stored one, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augury.errors import InvalidInputError
from augury.space import Float, Int, Space
from augury.space.goal import Constraint, Maximize, Minimize
from augury.study import Study
from tests.study.cases import SPACE, Recording, study_of


@pytest.mark.parametrize(
    ("space", "goals", "options", "words"),
    [
        ({"x": (-5.0, 11.0), "n": [1, 2, 4, 8]}, Minimize("y"), {}, "'x'"),
        ({"x": (-5.0, 10.0)}, Minimize("y"), {}, "'n'"),
        ({**SPACE, "z": (0, 1)}, Minimize("y"), {}, "'z'"),
        (Space(SPACE, constraints=["2*x <= 8"]), Minimize("y"), {}, "constraints"),
        ({"n": SPACE["n"], "x": SPACE["x"]}, Minimize("y"), {}, "order"),
        (SPACE, Maximize("y"), {}, "goals"),
        (SPACE, Minimize("y"), {"seed": 8}, "seed"),
    ],
)
def test_another_study_of_the_same_name_is_refused(
    space: Any, goals: Any, options: Any, words: str, tmp_path: Path
) -> None:
    store = tmp_path / "study.db"
    study_of(store=store).add({"x": 0.0, "n": 1}, 2.0)
    with pytest.raises(InvalidInputError, match=words) as caught:
        Study(space, goals, store=store, **options)
    assert "another name" in str(caught.value)
    assert "another store" in str(caught.value)
    assert len(Study.load(store).trials) == 1
    assert Study(space, goals, store=store, name="other", **options).trials == []


@pytest.mark.parametrize(
    "options",
    [
        {"name": ""},
        {"name": "x" * 300},
        {"seed": -1},
        {"seed": 1.5},
        {"strategy": "oracle"},
        {"strategy": Recording(), "model": "gp"},
        {"strategy": 3},
        {"goals": Minimize("x")},
        {"goals": "yield"},
        {"space": {"x": (1.0, 0.0)}},
    ],
)
def test_bad_arguments_make_no_store(options: dict[str, Any], tmp_path: Path) -> None:
    arguments = {"space": SPACE, "goals": Minimize("y"), "store": tmp_path / "study.db"} | options
    with pytest.raises(InvalidInputError):
        Study(**arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", [{"strategy": "none such"}, {"model": "none such"}, {"acquisition": 5}])
def test_load_refuses_parts_that_are_none(part: dict[str, Any], tmp_path: Path) -> None:
    store = tmp_path / "study.db"
    Study(SPACE, Minimize("y"), store=store)
    with pytest.raises(InvalidInputError, match=r"none such|given int"):
        Study.load(store, **part)


def test_load_finds_the_study(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    space = Space({"x": Float(1e-3, 1.0, log=True), "n": Int(1, 9, step=2)}, constraints=["x + n <= 8"])
    made = Study(space, [Maximize("y"), Constraint("p", lower=0.0)], strategy="random", store=path)
    loaded = Study.load(path)
    assert (loaded.space, loaded.goals, loaded.seed, loaded.name) == (space, made.goals, made.seed, "default")
    assert loaded.ask()[0].number == 0
    Study(SPACE, Minimize("y"), store=path, name="second")
    assert Study.load(path, "second").goals.outcomes == ["y"]
    with pytest.raises(InvalidInputError, match="'default', 'second'"):
        Study.load(path)
    with pytest.raises(InvalidInputError, match="'third'"):
        Study.load(path, "third")
    with pytest.raises(InvalidInputError, match="no store"):
        Study.load(tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()
