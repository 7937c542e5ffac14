"""A study file with two meshes: run within a cost, shown with what it cost and what it recommends."""

import json

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
    shown = call("show", folder / "study.db")
    assert "on 20 of coarse" in shown
    assert "of fine" in shown
    assert "Recommended: " in shown
    assert "mesh = fine" in shown
    assert "slack" in shown
    document = json.loads(call("show", folder / "study.db", "--json"))
    assert sum(one["cost"] for one in document["spending"]) <= 102
    assert document["best"]["params"]["mesh"] == "fine"
    assert document["recommended"]["params"]["mesh"] == "fine"
    assert json.loads(call("show", folder / "study.db", "--json", "--no-recommend"))["recommended"] is None
