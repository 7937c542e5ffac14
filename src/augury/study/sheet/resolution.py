"""The resolution of a column of numbers: the step that a person at the bench evidently works in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median

from augury.study.sheet.cells import Number

MOST_LEVELS = 20_000
"""A finer resolution than this many levels over the range is measurement noise, not a setting."""
_FEWEST_LEVELS = 4
_LOG_RATIO = 100.0
_LOG_MEDIAN = 0.15
_LOG_NEIGHBOURS = 1.4
_ROUND = (5, 2, 1)


def resolution(numbers: Sequence[Number]) -> Decimal:
    """The largest round step (1, 2 or 5 times a power of ten) of which every value is a multiple.

    It divides the range into at least four parts, and is no finer than the last decimal written (or than
    1/20,000 of the range, where the values carry more decimals than a setting can have).

    Args:
        numbers: at least two different values.
    """
    low, high = bounds(numbers)
    finest = Decimal(1).scaleb(-max(number.decimals for number in numbers))
    while (high - low) / finest > MOST_LEVELS:
        finest *= 10
    values = [_decimal(number) for number in numbers]
    exponent = (high - low).adjusted()
    while True:
        for digit in _ROUND:
            step = Decimal(digit).scaleb(exponent)
            if step <= finest:
                return finest
            if step * _FEWEST_LEVELS <= high - low and all(value % step == 0 for value in values):
                return step
        exponent -= 1


def bounds(numbers: Sequence[Number]) -> tuple[Decimal, Decimal]:
    """The smallest and the largest value, exactly."""
    values = [_decimal(number) for number in numbers]
    return min(values), max(values)


def is_logarithmic(numbers: Sequence[Number]) -> bool:
    """Whether the values were evidently chosen by ratio.

    They are positive, span two decades, lie well apart, and most are at the low end.
    """
    values = sorted({float(number.value) for number in numbers})
    low, high = values[0], values[-1]
    if low <= 0 or high / low < _LOG_RATIO or any(b / a < _LOG_NEIGHBOURS for a, b in pairwise(values)):
        return False
    return (median(values) - low) / (high - low) < _LOG_MEDIAN


def outward(low: Decimal, high: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """The multiples of `step` that enclose two bounds most tightly."""
    return step * math.floor(low / step), step * math.ceil(high / step)


def significant_digits(numbers: Sequence[Number]) -> int:
    """How many leading digits the values are written with: at least 2, at most 4."""
    counts = [len(_decimal(number).normalize().as_tuple().digits) for number in numbers]
    return min(4, max(2, *counts, 0))


def _decimal(number: Number) -> Decimal:
    value = Decimal(repr(number.value))
    # rounding a large number to many decimals would need more digits than the decimal context holds
    exponent = value.as_tuple().exponent
    is_exact = isinstance(exponent, int) and -exponent <= number.decimals
    return value if is_exact else round(value, number.decimals)
