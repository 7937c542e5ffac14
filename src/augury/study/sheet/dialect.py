"""How a text table is written: its encoding, the separator of its fields and the mark of its decimals."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from augury.errors import InvalidInputError

SEPARATORS = ("\t", ";", "|", ",")
"""Most telling first: a comma is the one that also marks decimals and stands in running text."""

_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?", re.ASCII)
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Args:
        separator: between fields: comma, semicolon, tab or bar.
        decimal: "." or ",".
        encoding: a Python codec; "utf-8-sig" and "utf-16" write a byte order mark.
    """

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"


def detect(data: bytes) -> tuple[Dialect, list[list[str]]]:
    """Find out how a text table is written, and split it.

    The separator is the one that splits the header and gives every row as many fields as the header; the
    decimal mark is the one that the fields which look like numbers use.

    Args:
        data: the whole file.

    Returns:
        The dialect, and the fields of every line; a blank line has none.

    Raises:
        InvalidInputError: it is no text, or its decimal marks have two readings.
    """
    text, encoding = _decode(data)
    declared = _SEPARATOR_LINE.match(text)  # Excel's own hint on the first line
    if declared:
        text = text[declared.end() :]
        separator = declared.group(1)
    else:
        separator = _separator(text)
    rows = _split(text, separator)
    return Dialect(separator, _decimal(rows[1:], separator), encoding), rows


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif data.startswith(codecs.BOM_UTF8):
        encodings = ["utf-8-sig"]
    else:
        encodings = ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
    raise InvalidInputError("it is not a text table; save it as CSV (UTF-8) or as .xlsx")


def _split(text: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise InvalidInputError(
            f"it cannot be split into fields ({error}); look for a missing quote"
        ) from None


def _separator(text: str) -> str:
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        try:
            score = _consistency(_split(text, separator))
        except InvalidInputError:
            continue
        if score > best_score:
            best, best_score = separator, score
    return best


def _consistency(rows: Sequence[Sequence[str]]) -> float:
    """The share of lines with as many fields as the header; 0 where the header is not split at all."""
    filled = [row for row in rows if any(field.strip() for field in row)]
    if not filled or len(filled[0]) < 2:
        return 0.0
    return sum(len(row) == len(filled[0]) for row in filled) / len(filled)


def _decimal(rows: Iterable[Sequence[str]], separator: str) -> str:
    fields = {field.strip().replace("\N{MINUS SIGN}", "-") for row in rows for field in row}
    points = [field for field in fields if _POINT_NUMBER.fullmatch(field)]
    commas = [field for field in fields if _COMMA_NUMBER.fullmatch(field)]
    if not commas:
        return "."
    if not points:
        if separator == "," and all(_COMMA_GROUPS.fullmatch(field) for field in commas):
            raise InvalidInputError(
                f"{min(commas)!r} may be {min(commas).replace(',', '')} or {min(commas).replace(',', '.')}; "
                "write thousands without a separator and decimals with a point"
            )
        return ","
    if all(_COMMA_GROUPS.fullmatch(field) for field in commas):
        return "."
    if all(_POINT_GROUPS.fullmatch(field) for field in points):
        return ","
    return "," if len(commas) > len(points) else "."
