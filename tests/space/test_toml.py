from __future__ import annotations

import tomllib
from typing import Any

import pandas as pd
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.space import Space
from augury.space.toml import space_from_toml, space_to_toml
from tests.space.strategies import spaces

DOCUMENT = """
[space]
temperature = {low = 20.0, high = 120.0}
stages = {low = 1, high = 16}
amount = {low = 0, high = 1, type = "float"}
rate = {low = 1e-5, high = 1.0, log = true}
solvent = ["DMF", "DMAc"]
grade = {values = ["low", "mid", "high"], ordered = true}
base = {values = ["K2CO3", "Et3N"], descriptors = {pKa = [10.3, 10.8]}}
layers = [1, 2, 4, 8]
pressure = 3.0
site = "A"
constraints = ["temperature + 5*stages <= 150"]
"""

SPACE = Space(
    {
        "temperature": Float(20.0, 120.0),
        "stages": Int(1, 16),
        "amount": Float(0, 1),
        "rate": Float(1e-5, 1.0, log=True),
        "solvent": Categorical(["DMF", "DMAc"]),
        "grade": Categorical(["low", "mid", "high"], ordered=True),
        "base": Categorical(["K2CO3", "Et3N"], descriptors={"pKa": [10.3, 10.8]}),
        "layers": Categorical([1, 2, 4, 8], ordered=True),
        "pressure": Fixed(3.0),
        "site": Fixed("A"),
    },
    constraints=["temperature + 5*stages <= 150"],
)


@pytest.mark.parametrize("parse", [tomllib.loads, tomlkit.parse])
def test_a_study_file_is_read(parse: Any) -> None:
    assert space_from_toml(parse(DOCUMENT)["space"]) == SPACE


def written(space: Space) -> str:
    return tomlkit.dumps({"space": space_to_toml(space)})


def test_a_space_is_written_simply() -> None:
    assert written(Space({"x": (-5.0, 10.0), "n": (1, 16), "c": ["a", "b"], "k": 3})) == (
        '[space]\nx = {low = -5.0, high = 10.0}\nn = {low = 1, high = 16}\nc = ["a", "b"]\nk = 3\n'
    )
    assert space_from_toml(tomllib.loads(written(SPACE))["space"]) == SPACE


@settings(max_examples=100)
@given(spaces(), st.booleans())
def test_writing_and_reading_gives_the_same_space(space: Space, with_constraints_parameter: bool) -> None:
    if with_constraints_parameter:
        space = Space({**space.parameters, "constraints": ["a", "b"]})
    assert space_from_toml(tomllib.loads(written(space))["space"]) == space
    assert space_from_toml(space_to_toml(space)) == space


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "x = [-5.0, 10.0]",
            r"\[space\]: parameter 'x': .* could mean bounds or choices; write \{low = -5.0",
        ),
        ("x = {low = 1.0}", "'x': .* needs low and high, or values, or value"),
        ("x = {low = 1.0, high = 0.0}", r"\[space\]: parameter 'x': low=1.0 must be less than high=0.0"),
        (
            "x = {low = 0.0, high = 1.0, lgo = true}",
            "'x': float has the unknown option 'lgo'",
        ),
        ("x = {low = 0.0, high = inf}", "'x': high=inf"),
        ('x = {low = "0", high = 1}', "'x': low='0'"),
        ('x = {type = "real", low = 0, high = 1}', "'x': type='real' is unknown"),
        ('x = {type = "int", low = 0.5, high = 1}', "'x': low=0.5 must be a whole number"),
        ("x = 2020-01-01", "'x': .* is not a parameter"),
        ('x = ["a"]', "'x': .*fewer than two"),
        ("x = [[1, 2], [3, 4]]", "'x': .*cannot be a category"),
        ("x = 3", r"\[space\]: the space has no parameter to vary"),
        ('"" = [1, 2, 3]', "name ''"),
        ('x = [1, 2, 3]\nconstraints = "x <= 1"', "must be a list"),
        ("x = [1, 2, 3]\nconstraints = [1, 2]", "a constraint is text"),
        ('x = [1, 2, 3]\nconstraints = ["y <= 1"]', "names 'y'"),
    ],
)
def test_bad_tables_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        space_from_toml(tomllib.loads(text))


def test_what_is_not_supported_keeps_its_own_error() -> None:
    task = {"values": ["a", "b"], "role": "task"}
    with pytest.raises(NotSupportedError, match=r"\[space\]: 'x' and 'y' both"):
        space_from_toml({"x": task, "y": task})


def test_candidates_are_not_written() -> None:
    with pytest.raises(NotSupportedError, match="a file of its own"):
        space_to_toml(Space.from_table(pd.DataFrame({"a": [1, 2]})))
