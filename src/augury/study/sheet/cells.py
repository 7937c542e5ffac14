"""The cells of a table: empty, text, true/false, a date, or a number that remembers how it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

MAX_INTEGER_DIGITS = 15
"""A longer run of digits is an identifier, not a quantity: float64 could not hold it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the precision it was written with.

    Args:
        value: the number itself; an int when it was written without decimal mark and exponent.
        decimals: digits after the decimal mark (`1.50` has 2, `1.5e-3` has 4).
        text: as it stood in the table.
    """

    value: int | float
    decimals: int
    text: str


Cell = None | str | bool | date | time | Number
"""What one field of a table holds; None is an empty field."""


_DRESSED = re.compile(r"[+-]?(\d{1,3}([.,'\u2019 \u00a0\u202f]\d{3})+([.,]\d+)?|\d+([.,]\d+)?\s*%)", re.ASCII)


@lru_cache(maxsize=2)
def _pattern(decimal: str) -> re.Pattern[str]:
    mark = re.escape(decimal)
    return re.compile(rf"([+-]?)(\d+(?:{mark}\d*)?|{mark}\d+)([eE][+-]?\d{{1,3}})?", re.ASCII)


def parse_number(text: str, decimal: str = ".") -> Number | None:
    """The number that `text` writes with this decimal mark, or None when it is not one.

    Thousands separators, units and percent signs are not part of a number.
    """
    match = _pattern(decimal).fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if match is None:
        return None
    sign, digits, exponent = match.groups()
    whole = digits.isdigit() and exponent is None
    if whole and len(digits) > MAX_INTEGER_DIGITS:
        return None
    plain = f"{sign}{digits.replace(decimal, '.')}{exponent or ''}"
    value = int(plain) if whole else float(plain)
    return Number(value, _decimals(Decimal(plain)), text) if isfinite(value) else None


def is_dressed_number(text: str) -> bool:
    """Whether a text is a number but for thousands separators or a percent sign, such as 1.250,5 or 5 %."""
    return _DRESSED.fullmatch(text) is not None


def parse_cell(text: str, decimal: str = ".") -> Cell:
    """What a field of a text table holds: nothing, a number, or text without the spaces around it."""
    text = text.strip()
    if not text:
        return None
    return parse_number(text, decimal) or text


def typed_cell(value: Any) -> Cell:
    """What a cell of a typed table (Excel, Parquet) holds; NaN counts as empty.

    The precision of a binary number is that of its 12 leading digits, so that 0.1 + 0.2 counts as 0.3.
    """
    if value is None or isinstance(value, (bool, date, datetime, time)):
        return value
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and abs(value) < 10**MAX_INTEGER_DIGITS:
        return Number(value, 0, str(value))
    if isinstance(value, (float, Decimal)):
        real = float(value)
        if real != real:
            return None
        if not isfinite(real):
            return str(value)
        if real.is_integer() and abs(real) < 10**MAX_INTEGER_DIGITS:
            return Number(int(real), 0, str(int(real)))
        return Number(real, _decimals(Decimal(f"{real:.12g}").normalize()), repr(real))
    return str(value)


def label(cell: Cell) -> str | bool:
    """A cell as the name of a category: text as it was written, true/false as itself."""
    if isinstance(cell, Number):
        return cell.text
    if isinstance(cell, bool):
        return cell
    return shown(cell)


def shown(cell: Cell) -> str:
    """A cell as it reads in a message."""
    if cell is None:
        return ""
    return cell.text if isinstance(cell, Number) else str(cell)


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
