"""Every registered surrogate from every surface of Study: by name, in a study file, in the report."""

from __future__ import annotations

import math

import pytest

from augury.errors import InvalidInputError
from augury.models.registry import MODELS
from augury.space.goal import Maximize
from augury.study.report.page import render
from augury.study.study import Study
from augury.study.study_file import load_study_file
from tests.quick_models import quick_models  # noqa: F401 (a fixture)

SPACE = {"x": (0.0, 1.0), "kind": ["a", "b", "c"]}
FILE = """
version = 1
[study]
model = "{model}"
[space]
x = {{low = 0.0, high = 1.0}}
[[goal]]
maximize = "v"
"""


def begun(model: str) -> Study:
    study = Study(SPACE, Maximize("v"), model=model, store=None, seed=0)
    for i in range(6):
        x, kind = i / 6, "abc"[i % 3]
        study.add({"x": x, "kind": kind}, 2.0 * x - (kind == "b"))
    return study


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("model", MODELS.names())
def test_a_study_decides_with_it(model: str) -> None:
    trials = begun(model).ask(2)
    assert trials[0].params != trials[1].params
    for trial in trials:
        assert 0.0 <= trial.params["x"] <= 1.0
        assert trial.params["kind"] in "abc"
        assert trial.prediction is not None
        assert math.isfinite(trial.prediction.mean["v"])
        assert trial.prediction.std["v"] >= 0.0


@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("model", ["gp", "infinite-width", "deep-ensemble"])
def test_its_report_says_how_well_it_predicts(model: str) -> None:
    page = render(begun(model))
    left_out = "one in 5 results" if model == "deep-ensemble" else "each result"
    assert f"leaving {left_out} out" in page
    assert "How far to trust the model" in page
    assert "nan" not in page.split("How far to trust the model")[1].split("</section>")[0].lower()


@pytest.mark.parametrize("model", MODELS.names())
def test_a_study_file_names_it(model: str, tmp_path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(FILE.format(model=model))
    assert load_study_file(path).open().model == model
    assert Study.load(tmp_path / "study.db").model == model


def test_an_unknown_name_is_answered_with_all_names_and_leaves_no_store(tmp_path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(FILE.format(model="gauss"))
    with pytest.raises(InvalidInputError, match=r"no model called 'gauss'.*'gp'"):
        load_study_file(path).open()
    assert not (tmp_path / "study.db").exists()
