"""`augury design`: designs from a table, each with a prediction and its distance from the data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.study.sheet.table import read_table


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(app, ["design", *map(str, args)])


def table(path: Path, n=30) -> Path:
    """Temperatures and solvents, the better half of them left out."""
    rng = np.random.default_rng(0)
    rows = [(int(T), str(rng.choice(["DMF", "THF"]))) for T in rng.integers(40, 80, n)]
    lines = [f"{T},{solvent},{-abs(T - 90) + (5 if solvent == 'DMF' else 0)}" for T, solvent in rows]
    path.write_text("\n".join(["T,solvent,score", *lines, "60,THF,"]) + "\n")
    return path


def test_designs_are_written_in_the_format_of_the_table(run, tmp_path):
    sheet = table(tmp_path / "past.csv")
    result = run(sheet, "--goal", "max:score", "-n", 6, "--method", "gp-ascent")
    assert result.exit_code == 0, result.output
    written = read_table(tmp_path / "past.next.csv")
    settings = ["T", "solvent", "score", "predicted score", "std of score", "distance to the data", "why"]
    assert list(written.columns) == settings
    assert written.n == 6
    assert "distance" in result.stdout
    assert (tmp_path / "past.space.toml").exists()
    again = json.loads(run(sheet, "--goal", "max:score", "-n", 3, "--method", "gp-ascent", "--json").stdout)
    for one in again["suggestions"]:
        assert set(one["params"]) == {"T", "solvent"}
        assert one["prediction"]["std"]["score"] > 0.0
        assert one["prediction"]["distance"] > 0.0


def test_the_table_of_designs_can_be_copied_below_the_experiments(run, tmp_path):
    sheet = table(tmp_path / "past.csv")
    assert run(sheet, "-g", "max:score", "-n", 2, "--method", "gp-ascent").exit_code == 0
    whole = (tmp_path / "past.next.csv").read_text()
    (tmp_path / "next.csv").write_text(whole)
    result = run("next.csv", "-g", "max:score", "-n", 2, "--json")
    assert json.loads(result.stdout)["set_aside"]["distance to the data"] == "written by augury"


def test_candidates_are_the_only_choices(run, tmp_path):
    sheet = table(tmp_path / "past.csv")
    (tmp_path / "choices.csv").write_text("T,solvent\n39,THF\n85,THF\n95,DMF\n99,DMF\n")
    options = ["-n", 3, "--method", "gp-ascent", "--candidates", "choices.csv", "--json"]
    result = run(sheet, "-g", "max:score", *options)
    chosen = {tuple(one["params"].values()) for one in json.loads(result.stdout)["suggestions"]}
    assert chosen == {(85, "THF"), (95, "DMF"), (99, "DMF")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-n", "0"], "ask for at least 1 design"),
        (["--method", "annealing"], "choose one of bridge, gp-ascent"),
        (["--model", "magic"], "there is no such model"),
        (["-o", "past.csv"], "one of the files read"),
    ],
)
def test_bad_options_are_refused_in_one_line(run, tmp_path, arguments, message):
    result = run(table(tmp_path / "past.csv"), "-g", "max:score", *arguments)
    assert result.exit_code != 0
    assert message in " ".join(result.output.split())
