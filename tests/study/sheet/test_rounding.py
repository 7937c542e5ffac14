"""Rounding: to the precision of the column, and never out of the space."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from augury.space.parameters import Categorical, Float
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.study.sheet.cells import parse_cell
from augury.study.sheet.rounding import round_params
from augury.study.sheet.table import Table

SPACE = Space(
    {
        "a": Float(0.0, 1.0),
        "b": Float(0.0, 1.0),
        "c": Float(0.0012, 1.0, log=True),
        "s": Categorical(["x", "y"]),
    },
    constraints=["a + b <= 1"],
)
SHEET = Table(
    Path("t.csv"),
    {
        "a": [parse_cell("0.25"), parse_cell("0.5")],
        "b": [parse_cell("0.1"), parse_cell("0")],
        "c": [parse_cell("0.0012"), parse_cell("1")],
        "s": ["x", "y"],
    },
    [2, 3],
)


def test_numbers_get_the_precision_of_their_column() -> None:
    params = {"a": 0.123456, "b": 0.26789, "c": 0.0123456, "s": "y"}
    assert round_params(SPACE, SHEET, params) == {"a": 0.12, "b": 0.3, "c": 0.012, "s": "y"}


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.0012, 1))
def test_a_rounded_point_is_in_the_space(a: float, b: float, c: float) -> None:
    params = SPACE.decode(SPACE.encode([{"a": a, "b": min(b, 1 - a), "c": c, "s": "x"}]))[0]
    rounded = round_params(SPACE, SHEET, params)
    assert SPACE.validate(rounded) == rounded
    assert abs(rounded["a"] - a) <= 0.005 + 1e-12


def test_more_digits_are_kept_at_a_constraint() -> None:
    rounded = round_params(SPACE, SHEET, {"a": 0.336, "b": 0.664, "c": 0.01, "s": "x"})
    assert rounded["a"] + rounded["b"] <= 1 + 1e-9
    assert (rounded["a"], rounded["b"]) != (0.34, 0.7)


def test_steps_are_exact_already() -> None:
    space = Space({"a": Float(0.0, 1.0, step=0.125)})
    assert round_params(space, SHEET, {"a": 0.125}) == {"a": 0.125}


def test_what_adds_up_still_does_when_it_is_rounded() -> None:
    space = Space({name: Float(0.0, 1.0) for name in "abc"}, constraints=["a + b + c == 1"])
    (params,) = space.decode(sobol(space, 1, seed=3))
    sheet = Table(Path("t.csv"), {name: [parse_cell("0.25")] for name in "abc"}, [2])
    rounded = round_params(space, sheet, params)
    assert all(value == round(value, 2) for value in rounded.values())
    assert round(sum(rounded.values()), 12) == 1.0
    assert space.validate(rounded) == rounded
