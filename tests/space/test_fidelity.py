"""The roles "fidelity" and "task": what each version costs, which one counts, and their schema."""

import json
import tomllib
from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Categorical, Float, Int, Space, space_from_toml, space_to_toml
from augury.space.parameter import Parameter

X = {"x": (0.0, 1.0)}


def spaced(parameter: Parameter) -> Space:
    return Space(X | {"m": parameter})


@pytest.mark.parametrize(
    ("parameter", "values", "costs"),
    [
        (Categorical(["a", "b", "c"], role="fidelity", cost=[1, 5, 20]), "abc", [1, 5, 20]),
        (Categorical(["a", "b"], role="fidelity", cost={"b": 20, "a": 1}), "ab", [1, 20]),
        (Categorical(["a", "b", "c"], role="fidelity", cost=100), "abc", [1, 10, 100]),
        (Categorical(["a", "b", "c"], role="task"), "abc", [1, 1, 1]),
        (Categorical(["a", "b", "c"], role="task", cost=7, target="a"), "abc", [7, 1, 1]),
        (Int(1, 3, role="fidelity", cost=[1, 2, 9]), [1, 2, 3], [1, 2, 9]),
        (Int(1, 3, role="fidelity", cost=[1, 9]), [1, 2, 3], [1, 3, 9]),
        (Float(0.0, 2.0, role="fidelity", cost=[1, 100]), [0.0, 1.0, 2.0], [1, 10, 100]),
        (Float(0.0, 2.0, role="fidelity", cost={0.0: 1, 1.0: 50, 2.0: 100}), [0.0, 1.0, 2.0], [1, 50, 100]),
        (Float(1.0, 100.0, log=True, role="fidelity", cost=[1, 100]), [1.0, 10.0], [1, 10]),
    ],
)
def test_costs_are_those_declared_and_survive_the_schema(
    parameter: Parameter, values: Any, costs: list[float]
) -> None:
    space = spaced(parameter)
    for one in (space, Space.from_dict(json.loads(json.dumps(space.to_dict())))):
        assert one == space
        assert one.fidelity is not None
        points = one.encode([{"x": 0.5, "m": value} for value in values])
        np.testing.assert_allclose(one.fidelity.cost(points), costs, rtol=1e-12)


def test_a_fidelity_is_ordered_and_its_target_the_highest_unless_given() -> None:
    space = spaced(Categorical(["coarse", "mid", "fine"], role="fidelity", cost=[1, 5, 20]))
    assert space.categorical_features == []
    fidelity = space.fidelity
    assert fidelity is not None
    assert (fidelity.target, fidelity.target_cost) == (1.0, 20.0)
    middle = spaced(Categorical(["a", "b", "c"], role="fidelity", cost=[1, 5, 20], target="b")).fidelity
    assert middle is not None
    assert (middle.target, middle.target_cost) == (0.5, 5.0)
    points = space.encode([{"x": 0.1, "m": "coarse"}, {"x": 0.2, "m": "fine"}])
    assert fidelity.at_target(points).tolist() == [False, True]
    assert fidelity.at_target(fidelity.at(points, fidelity.target)).all()
    assert fidelity.is_target({"x": 0.1, "m": "fine"}, space.parameters["m"])
    assert spaced(Float(0.0, 1.0)).fidelity is None


def test_a_study_file_declares_a_fidelity() -> None:
    text = (
        'x = {low = 0.0, high = 1.0}\nmesh = {values = ["coarse", "fine"], role = "fidelity", cost = [1, 20]}'
    )
    space = space_from_toml(tomllib.loads(text))
    assert space.fidelity is not None
    assert space.fidelity.level_costs().tolist() == [1.0, 20.0]
    assert space_from_toml(tomllib.loads(space_to_toml(space).as_string())) == space


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Categorical(["a", "b"], role="fidelity", cost=[1, 2, 3]), "cost has 3 numbers.*2 values"),
        (lambda: Categorical(["a", "b"], role="fidelity", cost={"a": 1}), "must name every value"),
        (lambda: Categorical(["a", "b"], role="fidelity", cost={"a": 1, "c": 2}), "'c' is not one of"),
        (lambda: Categorical(["a", "b"], role="fidelity", cost=[1, 0]), "cost=0 must be a positive"),
        (lambda: Float(0.0, 1.0, role="fidelity", cost={0.0: 1, 0.5: 2}), "the lowest and the highest"),
        (lambda: Float(0.0, 1.0, role="fidelity", cost="1 + x"), "must be a positive number, one for each"),
        (lambda: Float(0.0, 1.0, target=1.0), "needs role='fidelity' or 'task'"),
        (lambda: Int(1, 3, role="fidelity", cost=3, target=4), "not between"),
        (lambda: spaced(Categorical(["a", "b"], role="fidelity")), "'m': a fidelity needs cost="),
        (lambda: Space({"m": Int(1, 3, role="fidelity", cost=3)}), "only parameter that varies"),
        (
            lambda: Space(X | {"m": Int(1, 3, role="fidelity", cost=3)}, constraints=["x + m <= 2"]),
            "involves 'm'",
        ),
    ],
)
def test_bad_fidelities_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()


def test_two_fidelities_are_refused() -> None:
    with pytest.raises(NotSupportedError, match="make one of all combinations"):
        Space(X | {"m": Int(1, 3, role="fidelity", cost=3), "t": Categorical(["a", "b"], role="task")})
