"""Resolution: the step divides every value, and is as round and as large as the data allow."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from augury.study.sheet.cells import Number, parse_number
from augury.study.sheet.resolution import bounds, is_logarithmic, outward, resolution, significant_digits


def numbers(*texts: str) -> list[Number]:
    return [number for number in map(parse_number, texts) if number is not None]


@st.composite
def columns(draw: st.DrawFn) -> list[Number]:
    decimals = draw(st.integers(0, 3))
    digits = draw(st.lists(st.integers(-5000, 5000), min_size=2, max_size=10))
    assume(len(set(digits)) > 1)
    return numbers(*(f"{Decimal(digit).scaleb(-decimals):f}" for digit in digits))


@given(columns())
def test_the_step_divides_every_value(column: list[Number]) -> None:
    step = resolution(column)
    assert step > 0
    assert all(Decimal(number.text) % step == 0 for number in column)


@given(columns())
def test_the_step_is_round_and_leaves_room_between_the_bounds(column: list[Number]) -> None:
    step = resolution(column)
    low, high = bounds(column)
    finest = Decimal(1).scaleb(-max(number.decimals for number in column))
    assert step.normalize().as_tuple().digits in [(1,), (2,), (5,)]
    assert step == finest or 4 * step <= high - low


@given(columns())
def test_no_rounder_step_would_do(column: list[Number]) -> None:
    step = resolution(column)
    low, high = bounds(column)
    larger = [Decimal(d).scaleb(e) for e in range(-4, 5) for d in (1, 2, 5) if Decimal(d).scaleb(e) > step]
    assert not any(
        4 * other <= high - low and all(Decimal(n.text) % other == 0 for n in column) for other in larger
    )


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        (("60", "80", "100", "120"), "10"),
        (("0", "5", "35", "100"), "5"),
        (("80", "120"), "10"),
        (("0.5", "1", "2"), "0.1"),
        (("0.057", "0.1", "0.153"), "0.001"),
        (("1", "2", "3"), "1"),
    ],
)
def test_steps_that_a_person_would_name(texts: tuple[str, ...], step: str) -> None:
    assert resolution(numbers(*texts)) == Decimal(step)


def test_measured_digits_are_no_setting() -> None:
    step = resolution(numbers("0.09786156104424149", "0.9951966035968326", "0.0020339"))
    assert step == Decimal("0.0001")


@given(columns())
def test_outward_bounds_enclose_and_are_multiples(column: list[Number]) -> None:
    low, high = bounds(column)
    step = Decimal("0.7")
    below, above = outward(low, high, step)
    assert low - step < below <= low
    assert high <= above < high + step
    assert below % step == above % step == 0


def test_values_chosen_by_ratio_are_logarithmic() -> None:
    assert is_logarithmic(numbers("0.001", "0.01", "0.1", "1"))
    assert not is_logarithmic(numbers("0.5", "20", "50", "80", "100"))
    assert not is_logarithmic(numbers("0", "0.01", "1"))


def test_significant_digits_are_those_written() -> None:
    assert significant_digits(numbers("0.001", "0.01")) == 2
    assert significant_digits(numbers("0.00125", "0.01")) == 3
    assert significant_digits([]) == 2


def test_very_large_numbers_have_bounds() -> None:
    column = numbers("1e300", "2.5e300", "3e300")
    assert bounds(column) == (Decimal("1e300"), Decimal("3e300"))
    assert resolution(column) == Decimal("5e299")
