"""`augury check`: scores of surrogates on a table, as text, as JSON and as a picture."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from augury.cli.app import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["check", *map(str, args)])


def table(path: Path, n=24) -> Path:
    rng = np.random.default_rng(0)
    lines = ["T,solvent,yield,note"]
    for i in range(n):
        T, solvent = rng.integers(60, 120), rng.choice(["DMF", "THF"])
        value = 70 * math.exp(-(((T - 95) / 30) ** 2)) * (1.3 if solvent == "DMF" else 1.0)
        lines.append(f"{T},{solvent},{value + rng.normal():.2f},run {i}")
    lines.append("90,THF,,planned")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_each_surrogate_is_scored_on_the_same_results(run, tmp_path):
    sheet = table(tmp_path / "runs.csv")
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run(sheet, "--goal", "max:yield", "--model", "gp", "--model", "random-forest", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["n"] == 24
    assert set(document["models"]) == {"gp", "random-forest"}
    gp = document["models"]["gp"]
    assert gp["nll"] < document["models"]["random-forest"]["nll"]
    assert gp["rmse"] < 4.0
    assert set(gp["coverage"]) == {"0.5", "0.8", "0.95"}
    assert gp["coverage"]["0.5"] <= gp["coverage"]["0.8"] <= gp["coverage"]["0.95"] <= 1.0
    assert gp["folds"] == 5
    assert gp["weight"] is None
    assert sorted(path.name for path in tmp_path.iterdir()) == before  # nothing is written


def test_the_portfolio_tells_who_has_weight(run, tmp_path, monkeypatch):
    from augury.models.portfolio import members

    few = [one for one in members.MEMBERS if one.name in ("gp", "student-t")]
    monkeypatch.setattr(members, "_registered", lambda: few)
    result = run(table(tmp_path / "runs.csv"), "-g", "max:yield", "--plot", tmp_path / "calibration.svg")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert {line[0] for line in lines if line} >= {"gp", "student-t", "portfolio-predictions"}
    assert any(line[0] == "gp" and float(line[-1]) > 0.0 for line in lines if line)
    assert "24 results of yield" in result.stdout
    assert "<svg" in (tmp_path / "calibration.svg").read_text()


def test_a_table_of_candidates_is_what_settings_are_encoded_by(run, tmp_path):
    sheet = table(tmp_path / "runs.csv", n=8)
    rows = [line.split(",")[:2] for line in sheet.read_text().splitlines()[1:]]
    choices = [*rows, ["200", "DMF"]]  # a range that the experiments do not have
    (tmp_path / "choices.csv").write_text("\n".join(["T,solvent", *map(",".join, choices)]) + "\n")
    options = ["--goal", "max:yield", "--model", "gp", "--ignore", "note", "--json"]
    plain, among = (
        json.loads(run(sheet, *options, *more).stdout) for more in ([], ["--candidates", "choices.csv"])
    )
    assert plain["n"] == among["n"] == 8
    assert plain["models"]["gp"]["nll"] != among["models"]["gp"]["nll"]


def test_one_setting_can_be_left_out_at_a_time(run, tmp_path):
    sheet = table(tmp_path / "runs.csv", n=8)
    result = run(sheet, "-g", "max:yield", "--model", "gp", "--folds", 0, "--json")
    assert json.loads(result.stdout)["models"]["gp"]["folds"] == 8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "magic"], "there is no such model"),
        (["--folds", "1"], "give 2 or more"),
        (["--plot", "x.gif"], "must end in"),
        (["--goal", "max:colour"], "colour"),
    ],
)
def test_bad_options_are_answered_in_a_line(run, tmp_path, options, said):
    result = run(table(tmp_path / "runs.csv"), "--goal", "max:yield", *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_too_few_results_are_refused(run, tmp_path):
    result = run(table(tmp_path / "runs.csv", n=3), "--goal", "max:yield")
    assert result.exit_code == 2
    assert "at least 5" in result.stderr


def test_of_very_many_results_some_are_predicted(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.random(2500).round(6)
    lines = [f"{one},{math.sin(5.0 * one):.4f}" for one in x]
    (tmp_path / "many.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    result = run("many.csv", "--goal", "max:y", "--model", "random-forest", "--folds", 2)
    assert result.stdout.startswith("2000 of 2500 results of y, predicted"), result.output
