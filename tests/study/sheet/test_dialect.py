"""Dialect: a table reads back equal, however it is written."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Cell, Number, parse_cell, parse_number
from augury.study.sheet.dialect import SEPARATORS, Dialect, detect
from augury.study.sheet.writing import render_text

NAMES = st.lists(
    st.text("abcXYZ äöµ°()%-_", min_size=1, max_size=8).map(str.strip).filter(bool),
    min_size=2,
    max_size=5,
    unique=True,
)
TEXTS = st.builds(
    lambda first, rest: (first + rest).strip(),
    st.sampled_from("abzÄ("),
    st.text("abz 019.,;|\t\"'\n%µ€-+/", max_size=10),
)


@st.composite
def numbers(draw: st.DrawFn, mark: str) -> Number:
    digits, decimals = draw(st.integers(-99_999, 99_999)), draw(st.integers(0, 4))
    text = str(digits) if decimals == 0 else f"{digits / 10**decimals:.{decimals}f}"
    number = parse_number(text.replace(".", mark), mark)
    assert number is not None
    return number


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Cell]], Dialect]:
    dialect = Dialect(
        draw(st.sampled_from(SEPARATORS)),
        draw(st.sampled_from(".,")),
        draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
    )
    names = draw(NAMES)
    cell = st.one_of(st.none(), TEXTS, numbers(dialect.decimal), numbers(dialect.decimal))
    row = st.lists(cell, min_size=len(names), max_size=len(names))
    return names, draw(st.lists(row, min_size=1, max_size=6)), dialect


def _has_decimals(rows: list[list[Cell]]) -> bool:
    return any(isinstance(cell, Number) and cell.decimals for row in rows for cell in row)


def _could_be_thousands(rows: list[list[Cell]]) -> bool:
    written = [cell.text for row in rows for cell in row if isinstance(cell, Number) and cell.decimals]
    return all(re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", text) for text in written)


@given(tables())
def test_a_table_reads_back_equal_in_every_dialect(
    table: tuple[list[str], list[list[Cell]], Dialect],
) -> None:
    names, rows, written = table
    if (written.separator, written.decimal) == (",", ","):
        assume(not _could_be_thousands(rows) or not _has_decimals(rows))
    dialect, lines = detect(render_text(names, rows, written))
    assert dialect.separator == written.separator
    if _has_decimals(rows):
        assert dialect.decimal == written.decimal
    assert lines[0] == names
    assert [[parse_cell(text, dialect.decimal) for text in line] for line in lines[1:]] == rows


@given(tables())
def test_the_encoding_is_told_by_its_byte_order_mark(
    table: tuple[list[str], list[list[Cell]], Dialect],
) -> None:
    names, rows, written = table
    assume(written.encoding in ("utf-8-sig", "utf-16"))
    assume((written.separator, written.decimal) != (",", ","))
    assert detect(render_text(names, rows, written))[0].encoding == written.encoding


def test_windows_text_is_read_where_it_is_not_utf8() -> None:
    dialect, lines = detect("Lösung;Wert\nä;1,5\n".encode("cp1252"))
    assert dialect == Dialect(";", ",", "cp1252")
    assert lines[0] == ["Lösung", "Wert"]


def test_a_header_with_commas_does_not_hide_the_semicolons() -> None:
    dialect, lines = detect(b"Temp, C;yield\n1,5;70\n2,5;80\n")
    assert (dialect.separator, dialect.decimal) == (";", ",")
    assert lines[0] == ["Temp, C", "yield"]


def test_excels_separator_line_is_obeyed() -> None:
    dialect, lines = detect(b"sep=;\r\na;b\r\n1;2\r\n")
    assert dialect.separator == ";"
    assert lines == [["a", "b"], ["1", "2"]]


def test_quoted_thousands_are_not_guessed_at() -> None:
    with pytest.raises(InvalidInputError, match="thousands"):
        detect(b'a,b\n"1,234",5\n')


def test_a_decimal_point_beside_thousands_is_the_decimal_mark() -> None:
    assert detect(b'a,b\n"1,234",5.5\n')[0].decimal == "."
    assert detect(b"a;b\n1.234;5,55\n")[0].decimal == ","


def test_binary_data_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not a text table"):
        detect(bytes(range(256)))
