"""Roles: ids, dates, notes and other measurements are set aside, settings are not."""

from pathlib import Path

import pytest

from augury.study.sheet.cells import parse_cell
from augury.study.sheet.roles import set_aside
from augury.study.sheet.table import Table


def table(**columns: str) -> Table:
    cells = {name: [parse_cell(text) for text in column.split("|")] for name, column in columns.items()}
    return Table(Path("t.csv"), cells, list(range(2, 2 + len(next(iter(cells.values()))))))


REST = {"temperature": "60|80|100|60|80|120", "yield": "10|20|30|15|22|40"}


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("id", "4|1|9|2|7|5", "numbers the rows"),
        ("note", "4|1|9|2|7|5", "numbers the rows"),
        ("x", "11|12|13|14|15|16", "numbers the rows"),
        ("label", "exp-1|exp-2|exp-3|exp-4|exp-5|exp-6", "differs in every row"),
        ("seen", "brown|clear|spilled a bit|red|grey|", "differs in every row"),
        ("Notes", "repeat?||||repeat?|", "notes"),
        ("GC comment", "fine|fine|fine|tailing|fine|tailing", "notes"),
        ("date", "2026-03-12|2026-03-12|2026-03-13|2026-03-13|2026-03-14|2026-03-14", "a date"),
        ("Datum", "12.03.2026|12.03.2026|13.03.2026|13.03.26|1.4.2026|2.4.2026", "a date"),
        ("begun", "09:30|10:15|9:30|14:05:30|14:05|16:00", "a time"),
        ("begun", "2026-03-12|10:15|9:30|14:05:30|14:05|16:00", "a date"),
        ("blank", "|||||", "empty"),
        ("why", "explore||exploit|||", "written by augury"),
        ("predicted yield", "10||20|||", "written by augury"),
    ],
)
def test_columns_that_cannot_be_settings(name: str, cells: str, reason: str) -> None:
    assert set_aside(table(**{name: cells}, **REST), ["yield"]) == {name: reason}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("solvent", "DMF|DMAc|DMF|DMAc|DMF|DMAc"),
        ("time", "2.5|3.7|1.1|9.9|4.2|8.8"),
        ("pressure", "10|20|30|40|50|60"),
        ("equiv", "1|1|2|2|3|3"),
        ("flag", "yes|no|yes|no|yes|yes"),
        ("slip", "1|2|3|4|5|6x"),
        ("note", "1|2|1|2|3|1"),
    ],
)
def test_columns_that_may_be_settings(name: str, cells: str) -> None:
    assert set_aside(table(**REST, **{name: cells}), ["yield"]) == {}


def test_with_few_rows_text_that_differs_may_be_a_setting() -> None:
    few = table(solvent="DMF|DMAc|THF", run="a|b|c", temperature="60|80|60", **{"yield": "1|2|3"})
    assert set_aside(few, ["yield"]) == {"run": "differs in every row"}


def test_what_the_user_declared_a_setting_stays_one() -> None:
    ligands = table(ligand="a|b|c|d|e|f", **REST)
    assert "ligand" in set_aside(ligands, ["yield"])
    assert set_aside(ligands, ["yield"], keep=["ligand"]) == {}


def test_a_column_empty_where_the_result_is_awaited_was_measured() -> None:
    sheet = table(temperature="60|80|100|60", purity="90|91||", **{"yield": "1|2||"})
    assert set_aside(sheet, ["yield"]) == {"purity": "measured: empty where yield is empty"}


def test_the_last_varying_column_is_not_set_aside() -> None:
    assert set_aside(table(equiv="1|2|3|4|5", **{"yield": "1|2|3|2|1"}), ["yield"]) == {}


def test_a_column_that_says_the_same_as_another_is_set_aside() -> None:
    sheet = table(
        Base_SMILES="CC|CCC|CC|CCC", Base="ac|piv|ac|piv", solvent="a|b|a|b", **{"yield": "1|2|3|4"}
    )
    assert set_aside(sheet, ["yield"]) == {"Base_SMILES": "says the same as Base"}
