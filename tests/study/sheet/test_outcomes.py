"""Outcomes: measured, failed and awaited rows are told apart; other text is an error with its place."""

from pathlib import Path

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.study.sheet.cells import parse_cell
from augury.study.sheet.outcomes import read_outcomes
from augury.study.sheet.table import Table

GOALS = Goals.of(["max:yield", "impurity<=0.5"])


def table(**columns: str) -> Table:
    cells = {name: [parse_cell(text) for text in column.split("|")] for name, column in columns.items()}
    return Table(Path("t.csv"), cells, list(range(2, 2 + len(next(iter(cells.values()))))))


def test_what_became_of_every_row() -> None:
    sheet = table(**{"yield": "12.5||n.d.|Trace||", "impurity": "0.1|||0.3|0.2|n.d."})
    Y, status = read_outcomes(sheet, GOALS, ["n.d.", " trace "])
    assert status.tolist() == ["complete", "pending", "failed", "failed", "complete", "failed"]
    expected = [
        [12.5, 0.1],
        [np.nan, np.nan],
        [np.nan, np.nan],
        [np.nan, 0.3],
        [np.nan, 0.2],
        [np.nan, np.nan],
    ]
    np.testing.assert_array_equal(Y, expected)


@pytest.mark.parametrize("text", ["n.d.", "<5", "80 %", "1 000", "nan", "inf"])
def test_other_text_is_an_error_with_row_column_and_option(text: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_outcomes(table(**{"yield": f"1|{text}", "impurity": "0|0"}), GOALS, ["trace"])
    assert f"t.csv, row 3, column 'yield': {text!r}" in str(error.value)
    assert f'--failed "{text}"' in str(error.value)


def test_an_unknown_result_column_names_the_nearest() -> None:
    with pytest.raises(InvalidInputError, match="'yield'; did you mean 'Yield'"):
        read_outcomes(table(Yield="1", impurity="0"), GOALS)
