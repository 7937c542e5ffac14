"""Candidates: the rows of a table are the only choices, and are matched to what was done."""

from pathlib import Path

import pytest

from augury.errors import InvalidInputError
from augury.study.sheet.candidates import Candidates, match_candidates
from augury.study.sheet.cells import parse_cell, shown
from augury.study.sheet.encoding import encode_rows
from augury.study.sheet.table import Table

ALL = {
    "id": "a1|a2|a3|a4|a5|a6",
    "solvent": "DMF|DMF|DMF|THF|THF|THF",
    "T": "60|80|100|60|80|100",
    "supplier": "A|A|A|B|B|B",
}
DONE = {"date": "2026-03-12|2026-03-13", "T": "60.0|100", "solvent": "THF|DMF", "yield": "3|4"}


def table(name: str, columns: dict[str, str]) -> Table:
    cells = {column: [parse_cell(text) for text in row.split("|")] for column, row in columns.items()}
    return Table(Path(name), cells, list(range(2, 2 + len(next(iter(cells.values()))))))


def match(candidates: dict[str, str] | None = None, done: dict[str, str] | None = None) -> Candidates:
    return match_candidates(table("all.csv", candidates or ALL), table("t.csv", done or DONE), ["yield"])


def test_the_shared_settings_are_the_choices() -> None:
    space = match().space()
    assert set(space.names) == {"solvent", "T"}
    assert space.size == 6
    assert match().space(["T <= 80"]).size == 4


def test_what_was_done_is_found_among_the_candidates() -> None:
    space = match().space()
    X = encode_rows(table("t.csv", DONE), space, "advice")
    assert space.row_index(X).tolist() == [3, 2]


def test_other_columns_of_the_candidates_are_carried_along() -> None:
    extras = match().extras({"solvent": "THF", "T": 80})
    assert {name: shown(cell) for name, cell in extras.items()} == {"id": "a5", "supplier": "B"}


def test_results_among_the_candidates_are_not_settings() -> None:
    assert "yield" not in match(ALL | {"yield": "1|2|3|4|5|6"}).space().names


@pytest.mark.parametrize(
    ("candidates", "done", "message"),
    [
        (ALL | {"T": "60|80||60|80|100"}, DONE, r"all.csv, row 4, column 'T': the cell is empty"),
        ({"T": "60|60", "solvent": "THF|THF"}, DONE, "all.csv: all candidates are the same in T, solvent"),
        (ALL, DONE | {"base": "K|K"}, "all.csv has no column 'base', which t.csv has"),
        (
            {"ligand": "a|b", "z": "1|2"},
            {"yield": "1|2", "date": "2026-03-12|2026-03-13"},
            "no setting in common",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    candidates: dict[str, str], done: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        match(candidates, done)


def test_no_candidates_is_an_error() -> None:
    empty = Table(Path("all.csv"), {"T": []}, [])
    with pytest.raises(InvalidInputError, match="no rows"):
        match_candidates(empty, table("t.csv", DONE), ["yield"])
