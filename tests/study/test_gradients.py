"""Gradients that are told, from the study to the surrogate."""

from __future__ import annotations

import numpy as np
import pytest

import augury
from augury.space.gradients import encoded_gradients
from tests.models.cases import central_differences

SPACE = augury.Space(
    {
        "a": (-1.0, 3.0),
        "kind": ["p", "q"],
        "b": augury.Float(0.1, 10.0, log=True),
        "c": augury.Float(0.0, 1.0, step=0.3),
        "n": augury.Int(1, 9),
    }
)


def value(params):
    return params["a"] ** 2 * params["b"] + 3.0 * params["c"] + 0.5 * params["n"]


def gradient(params):
    return {"a": 2.0 * params["a"] * params["b"], "b": params["a"] ** 2, "c": 3.0, "n": 0.5}


def test_the_chain_rule_goes_through_every_scale():
    params = {"a": 1.2, "kind": "q", "b": 0.7, "c": 0.3, "n": 4}
    (x,) = SPACE.encode([params])
    (slopes,) = encoded_gradients(SPACE, x[None], [gradient(params)])

    def of_encoded(z):
        parts = {
            name: float(parameter.value_and_slope(np.array(u))[0])
            for name, parameter, u in zip(SPACE.columns, SPACE.column_parameters, z, strict=True)
            if name != "kind"
        }
        return value(parts)

    expected = central_differences(of_encoded, x)
    numeric = [0, 2, 3, 4]
    np.testing.assert_allclose(slopes[numeric], expected[numeric], rtol=1e-6)
    assert np.isnan(slopes[1])


def test_told_gradients_are_kept_and_become_observations(tmp_path):
    store = tmp_path / "study.db"
    study = augury.Study(SPACE, augury.Minimize("y"), store=store, seed=0)
    first, second = study.ask(2)
    study.tell(first, {"value": value(first.params), "gradient": gradient(first.params)})
    study.tell(second, value(second.params))
    study.tell(first, {"value": 1.0, "gradient": {"a": 7.0}})  # late: a replicate
    again = augury.Study.load(store)
    assert again.trials[0].gradients == {"y": gradient(first.params)}
    assert again.trials[1].gradients == {}
    observations = again.observations()
    expected = encoded_gradients(SPACE, SPACE.encode([first.params]), [gradient(first.params)])
    np.testing.assert_array_equal(observations.gradient[0], expected)
    assert observations.gradient[1, 0, 0] == 7.0 * 4.0  # the replicate follows its trial
    assert np.isnan(observations.gradient[2]).all()
    assert observations.gradient.shape == (3, 1, 5)


def test_without_gradients_there_is_no_column_of_them():
    study = augury.Study(SPACE, augury.Minimize("y"), store=None)
    study.add({"a": 0.0, "kind": "p", "b": 1.0, "c": 0.0, "n": 1}, 1.0)
    assert study.observations().gradient is None


@pytest.mark.filterwarnings("ignore")
def test_a_study_that_is_told_gradients_needs_fewer_evaluations():
    def bowl(params):
        x, y, z = (params[name] for name in "xyz")
        value = (x - 2.0) ** 2 + 10.0 * (y - 0.3) ** 2 + np.sin(3.0 * z)
        return value, [2.0 * (x - 2.0), 20.0 * (y - 0.3), 3.0 * np.cos(3.0 * z)]

    space = {"x": (-5.0, 10.0), "y": (0.0, 1.0), "z": (0.0, 2.0)}
    plain = augury.minimize(lambda params: bowl(params)[0], space, budget=12, seed=1)
    told = augury.minimize(
        lambda params: dict(zip(("value", "gradient"), bowl(params), strict=True)),
        space,
        budget=12,
        seed=1,
        model="gradient-gp",
    )
    assert told.value + 1.0 < 0.5 * (plain.value + 1.0)
    assert told.value + 1.0 < 0.01
