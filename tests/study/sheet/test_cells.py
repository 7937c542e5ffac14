"""Cells: numbers keep value and precision, everything else stays what it was."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.study.sheet.cells import Number, label, parse_cell, parse_number, shown, typed_cell

MARKS = st.sampled_from([".", ","])


@given(st.integers(-(10**12), 10**12), st.integers(0, 9), MARKS)
def test_a_written_number_keeps_its_value_and_its_decimals(digits: int, decimals: int, mark: str) -> None:
    text = str(Decimal(digits).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals)))
    if "E" in text:
        text = f"{Decimal(text):f}"
    number = parse_number(text.replace(".", mark), mark)
    assert number is not None
    assert number.value == float(text)
    assert number.decimals == decimals
    assert isinstance(number.value, int) == (decimals == 0)


@given(st.floats(allow_nan=False, allow_infinity=False), MARKS)
def test_every_float_comes_back_from_its_shortest_form(value: float, mark: str) -> None:
    number = parse_number(repr(value).replace(".", mark), mark)
    assert number is not None
    assert number.value == value


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1 000", "1.2.3", "80 %", "<0.5", "inf", "nan", "1e999", "0x10", "٣"]
)
def test_other_text_is_no_number(text: str) -> None:
    assert parse_number(text) is None


def test_a_point_is_no_decimal_mark_where_the_comma_is_one() -> None:
    assert parse_number("1.5", ",") is None
    assert parse_cell("1.5", ",") == "1.5"


def test_a_typographic_minus_counts_as_minus() -> None:
    number = parse_number("\N{MINUS SIGN}1.5")
    assert number is not None
    assert number.value == -1.5


def test_a_long_run_of_digits_is_an_identifier() -> None:
    assert parse_cell("4006381333931123") == "4006381333931123"


def test_spaces_around_a_field_do_not_count() -> None:
    assert parse_cell("  \t ") is None
    assert parse_cell(" DMF ") == "DMF"
    assert parse_cell(" 1.50 ") == Number(1.5, 2, "1.50")


def test_typed_cells_keep_their_kind() -> None:
    day = datetime(2026, 3, 12)
    assert typed_cell(True) is True
    assert typed_cell(day) == day
    assert typed_cell(float("nan")) is None
    assert typed_cell(" ") is None
    assert typed_cell(80.0) == Number(80, 0, "80")


def test_binary_rounding_does_not_count_as_precision() -> None:
    number = typed_cell(0.1 + 0.2)
    assert isinstance(number, Number)
    assert number.value == 0.1 + 0.2
    assert number.decimals == 1


def test_the_label_of_a_number_is_what_was_written() -> None:
    assert label(Number(7, 0, "007")) == "007"
    assert label(True) is True
    assert label(date(2026, 3, 12)) == shown(date(2026, 3, 12)) == "2026-03-12"
