from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Categorical, Float, Goals, Int, Maximize, Minimize, Space
from augury.space.distributions import Distribution, Normal, Uniform, Weights
from augury.space.environment import Environment, FiniteMeasure, NormalMeasure, check_environment
from augury.space.parameters import Parameter, parameter_from_dict
from augury.space.toml import space_from_toml, space_to_toml

LOAD = Float(-20.0, 60.0, role="environment", distribution=Normal(10.0, 16.0))
WIND = Categorical(["calm", "storm"], role="environment", distribution=[9, 1])
SHIFT = Int(1, 3, role="environment")
PARAMETERS = [
    LOAD,
    WIND,
    SHIFT,
    Float(1.0, 100.0, log=True, role="environment"),
]


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_the_schema_keeps_the_distribution(parameter: Parameter) -> None:
    again = parameter_from_dict(parameter.to_dict())
    assert again == parameter
    assert again.distribution == parameter.distribution


def test_toml_keeps_the_distribution() -> None:
    space = Space({"x": (0.0, 1.0), "load": LOAD, "wind": WIND})
    assert space_from_toml(space_to_toml(space)) == space
    written = space_from_toml(
        {
            "x": {"low": 0.0, "high": 1.0},
            "load": {
                "low": -20.0,
                "high": 60.0,
                "role": "environment",
                "distribution": {"mean": 10.0, "std": 16.0},
            },
            "wind": {
                "values": ["calm", "storm"],
                "role": "environment",
                "distribution": {"type": "weights", "weights": [9, 1]},
            },
        }
    )
    assert written == space


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(0, 1, distribution=Uniform()), "needs role='environment'"),
        (lambda: Float(0, 1, role="environment", distribution="gamma"), "is none"),
        (lambda: Float(0, 1, role="environment", distribution=[1, 2]), "categories and levels"),
        (lambda: Int(0, 1, role="environment", distribution=[1, 2, 3]), "3 weights are given for 2"),
        (lambda: Float(0, 1, role="environment", distribution=Normal(10, 1)), "at most 8"),
        (lambda: Float(1, 9, log=True, role="environment", distribution=Normal(2, 1)), "log=True"),
        (lambda: Categorical(["a", "b"], role="environment", distribution=Normal(2, 1)), "bounds"),
        (lambda: Normal(0, 0), "std > 0"),
        (lambda: Weights([0, 0]), "not all be 0"),
        (lambda: Weights([1, -1]), "none negative"),
    ],
)
def test_bad_distributions_are_refused(make, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()


def test_finite_environments_are_all_combinations() -> None:
    environment = Environment.of(Space({"x": (0.0, 1.0), "wind": WIND, "shift": SHIFT}))
    assert environment is not None
    nodes, weights = environment.nodes(10)
    assert environment.columns == [1, 2]
    np.testing.assert_allclose(weights, [0.3, 0.3, 0.3, 1 / 30, 1 / 30, 1 / 30])
    np.testing.assert_allclose(nodes[:, 0], [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(nodes[:3, 1], [0.0, 0.5, 1.0])


def test_a_truncated_normal_has_its_quantiles() -> None:
    measure = Environment.of(Space({"x": (0.0, 1.0), "load": LOAD})).measures[0]  # type: ignore[union-attr]
    assert isinstance(measure, NormalMeasure)
    law = stats.truncnorm((-20.0 - 10.0) / 16.0, (60.0 - 10.0) / 16.0, loc=10.0, scale=16.0)
    u = np.linspace(0.001, 0.999, 50)
    np.testing.assert_allclose(-20.0 + 80.0 * measure.quantile(u), law.ppf(u), rtol=1e-10)


@pytest.mark.parametrize("others", [{}, {"shift": SHIFT}])
def test_nodes_of_a_continuous_environment_have_its_moments(others: dict[str, Parameter]) -> None:
    environment = Environment.of(Space({"x": (0.0, 1.0), "load": LOAD} | others))
    assert environment is not None
    nodes, weights = environment.nodes(64, seed=1)
    law = stats.truncnorm((-20.0 - 10.0) / 16.0, (60.0 - 10.0) / 16.0, loc=10.0, scale=16.0)
    values = -20.0 + 80.0 * nodes[:, 0]
    assert weights @ values == pytest.approx(law.mean(), abs=0.5)
    assert weights @ (values - law.mean()) ** 2 == pytest.approx(law.var(), rel=0.06)


def test_levels_take_a_normal_by_its_density() -> None:
    amounts = Categorical([1, 2, 4], ordered=True, role="environment", distribution=None)
    assert isinstance(amounts.distribution, Distribution)
    levels = Int(0, 4, role="environment", distribution=Normal(1.0, 1.0))
    measure = Environment.of(Space({"x": (0.0, 1.0), "n": levels})).measures[0]  # type: ignore[union-attr]
    assert isinstance(measure, FiniteMeasure)
    density = stats.norm.pdf(np.arange(5), 1.0, 1.0)
    np.testing.assert_allclose(measure.weights, density / density.sum())


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="one that can be chosen"):
        Environment.of(Space({"load": LOAD}))
    with pytest.raises(InvalidInputError, match="nobody chooses"):
        Environment.of(Space({"x": (0.0, 1.0), "load": LOAD}, constraints=["x + load <= 30"]))
    plain, random = Space({"x": (0.0, 1.0)}), Space({"x": (0.0, 1.0), "load": LOAD})
    with pytest.raises(InvalidInputError, match="role='environment'"):
        check_environment(plain, Goals.of(Minimize("cost", risk="worst-case")))
    with pytest.raises(NotSupportedError, match="one objective"):
        check_environment(random, Goals.of(["min:cost", "max:yield"]))
    with pytest.raises(NotSupportedError, match="let the function add to the objective"):
        check_environment(random, Goals.of(["min:cost", "stress <= 3"]))
    branches = {"c": ["a", "b"], "x": Float(0, 1, active_if={"c": ["a"]}), "load": LOAD}
    with pytest.raises(NotSupportedError, match="active_if"):
        check_environment(Space(branches), Goals.of("min:cost"))
    check_environment(random, Goals.of(Maximize("yield", risk="cvar", level=0.8)))
