"""A study file with two meshes: run within a cost, shown with what it cost and what it recommends."""

import json
import math
import re

import pytest
from typer.testing import CliRunner

from augury.cli.app import app

STUDY = """
version = 1
[study]
seed = 1
[space]
x = {low = 0.0, high = 1.0}
mesh = {values = ["coarse", "fine"], role = "fidelity", cost = [1, 20]}
[[goal]]
minimize = "y"
[[constraint]]
name = "load"
upper = 2.0
[run]
function = "meshes:solve"
cost_budget = 102
"""
MODULE = """
def solve(x, mesh):
    off = 0.1 if mesh == "coarse" else 0.0
    return {"y": (x - 0.3) ** 2 + off, "load": x + off}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meshes")
    (folder / "study.toml").write_text(STUDY)
    (folder / "meshes.py").write_text(MODULE)
    return folder


def call(*arguments):
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_run_keeps_its_budget_in_cost_and_show_tells_where_it_went(folder):
    output = call("run", folder / "study.toml")
    assert "Cost:" in output
    left, cost = re.search(r"(\S+) of the cost budget of 102 is left; .* costs (\S+)$", output, re.M).groups()
    assert 0 <= float(left) < float(cost)
    assert float(cost) in (1, 20)
    shown = call("show", folder / "study.db")
    assert " of coarse" in shown
    assert "of fine" in shown
    assert "Recommended: " in shown
    assert "mesh = fine" in shown
    assert "slack" in shown
    document = json.loads(call("show", folder / "study.db", "--json"))
    assert sum(one["cost"] for one in document["spending"]) <= 102
    assert document["best"]["params"]["mesh"] == "fine"
    assert document["recommended"]["params"]["mesh"] == "fine"
    assert json.loads(call("show", folder / "study.db", "--json", "--no-recommend"))["recommended"] is None


SHEET_SPACE = """[space]
x = {low = 0.0, high = 1.0}
mesh = {values = ["coarse", "fine"], role = "fidelity", cost = [1, 1.5]}
"""


def _sheet(folder):
    """Five cheap results and four dear ones, of which the hours are known."""
    lines = ["x,mesh,hours,y"]
    for mesh, hours, count in (("coarse", 1, 5), ("fine", 60, 4)):
        for x in (i / (count - 1) for i in range(count)):
            y = math.sin(7.0 * x) + 0.5 * x
            lines.append(f"{x:.3f},{mesh},{hours},{y if mesh == 'fine' else 0.8 * y + 0.3:.4f}")
    (folder / "e.csv").write_text("\n".join(lines) + "\n")
    (folder / "e.space.toml").write_text(SHEET_SPACE)
    return folder / "e.csv"


def test_the_cost_column_of_a_sheet_steers_which_version_is_suggested(augury, tmp_path):
    sheet = _sheet(tmp_path)
    told = {}
    for option in ("--ignore", "--cost"):
        found = json.loads(augury("suggest", sheet, "-g", "max:y", option, "hours", "-n", 2, "--json").stdout)
        told[option] = [one["params"]["mesh"] for one in found["suggestions"]]
        assert found["best"][0]["params"]["mesh"] == "fine"  # larger values of the coarse one do not count
    assert told["--ignore"] == ["fine", "fine"]
    assert "coarse" in told["--cost"]  # beside the rest of the start of the fine one


def test_an_acquisition_over_points_and_versions_is_named_in_the_study_file(folder):
    text = STUDY.replace("seed = 1", 'seed = 1\nacquisition = "boca"\nstore = "boca.db"')
    (folder / "boca.toml").write_text(text.replace("cost_budget = 102", "budget = 12"))
    assert "Cost:" in call("run", folder / "boca.toml")
    document = json.loads(call("show", folder / "boca.db", "--json", "--no-recommend"))
    assert {one["version"] for one in document["spending"]} == {"coarse", "fine"}


def test_one_for_several_objectives_is_refused_for_one(folder):
    text = STUDY.replace("seed = 1", 'seed = 1\nacquisition = "momf"\nstore = "momf.db"')
    (folder / "momf.toml").write_text(text)
    result = CliRunner().invoke(app, ["run", str(folder / "momf.toml")])
    assert result.exit_code == 2
    assert "is for several objectives" in result.output
