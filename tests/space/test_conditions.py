from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.enumeration import all_points
from augury.space.parameters import Categorical, Float, Int
from augury.space.sampling import sobol, uniform
from augury.space.space import Space
from augury.space.toml import space_from_toml, space_to_toml

OPTIMISERS = Space(
    {
        "optimizer": ["sgd", "adam", "none"],
        "rate": Float(1e-5, 1.0, log=True, active_if={"optimizer": ["sgd", "adam"]}),
        "momentum": Float(0.0, 1.0, active_if={"optimizer": ["sgd"]}),
        "nesterov": Categorical([False, True], active_if={"optimizer": ["sgd"]}),
        "lookahead": Int(1, 5, active_if={"nesterov": [True]}),
        "width": Int(1, 64),
    }
)


def valid(space: Space, params: dict[str, Any]) -> dict[str, Any]:
    """The params without those that are inactive, by the definition of a condition."""
    kept: dict[str, Any] = {}
    for name, parameter in space.parameters.items():  # parents come first here
        wanted = parameter.active_if or {}
        if all(parent in kept and kept[parent] in values for parent, values in wanted.items()):
            kept[name] = params[name]
    return kept


full = st.fixed_dictionaries(
    {
        "optimizer": st.sampled_from(["sgd", "adam", "none"]),
        "rate": st.sampled_from([1e-5, 1e-3, 1.0]),
        "momentum": st.sampled_from([0.0, 0.25, 1.0]),
        "nesterov": st.booleans(),
        "lookahead": st.integers(1, 5),
        "width": st.integers(1, 64),
    }
)


@given(full)
def test_params_hold_what_is_active_and_survive_encoding(params: dict[str, Any]) -> None:
    kept = valid(OPTIMISERS, params)
    X = OPTIMISERS.encode([kept])
    assert OPTIMISERS.decode(X) == [kept]
    assert OPTIMISERS.validate(kept) == kept
    assert np.array_equal(OPTIMISERS.snap(X), X)
    active = OPTIMISERS.conditions.active(X)[0]
    assert {name for name, on in zip(OPTIMISERS.columns, active, strict=True) if on} == set(kept)


@given(full, full)
def test_points_are_equal_exactly_when_their_params_are(a: dict[str, Any], b: dict[str, Any]) -> None:
    kept = [valid(OPTIMISERS, params) for params in (a, b)]
    X = OPTIMISERS.encode(kept)
    assert np.array_equal(X[0], X[1]) == (kept[0] == kept[1])


@given(st.lists(st.floats(-0.5, 2.5), min_size=6, max_size=6))
def test_any_point_snaps_to_params_that_are_valid(x: list[float]) -> None:
    X = OPTIMISERS.snap(np.array([x]))
    (params,) = OPTIMISERS.decode(X)
    assert OPTIMISERS.validate(params) == params
    assert np.array_equal(OPTIMISERS.encode([params]), X)


@pytest.mark.parametrize("sampler", [sobol, uniform])
def test_designs_are_canonical_and_reach_every_branch(sampler: Any) -> None:
    X = sampler(OPTIMISERS, 64, seed=0)
    assert np.array_equal(OPTIMISERS.conditions.canonical(X), X)
    kinds = {tuple(sorted(params)) for params in OPTIMISERS.decode(X)}
    assert len(kinds) == 4  # none; adam; sgd without and with the lookahead


def test_a_missing_parameter_and_one_that_is_inactive_are_refused() -> None:
    good = {"optimizer": "adam", "rate": 0.1, "width": 3}
    with pytest.raises(InvalidInputError, match="'rate' is missing"):
        OPTIMISERS.encode([good, {"optimizer": "adam", "width": 3}])
    with pytest.raises(InvalidInputError, match="'rate' is missing"):
        OPTIMISERS.validate({"optimizer": "adam", "width": 3})
    with pytest.raises(InvalidInputError, match=r"'momentum' exists only for optimizer in \['sgd'\]"):
        OPTIMISERS.validate(good | {"momentum": 0.5})


def test_finite_spaces_count_and_list_each_point_once() -> None:
    space = Space(
        {
            "a": ["u", "v", "w"],
            "b": Int(1, 4, active_if={"a": ["u"]}),
            "c": Categorical(["x", "y"], active_if={"b": [2, 3]}),
        }
    )
    assert space.size == 2 + 2 + 2 * 2
    assert len({str(params) for params in space.decode(all_points(space))}) == 8


