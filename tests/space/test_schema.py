from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import AuguryError, InvalidInputError
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space
from tests.space.strategies import spaces

CONSTRAINED = Space(
    {
        "a": (0.0, 10.0),
        "n": Int(1, 50, log=True),
        "t": Float(0.1, 0.9, step=0.1),
        "grade": Categorical(["low", "mid", "high"], ordered=True),
        "solvent": Categorical(["u", "v"], descriptors={"polarity": [1.0, 2.5]}),
        "c": 2.0,
    },
    constraints=["a + 2*n <= 40 - c"],
)
TABLE = Space.from_table(
    pd.DataFrame(
        {"ligand": ["a", "b", "a"], "eq": [1, 2, 3], "t": [0.5, 1.5, 2.5], "mass": [10.0, 20.0, 30.0]}
    ),
    descriptors=["mass"],
    constraints=["eq + t <= 5"],
)


def through_json(space: Space, **options: Any) -> Any:
    return json.loads(json.dumps(space.to_dict(), **options))


@given(spaces())
def test_the_schema_survives_json(space: Space) -> None:
    assert Space.from_dict(through_json(space, sort_keys=True)) == space


@pytest.mark.parametrize("space", [CONSTRAINED, TABLE], ids=["space", "table"])
def test_everything_comes_back(space: Space) -> None:
    again = Space.from_dict(through_json(space))
    assert again == space
    assert repr(again) == repr(space)
    assert again.constraints == space.constraints
    assert again.columns == space.columns


def test_what_is_held_is_left_out() -> None:
    assert CONSTRAINED.restrict({"n": 3}).to_dict() == CONSTRAINED.to_dict()


def test_a_newer_schema_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="version 99"):
        Space.from_dict(CONSTRAINED.to_dict() | {"version": 99})


SIMPLE = {"version": 1, "parameters": [["x", {"type": "float", "low": 0.0, "high": 1.0}]]}
ROWS = {
    "columns": [["a", [1, 2]]],
    "descriptors": [],
    "parameters": {"a": {"type": "int", "low": 1, "high": 2}},
}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "must be a JSON object"),
        ({}, "version None"),
        ({"version": 1}, "neither parameters nor a table"),
        (SIMPLE | {"parameters": {"x": 1}}, "parameters must be a list"),
        (SIMPLE | {"parameters": ["xy"]}, "pairs"),
        (SIMPLE | {"parameters": [[3, {}]]}, "names in parameters"),
        (SIMPLE | {"parameters": SIMPLE["parameters"] * 2}, "a name twice"),  # type: ignore[operator]
        (SIMPLE | {"parameters": [["x", 3]]}, "parameter 'x': its schema must be a JSON object"),
        (SIMPLE | {"parameters": [["x", {"low": 0.0}]]}, "parameter 'x': type=None is unknown"),
        (SIMPLE | {"parameters": [["x", {"type": "float", "low": 0.0}]]}, "parameter 'x': .*'high'"),
        (SIMPLE | {"parameters": [["x", {"type": "fixed", "value": 1, "odd": 2}]]}, "parameter 'x': .*'odd'"),
        (SIMPLE | {"constraints": "x <= 1"}, "constraints must be a list"),
        (SIMPLE | {"constraints": [3]}, "constraints must be a list of texts"),
        ({"version": 1, "table": None}, "the table must be a JSON object"),
        ({"version": 1, "table": {"columns": []}}, "lacks descriptors, parameters"),
        ({"version": 1, "table": ROWS | {"columns": [["a", 3]]}}, "column 'a' must be a list"),
        (
            {"version": 1, "table": ROWS | {"columns": [["a", [1, 2]], ["b", [1]]]}},
            "2 cells in column 'a' but 1",
        ),
        ({"version": 1, "table": ROWS | {"descriptors": [["a"]]}}, "descriptors must be a list of texts"),
        ({"version": 1, "table": ROWS | {"parameters": []}}, "parameters of the table must be"),
    ],
)
def test_malformed_schemas_are_refused(schema: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Space.from_dict(schema)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every key and item inside a JSON value."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, child in inside for found in ((*path, key), *places(child, (*path, key)))]


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([10**400, -(10**400), 2**63, 10**15]),
    st.floats(), st.text(max_size=3), st.sampled_from(["float", "int", "categorical", "fixed", "low"]),
)  # fmt: skip
junk = st.recursive(
    scalars,
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.text(max_size=3), children, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def corrupted(draw: st.DrawFn) -> Any:
    """A valid schema in which some places are dropped, replaced or swapped with others."""
    schema = through_json(draw(st.sampled_from([CONSTRAINED, TABLE])))
    for _ in range(draw(st.integers(1, 3))):
        found = places(schema)
        if not found:
            break
        *parents, last = draw(st.sampled_from(found))
        node = schema
        for key in parents:
            node = node[key]
        change = draw(st.sampled_from(["drop", "replace", "move"]))
        if change == "drop":
            del node[last]
        elif change == "replace":
            node[last] = draw(junk)
        else:
            other: Any = schema
            for key in draw(st.sampled_from(found)):
                other = other[key]
            node[last] = copy.deepcopy(other)
    return schema


@settings(max_examples=400)
@given(corrupted())
def test_a_corrupt_schema_is_a_space_or_a_clear_error(schema: Any) -> None:
    try:
        space = Space.from_dict(schema)
    except AuguryError:
        return
    X = space.snap(np.full((1, space.dim), 0.4))
    np.testing.assert_array_equal(space.encode(space.decode(X)), X)
    assert Space.from_dict(through_json(space)) == space
