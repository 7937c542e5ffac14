"""Encoding: what the space can propose is encoded as the space does, what lies between keeps its place."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Float, Int
from augury.space.space import Space
from augury.study.sheet.cells import Cell, Number, parse_cell
from augury.study.sheet.encoding import encode_rows, value_of
from augury.study.sheet.table import Table

SPACE = Space(
    {
        "T": Int(60, 120, step=20),
        "c": Float(0.0, 1.0, step=0.25),
        "cat": Float(0.001, 1.0, log=True),
        "solvent": Categorical(["DMF", "7"]),
        "n": Categorical([1, 2, 4], ordered=True),
        "dry": Categorical([False, True]),
        "gas": Fixed("N2"),
    }
)


def table(columns: dict[str, list[Cell]]) -> Table:
    return Table(Path("t.csv"), columns, list(range(2, 2 + len(next(iter(columns.values()))))))


def row(**changes: Cell) -> dict[str, list[Cell]]:
    cells: dict[str, Cell] = {name: parse_cell(text) for name, text in ROW.items()}
    return {name: [cell] for name, cell in (cells | {"dry": True} | changes).items()}


ROW = {"T": "80", "c": "0.5", "cat": "0.01", "solvent": "7", "n": "2", "gas": "N2"}


def test_a_row_that_the_space_has_is_encoded_as_the_space_does() -> None:
    params = {"T": 80, "c": 0.5, "cat": 0.01, "solvent": "7", "n": 2, "dry": True, "gas": "N2"}
    np.testing.assert_array_equal(encode_rows(table(row()), SPACE, "advice"), SPACE.encode([params]))


@example(1e-10, 60.0)
@given(st.floats(0, 1), st.floats(60, 120))
def test_values_between_levels_keep_their_place(c: float, T: float) -> None:
    cells = row(c=Number(c, 3, repr(c)), T=Number(T, 3, repr(T)))
    X = encode_rows(table(cells), SPACE, "advice")
    # what is within a billionth of a step of a level is that level
    np.testing.assert_allclose(X[0, :2], [(T - 60) / 60, c], atol=1e-9)


def test_fixed_columns_may_be_left_out() -> None:
    cells = row()
    del cells["gas"]
    assert encode_rows(table(cells), SPACE, "advice").shape == (1, SPACE.dim)


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("T", parse_cell("130"), "130 is not between 60 and 120; widen it"),
        ("T", parse_cell("hot"), "'hot' is not a"),
        ("T", None, "the cell is empty"),
        ("cat", parse_cell("0"), "0 is not between"),
        ("solvent", parse_cell("THF"), "'THF' is not one of 'DMF', '7'"),
        ("gas", parse_cell("Ar"), "'Ar' is not the fixed value 'N2'"),
        ("dry", parse_cell("perhaps"), "'perhaps' is not one of"),
    ],
)
def test_what_the_space_does_not_have_is_named_by_row_and_column(name: str, cell: Cell, message: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        encode_rows(table(row(**{name: cell})), SPACE, "widen it")
    assert f"t.csv, row 2, column {name!r}: " in str(error.value)
    assert message in str(error.value)


def test_text_choices_take_true_and_false_as_words() -> None:
    assert value_of(True, Categorical(["True", "maybe"])) == "True"
    assert value_of(True, Categorical([True, False])) is True


CONDITIONAL = Space(
    {
        "solvent": Categorical(["none", "DMF", "THF"]),
        "amount": Float(1.0, 5.0, active_if={"solvent": ["DMF", "THF"]}),
    }
)


def test_the_cell_of_an_inactive_parameter_is_empty() -> None:
    cells: dict[str, list[Cell]] = {"solvent": ["none", "DMF"], "amount": [None, parse_cell("2.5")]}
    expected = CONDITIONAL.encode([{"solvent": "none"}, {"solvent": "DMF", "amount": 2.5}])
    np.testing.assert_array_equal(encode_rows(table(cells), CONDITIONAL, "advice"), expected)
    with pytest.raises(InvalidInputError, match=r"row 3.*'amount'.*the cell is empty; fill it in"):
        encode_rows(table({"solvent": ["none", "DMF"], "amount": [None, None]}), CONDITIONAL, "advice")
    with pytest.raises(
        InvalidInputError, match=r"row 2.*should be empty.*only for solvent in \['DMF', 'THF'\]"
    ):
        encode_rows(table({"solvent": ["none"], "amount": [parse_cell("2")]}), CONDITIONAL, "advice")
