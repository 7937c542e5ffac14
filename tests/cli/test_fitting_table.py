"""A table that does not fit stands on its side, whole."""

from __future__ import annotations

import io
from itertools import chain

import pytest
from rich.console import Console

from augury.cli.fitting_table import FittingTable

HEADERS = ["coarse aggregate", "fine aggregate", "predicted strength"]
ROWS = [[f"{100 + i}", f"{200 + i}", f"{60 + i}.5 ± 7.0"] for i in range(6)]


def printed(width: int, **options: object) -> list[str]:
    file = io.StringIO()
    Console(file=file, width=width).print(FittingTable(HEADERS, ROWS, **options))  # type: ignore[arg-type]
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_wide_console_gets_a_row_each() -> None:
    lines = printed(80, title="Next")
    assert lines[0] == "Next"
    assert [line.split()[:2] for line in lines if "±" in line] == [row[:2] for row in ROWS]


def test_a_narrow_console_gets_a_column_each_and_loses_nothing() -> None:
    lines = printed(50, title="Next")
    assert max(map(len, lines)) <= 50
    assert sum(line == "Next" for line in lines) == 1
    aggregates = [line.split()[2:] for line in lines if line.strip().startswith("coarse aggregate")]
    assert len(aggregates) > 1
    assert list(chain.from_iterable(aggregates)) == [row[0] for row in ROWS]
    strengths = [cell for line in lines if "predicted" in line for cell in line.split("±")[:-1]]
    assert len(strengths) == len(ROWS)


def test_the_first_cell_may_name_the_column() -> None:
    lines = printed(40, named=True)
    heads = [line.split()[2:] for line in lines if line.strip().startswith("coarse aggregate")]
    assert list(chain.from_iterable(heads)) == [row[0] for row in ROWS]


@pytest.mark.parametrize("width", [12, 20])
def test_a_console_narrower_than_any_column_still_gets_all_rows(width: int) -> None:
    text = "".join("".join(printed(width)).split())
    assert all(row[0] in text for row in ROWS)


def test_no_rows_are_no_error() -> None:
    file = io.StringIO()
    Console(file=file, width=20).print(FittingTable(HEADERS, []))
    assert file.getvalue().strip() == ""
