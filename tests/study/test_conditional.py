"""A study with conditional parameters: params hold what is active, the store and the frame keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augury import Categorical, Float, Int, Minimize, Space, Study
from augury.errors import InvalidInputError
from augury.study.report import write_report
from augury.study.result import FAILED

SPACE = Space(
    {
        "optimizer": Categorical(["sgd", "adam"]),
        "momentum": Float(0.0, 1.0, active_if={"optimizer": ["sgd"]}),
        "width": Int(1, 64),
    }
)


def loss(params: dict[str, Any]) -> float:
    own = 0.5 if params["optimizer"] == "adam" else (params["momentum"] - 0.7) ** 2
    return own + abs(params["width"] - 20) / 64


def test_a_study_with_conditions_is_run_stored_reopened_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    study = Study(SPACE, [Minimize("loss")], store=str(path), seed=0)
    for i in range(14):
        (trial,) = study.ask()
        assert set(trial.params) == {"optimizer", "width"} | ({"momentum"} & set(trial.params))
        assert ("momentum" in trial.params) == (trial.params["optimizer"] == "sgd")
        study.tell(trial, FAILED if i == 5 else loss(trial.params))
    frame = study.to_dataframe()
    assert (frame["momentum"].isna() == (frame["optimizer"] == "adam")).all()
    again = Study(SPACE, [Minimize("loss")], store=str(path), seed=0)
    assert [trial.params for trial in again.trials] == [trial.params for trial in study.trials]
    write_report(again, tmp_path / "r.html")
    assert "momentum" in (tmp_path / "r.html").read_text()


def test_what_is_added_must_be_complete_and_active() -> None:
    study = Study(SPACE, [Minimize("loss")], store=None, seed=0)
    study.add({"optimizer": "adam", "width": 3}, 1.0)
    with pytest.raises(InvalidInputError, match="'momentum' exists only for"):
        study.add({"optimizer": "adam", "momentum": 0.5, "width": 3}, 1.0)
    with pytest.raises(InvalidInputError, match="'momentum' is missing"):
        study.add({"optimizer": "sgd", "width": 3}, 1.0)


def test_a_parameter_can_be_held_with_what_it_depends_on() -> None:
    study = Study(SPACE, [Minimize("loss")], store=None, seed=0)
    (trial,) = study.ask(fixed={"momentum": 0.25})
    assert trial.params["optimizer"] == "sgd"
    assert trial.params["momentum"] == 0.25
