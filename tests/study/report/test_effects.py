"""Effects on functions whose effects are known."""

from __future__ import annotations

import numpy as np
import pytest

from augury import Categorical, Float, Maximize, Space, Study
from augury.space.sampling import sobol
from augury.study.report.effects import common_limits, effect_figure, effects, importance
from augury.study.report.surrogate import FEWEST, fit_surrogate

SPACE = Space(
    {
        "strong": (0.0, 10.0),
        "none": (-1.0, 1.0),
        "kind": ["a", "b", "c"],
        "log": Float(1e-4, 1.0, log=True),
        "size": Categorical(["s", "m", "l"], ordered=True),
    }
)


@pytest.fixture(scope="module")
def surrogate():
    study = Study(SPACE, Maximize("y"), store=None)
    for params in SPACE.decode(sobol(SPACE, 40, seed=3)):
        study.add(params, 5 * params["strong"] + 8 * (params["kind"] == "b"))
    return fit_surrogate(SPACE, study.observations(), "y", 0)


def test_importance_orders_parameters_by_what_they_do(surrogate):
    strength = dict(zip(SPACE.columns, importance(surrogate, SPACE), strict=True))
    idle = max(strength["none"], strength["log"], strength["size"])
    assert strength["strong"] > strength["kind"] > 2 * idle


def test_effects_have_the_size_of_the_function(surrogate):
    best = SPACE.encode([{"strong": 9.0, "none": 0.0, "kind": "b", "log": 0.01, "size": "m"}])[0]
    strong, kind = effects(surrogate, SPACE, best, [0, 2])
    assert strong.values[0] == 0.0
    assert strong.values[-1] == 10.0
    assert strong.mean[-1] - strong.mean[0] == pytest.approx(50.0, abs=4.0)
    assert kind.values == ["a", "b", "c"]
    assert kind.best == "b"
    assert kind.mean[1] - kind.mean[0] == pytest.approx(8.0, abs=2.0)


def test_values_and_axis_follow_the_parameter(surrogate):
    best = SPACE.encode([{"strong": 9.0, "none": 0.0, "kind": "b", "log": 0.01, "size": "m"}])[0]
    shown = effects(surrogate, SPACE, best, [2, 3, 4])
    limits = common_limits(shown)
    kind, log, size = (effect_figure(effect, "y", limits).axes[0] for effect in shown)
    assert log.get_xscale() == "log"
    assert [text.get_text() for text in size.get_yticklabels()] == ["s", "m", "l"]
    assert kind.get_yticklabels()[-1].get_text() == "b"
    assert kind.get_xlim() == log.get_ylim() == limits


def test_the_band_is_inside_the_common_limits(surrogate):
    best = SPACE.encode([{"strong": 9.0, "none": 0.0, "kind": "b", "log": 0.01, "size": "m"}])[0]
    shown = effects(surrogate, SPACE, best, list(range(5)))
    low, high = common_limits(shown)
    for effect in shown:
        assert np.all(effect.mean - 2 * effect.std >= low)
        assert np.all(effect.mean + 2 * effect.std <= high)


@pytest.mark.parametrize("results", [[1.0] * 5, [1.0, 2.0][: FEWEST - 1]])
def test_there_is_no_surrogate_without_different_results(results):
    study = Study(SPACE, Maximize("y"), store=None)
    for params, y in zip(SPACE.decode(sobol(SPACE, len(results), seed=0)), results, strict=True):
        study.add(params, y)
    assert fit_surrogate(SPACE, study.observations(), "y", 0) is None
