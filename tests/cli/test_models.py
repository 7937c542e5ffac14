"""`augury models`, and --model of suggest and run."""

from __future__ import annotations

import json

import pytest
from tests.quick_models import quick_models  # noqa: F401 (a fixture)

from augury.models.registry import MODELS
from augury.study.study import Study

SHEET = """T,kind,yield
20,a,1.0
40,b,2.1
60,a,3.2
80,b,4.0
100,a,2.9
30,b,1.4
"""


def test_every_surrogate_is_listed_with_a_line(augury) -> None:
    text = augury("models").stdout
    listed = json.loads(augury("models", "--json").stdout)
    assert listed["default"] == "gp"
    assert list(listed["models"]) == MODELS.names()
    for name, line in listed["models"].items():
        assert name in text
        assert 10 < len(line) < 200
        assert line.endswith(".")


@pytest.mark.filterwarnings("ignore::augury.inference.base.InferenceWarning")
@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("model", MODELS.names())
def test_suggest_decides_and_judges_with_it(augury, tmp_path, model) -> None:
    sheet = tmp_path / "t.csv"
    sheet.write_text(SHEET)
    found = json.loads(augury("suggest", sheet, "-g", "max:yield", "--model", model, "--json").stdout)
    assert 20 <= found["suggestions"][0]["params"]["T"] <= 100
    quality = found["leave_one_out"]["yield"]
    assert quality["n"] == 6
    assert quality["error"] > 0
    assert quality["method"] in ("leave-one-out", "5-fold cross-validation")
    assert quality["r2"] < 0.05 or quality["method"] in found["model"]["yield"]


def test_a_warning_is_one_line_and_said_once(augury, tmp_path, monkeypatch) -> None:
    import warnings

    from augury.models import build

    def fit_model(model, *args, **kwargs):
        warnings.warn_explicit("the chains\n disagree", UserWarning, build.__file__, len(said))
        said.append(model)
        return model.fit()

    said: list[object] = []
    for module in ("augury.models.build", "augury.models.left_out", "augury.strategies.outcome_models"):
        monkeypatch.setattr(f"{module}.fit_model", fit_model)
    sheet = tmp_path / "t.csv"
    sheet.write_text(SHEET)
    result = augury("suggest", sheet, "-g", "max:yield")
    assert len(said) > 1
    assert result.stderr == "augury: warning: the chains disagree\n"


def test_run_decides_with_the_model_of_its_option(augury, study_file) -> None:
    text = study_file.read_text().replace('strategy = "random"', 'model = "gp"')
    study_file.write_text(text.replace("[run]", '[run]\nfunction = "surface:f"'))
    (study_file.parent / "surface.py").write_text("def f(params):\n    return params['x']\n")
    augury("run", study_file, "--model", "infinite-width", "--budget", 7)
    study = Study.load(study_file.with_suffix(".db"))
    assert study.evaluated == 7
    assert study.model == "infinite-width"


@pytest.mark.parametrize("command", ["run", "suggest"])
def test_an_unknown_model_is_answered_with_all_names(augury, study_file, tmp_path, command) -> None:
    sheet = tmp_path / "t.csv"
    sheet.write_text(SHEET)
    arguments = ("run", study_file) if command == "run" else ("suggest", sheet, "-g", "max:yield")
    before = sorted(path.name for path in tmp_path.iterdir())
    result = augury(*arguments, "--model", "gauss", code=2)
    assert "no such model" in result.stderr
    for name in MODELS.names():
        assert repr(name) in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before
