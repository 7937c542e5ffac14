"""Arrays in a space."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from augury import Array, Float, InvalidInputError, NotSupportedError, Space
from augury.space import space_from_toml, space_to_toml
from augury.space.array_params import as_lists, entries, from_lists

SPACE = Space(
    {
        "solvent": ["DMF", "DMAc"],
        "field": Array((2, 3), (0.0, 1.0)),
        "x": (1.0, 5.0),
        "count": Array(2, (1, 4)),
    }
)
PARAMS = {
    "solvent": "DMAc",
    "field": np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 1.0]]),
    "x": 3.0,
    "count": np.array([1, 3]),
}


def same(first, second):
    assert list(first) == list(second)
    for name in first:
        assert np.array_equal(first[name], second[name])
        assert type(first[name]) is type(second[name])


def test_each_entry_is_a_column_in_its_place():
    assert SPACE.columns == [
        "solvent",
        *(f"field[{i},{j}]" for i in range(2) for j in range(3)),
        "x",
        "count[0]",
        "count[1]",
    ]
    assert SPACE.param_names == ["solvent", "field", "x", "count"]
    (point,) = SPACE.encode([PARAMS])
    assert np.allclose(point, [1, 0.0, 0.1, 0.2, 0.3, 0.4, 1.0, 0.5, 0.0, 2 / 3])
    (back,) = SPACE.decode(point[None])
    same(back, PARAMS)
    assert back["field"].dtype == np.float64
    assert back["count"].dtype == np.int64


@given(
    values=st.lists(st.integers(0, 1000), min_size=6, max_size=6),
    shape=st.sampled_from([(6,), (2, 3), (3, 2), (1, 2, 3)]),
)
def test_decoding_is_exact_in_any_shape(values, shape):
    space = Space({"a": Array(shape, (0.0, 1.0)), "b": (0.0, 1.0)})
    params = {"a": np.array(values).reshape(shape) / 1000, "b": 0.5}
    same(space.decode(space.encode([params]))[0], params)


def test_lists_and_single_entries_are_params_too():
    single = dict(entries(PARAMS))
    assert single["field[1,0]"] == 0.3
    assert list(single) == SPACE.names
    assert np.array_equal(SPACE.encode([single]), SPACE.encode([PARAMS]))
    listed = json.loads(json.dumps(as_lists(PARAMS)))
    same(SPACE.validate(listed), PARAMS)
    same(SPACE.validate(single), PARAMS)
    same(from_lists(listed), PARAMS)


def test_an_array_is_held_whole_or_by_entry():
    whole = SPACE.restrict({"field": PARAMS["field"]})
    assert np.array_equal(whole.decode(np.full((1, 10), 0.9))[0]["field"], PARAMS["field"])
    one = SPACE.restrict({"field[0,1]": 0.25})
    (found,) = one.decode(np.full((1, 10), 0.9))
    assert found["field"].tolist() == [[0.9, 0.25, 0.9], [0.9, 0.9, 0.9]]


def test_constraints_name_entries():
    space = Space({"f": Array((1, 2), (0.0, 1.0))}, constraints=["`f[0,0]` + `f[0,1]` <= 1"])
    assert space.validate({"f": [[0.5, 0.5]]})["f"].tolist() == [[0.5, 0.5]]
    with pytest.raises(InvalidInputError, match="violates"):
        space.validate({"f": [[0.6, 0.5]]})


def test_the_schema_and_the_study_file_hold_an_array_as_one():
    schema = json.loads(json.dumps(SPACE.to_dict()))
    assert [name for name, _ in schema["parameters"]] == SPACE.param_names
    assert Space.from_dict(schema) == SPACE
    text = tomlkit.dumps({"space": space_to_toml(SPACE)})
    assert "field = {shape = [2, 3], low = 0.0, high = 1.0}" in text
    assert space_from_toml(tomlkit.parse(text)["space"]) == SPACE
    assert "field: Array((2, 3), Float(0.0, 1.0))" in repr(SPACE)
    assert Array((2, 3), Float(0.0, 1.0)) != Array((3, 2), Float(0.0, 1.0))
    log = space_from_toml({"f": {"shape": [2], "low": 1e-3, "high": 1.0, "log": True}})
    assert log.arrays["f"].entry == Float(1e-3, 1.0, log=True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"field": np.zeros((3, 2))}, "'field': the array has the shape 2 x 3, not"),
        ({"field": 0.5}, "the array has the shape 2 x 3"),
        ({"field": np.full((2, 3), 2.0)}, r"field\[0,0\]"),
        ({"field": [["a", 0, 0], [0, 0, 0]]}, r"field\[0,0\]"),
        ({"count": np.array([1.5, 2])}, r"count\[0\]"),
    ],
)
def test_wrong_values_are_named(wrong, said):
    with pytest.raises(InvalidInputError, match=said):
        SPACE.validate({**PARAMS, **wrong})


def test_an_array_that_is_missing_is_named():
    with pytest.raises(InvalidInputError, match="field"):
        SPACE.validate({name: value for name, value in PARAMS.items() if name != "field"})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (((), (0.0, 1.0)), InvalidInputError),
        (((2, 0), (0.0, 1.0)), InvalidInputError),
        (((2.5,), (0.0, 1.0)), InvalidInputError),
        (("23", (0.0, 1.0)), InvalidInputError),
        (((101, 100), (0.0, 1.0)), InvalidInputError),
        (((2, 3), ["a", "b"]), InvalidInputError),
        (((2, 3), Float(0.0, 1.0, role="environment")), NotSupportedError),
    ],
)
def test_arrays_that_cannot_be(arguments, error):
    with pytest.raises(error):
        Array(*arguments)


def test_names_are_not_taken_twice():
    with pytest.raises(InvalidInputError, match="there twice"):
        Space({"f": Array(2, (0.0, 1.0)), "f[0]": (0.0, 1.0)})
    with pytest.raises(InvalidInputError, match="shape and entries"):
        Space.from_dict({"version": 1, "parameters": [["f", {"type": "array", "shape": [2]}]]})