def test_holding_a_conditional_parameter_holds_what_it_needs() -> None:
    held = OPTIMISERS.restrict({"lookahead": 2})
    assert held.decode_fixed() == {"optimizer": "sgd", "nesterov": True, "lookahead": 2}
    assert all(params["lookahead"] == 2 for params in held.decode(sobol(held, 8, seed=0)))
    with pytest.raises(InvalidInputError, match="hold 'optimizer' as well"):
        OPTIMISERS.restrict({"rate": 0.1})
    with pytest.raises(InvalidInputError, match="'rate' does not exist where 'optimizer' is 'none'"):
        OPTIMISERS.restrict({"rate": 0.1, "optimizer": "none"})
    inactive = OPTIMISERS.restrict({"optimizer": "none"})
    assert all(
        set(params) == {"optimizer", "width"} for params in inactive.decode(sobol(inactive, 8, seed=0))
    )


@given(st.permutations(list(OPTIMISERS.parameters)))
def test_schemas_and_study_files_keep_the_conditions(order: list[str]) -> None:
    space = Space({name: OPTIMISERS.parameters[name] for name in order})
    assert Space.from_dict(space.to_dict()) == space
    assert space_from_toml(space_to_toml(space)) == space
    (params,) = space.decode(sobol(space, 1, seed=1))
    assert space.decode(space.encode([params])) == [params]


def test_the_inline_form_of_a_study_file() -> None:
    content = {
        "optimizer": ["sgd", "adam"],
        "momentum": {"low": 0.0, "high": 1.0, "active_if": {"optimizer": ["sgd"]}},
    }
    assert space_from_toml(content).parameters["momentum"].active_if == {"optimizer": ["sgd"]}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"b": Float(0.0, 1.0, active_if={"z": [1]})}, "'b': active_if: 'z' is no other parameter"),
        ({"b": Float(0.0, 1.0, active_if={"b": [1]})}, "'b' is no other parameter"),
        ({"b": Float(0.0, 1.0, active_if={"a": ["q"]})}, "'q' is not one of 'u', 'v'"),
        ({"b": Float(0.0, 1.0, active_if={"a": ["u", "v"]})}, "all values of 'a' are listed"),
        ({"b": Float(0.0, 1.0), "d": Int(0, 1, active_if={"b": [0.5]})}, "'b' has no short list of values"),
        (
            {"b": Int(0, 1, active_if={"d": [1]}), "d": Int(0, 1, active_if={"b": [1]})},
            "go in a circle",
        ),
    ],
)
def test_conditions_that_make_no_sense_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space({"a": ["u", "v"], **parameters})


def test_conditions_in_tables_constraints_and_other_roles_are_not_supported() -> None:
    with pytest.raises(NotSupportedError, match="'w': active_if is not supported with role='environment'"):
        Space({"a": ["u", "v"], "w": Float(0.0, 1.0, role="environment", active_if={"a": ["u"]})})
    conditional = Float(0.0, 1.0, active_if={"a": ["u"]})
    with pytest.raises(NotSupportedError, match="not always there"):
        Space({"a": ["u", "v"], "b": conditional, "c": (0.0, 1.0)}, constraints=["b + c <= 1"])
    with pytest.raises(NotSupportedError, match="'b': active_if is not supported in a table"):
        Space.from_table({"a": ["u", "v"], "b": [0.1, 0.2]}, parameters={"b": conditional})


@pytest.mark.parametrize("value", ["u", 2, 0.5, True])
def test_one_value_is_a_list_of_one(value: Any) -> None:
    values = [value, "other"]
    one = Space({"a": Categorical(values), "b": Float(0.0, 1.0, active_if={"a": value})})
    listed = Space({"a": Categorical(values), "b": Float(0.0, 1.0, active_if={"a": [value]})})
    assert one.to_dict() == listed.to_dict()


@pytest.mark.parametrize("active_if", [{}, {"a": []}, {"a": None}, {1: "u"}, ["a"]])
def test_what_is_no_condition_is_refused(active_if: Any) -> None:
    with pytest.raises(InvalidInputError, match="must map a parameter's name to the value, or the list"):
        Float(0.0, 1.0, active_if=active_if)
