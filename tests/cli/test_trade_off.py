"""`augury trade-off`: a design for a preference, for people and for programs."""

from __future__ import annotations

import json

import pytest

from augury import Study


@pytest.fixture
def front(tmp_path):
    path = tmp_path / "front.db"
    study = Study({"x": (0.0, 1.0)}, ["min:cost", "max:yield"], store=path, seed=0)
    for i in range(9):
        x = i / 8
        study.add({"x": x}, {"cost": x**2, "yield": 2.0 * x})
    return path


def test_the_design_and_what_to_expect(augury, front):
    out = augury("trade-off", front, "--weight", "cost=0.7", "-w", "yield=0.3").stdout
    assert out.startswith("x = ")
    assert all(part in out for part in ("cost: ", "yield: ", "±"))


def test_json(augury, front):
    cheap, rich = (
        json.loads(augury("trade-off", front, "-w", f"cost={w}", "-w", f"yield={1 - w}", "--json").stdout)
        for w in (0.9, 0.1)
    )
    assert cheap["weights"] == {"cost": 0.9, "yield": pytest.approx(0.1)}
    assert cheap["params"]["x"] < rich["params"]["x"]
    assert set(cheap["prediction"]["mean"]) == set(cheap["prediction"]["std"]) == {"cost", "yield"}


@pytest.mark.parametrize(
    ("weights", "message"),
    [(["cost"], "OBJECTIVE=WEIGHT"), (["cost=much"], "OBJECTIVE=WEIGHT"), (["cost=1"], "'yield'")],
)
def test_bad_weights_are_refused(augury, front, weights, message):
    options = [part for one in weights for part in ("-w", one)]
    assert message in augury("trade-off", front, *options, code=2).stderr


def test_nothing_to_trade_off_yet(augury, tmp_path):
    Study({"x": (0.0, 1.0)}, ["min:a", "min:b"], store=tmp_path / "empty.db")
    options = ("-w", "a=1", "-w", "b=1")
    assert "nothing to trade off" in augury("trade-off", tmp_path / "empty.db", *options, code=2).stderr


def test_one_objective_is_told_what_to_ask_instead(augury, tmp_path):
    Study({"x": (0.0, 1.0)}, "min:a", store=tmp_path / "one.db")
    assert "augury show" in augury("trade-off", tmp_path / "one.db", "-w", "a=1", code=2).stderr
