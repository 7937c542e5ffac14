"""The table of next experiments: the user's columns, then predictions to sensible digits."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.space.goals import Goals
from augury.strategies.base import Prediction
from augury.study.sheet.advice import Suggestion
from augury.study.sheet.cells import parse_cell
from augury.study.sheet.definition import from_table
from augury.study.sheet.next_table import next_table, rounded_prediction
from augury.study.sheet.table import Table

SHEET = Table(
    Path("t.csv"),
    {
        name: [parse_cell(text) for text in column.split("|")]
        for name, column in {
            "why": "explore|exploit||",
            "Base_SMILES": "CC|CCC|CC|CCC",
            "Base": "ac|piv|ac|piv",
            "T": "60|80|100|60",
            "yield": "1|2|3|4",
            "note": "a|||",
        }.items()
    },
    [2, 3, 4, 5],
)
GOALS = Goals.of("max:yield")


def test_the_columns_are_the_users_then_the_predictions() -> None:
    definition = from_table(SHEET, ["yield"], Path("t.space.toml"))
    prediction = Prediction({"yield": 12.345}, {"yield": 1.234}, "exploit")
    names, rows = next_table(SHEET, definition, GOALS, [Suggestion({"Base": "piv", "T": 70}, prediction)])
    assert names == ["Base_SMILES", "Base", "T", "yield", "note", "predicted yield", "std of yield", "why"]
    assert rows == [["CCC", "piv", 70, None, None, 12.3, 1.2, "exploit"]]


def test_without_predictions_there_are_no_columns_for_them() -> None:
    definition = from_table(SHEET, ["yield"], Path("t.space.toml"))
    suggestion = Suggestion({"Base": "piv", "T": 70}, Prediction(reason="initial design"))
    assert next_table(SHEET, definition, GOALS, [suggestion])[0][-2:] == ["note", "why"]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_predictions_keep_two_digits_of_their_uncertainty(mean: float, std: float) -> None:
    near, spread = rounded_prediction(mean, std)
    assert near is not None
    assert spread is not None
    assert abs(near - mean) <= 0.051 * std + 1e-9
    assert spread == pytest.approx(std, rel=0.051)


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [(None, None, (None, None)), (float("nan"), 1.0, (None, None)), (1.23456789, 0.0, (1.23457, 0.0))],
)
def test_what_cannot_be_rounded(
    mean: float | None, std: float | None, expected: tuple[float | None, float | None]
) -> None:
    assert rounded_prediction(mean, std) == expected
