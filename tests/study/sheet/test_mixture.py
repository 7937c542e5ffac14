"""Mixtures: settings with a constant sum are found, and the remainder completes it."""

from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from augury.space.parameters import Int, Parameter
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.mixture import Remainder, find_remainder, limits
from augury.study.sheet.table import Table

PARTS = st.lists(st.integers(0, 100), min_size=2, max_size=2).map(sorted)


def table(columns: dict[str, list[str]]) -> Table:
    cells: dict[str, list[Cell]] = {
        name: [parse_cell(text) for text in texts] for name, texts in columns.items()
    }
    return Table(Path("t.csv"), cells, list(range(2, 2 + len(next(iter(cells.values()))))))


def parameters(sheet: Table) -> dict[str, Parameter]:
    return {name: Int(0, 100) for name in sheet.columns}


@given(st.lists(PARTS, min_size=6, max_size=12, unique_by=tuple))
def test_parts_that_always_add_up_are_a_mixture(cuts: list[list[int]]) -> None:
    rows = [(a, b - a, 100 - b) for a, b in cuts]
    sheet = table(
        {
            "other": [str(7 * i % 5) for i in range(len(rows))],
            **{name: [f"{row[j] / 100:.2f}" for row in rows] for j, name in enumerate("abc")},
        }
    )
    remainder = find_remainder(sheet, parameters(sheet))
    assert remainder is not None
    names = (*remainder.of, remainder.name)
    for row in range(sheet.n):
        values = {name: float(str(sheet.columns[name][row].text)) for name in names}  # type: ignore[union-attr]
        assert remainder.value(values) == values[remainder.name]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=6, max_size=12, unique=True))
def test_a_sum_that_varies_is_no_mixture(rows: list[tuple[int, int]]) -> None:
    sheet = table({"a": [str(a) for a, _ in rows], "b": [str(b) for _, b in rows]})
    found = find_remainder(sheet, parameters(sheet))
    assert (found is not None) == (len({Fraction(a + b) for a, b in rows}) == 1)


def test_few_rows_may_add_up_by_chance() -> None:
    sheet = table({"a": ["10", "20", "30"], "b": ["30", "20", "10"]})
    assert find_remainder(sheet, parameters(sheet)) is None


def test_the_rules_keep_the_remainder_in_the_range_seen() -> None:
    sheet = table({"a": ["10", "60", "30"], "b": ["60", "30", "10"], "water": ["30", "10", "60"]})
    assert limits(sheet, Remainder("water", 100.0, ("a", "b"))) == ["a + b <= 90", "a + b >= 40"]


def test_the_remainder_is_exact_in_decimals() -> None:
    remainder = Remainder("c", 1.0, ("a", "b"))
    assert remainder.value({"a": 0.1, "b": 0.2}) == 0.7
    assert remainder.text == "1 - a - b"
