"""Which columns of a table are neither settings nor results: ids, dates, notes, other measurements."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, time
from itertools import pairwise

from augury.study.sheet.cells import Cell, Number, shown
from augury.study.sheet.table import Table

PREDICTED = "predicted {}"
STD = "std of {}"
DISTANCE = "distance to the data"
WHY = "why"
"""The columns that augury adds to the table of next experiments; {} is the result's name."""
WRITTEN = "written by augury"
SAME = "says the same as {}"
"""Reasons that the table of next experiments goes by."""

_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( \d{1,2}:\d{2}.*)?"
)
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_NOTES = "notes?|comments?|remarks?|bemerkung(en)?|kommentare?"
_NOTES_NAME = re.compile(rf"(?:^|[\W_])({_NOTES})\.?$", re.IGNORECASE)
_ID_NAME = re.compile(
    r"(?:^|[\W_])(id|no|nr|number|entry|index|idx|row|run|sample|experiment|exp|trial|batch|vial|well|date|day|time"
    rf"|{_NOTES}|operator|probe|versuch|datum)\.?$|^(#|unnamed:.*)$",
    re.IGNORECASE,
)
_FEW_ROWS = 4
"""With so few rows a real factor may well differ in every one; only a telling name or pattern counts then."""


def set_aside(table: Table, results: Sequence[str], keep: Collection[str] = ()) -> dict[str, str]:
    """The columns that cannot be settings, and why.

    Args:
        table: the experiments; the columns that say "differs in every row" are looked for in all rows.
        results: the outcome columns, the objective first.
        keep: columns that the user has declared to be settings.

    Returns:
        Column -> reason, in plain words. At least one column that varies is left where there is one.
    """
    reasons: dict[str, str] = {}
    for name, cells in table.columns.items():
        if name in results or name in keep:
            continue
        reason = _reason(name, cells, table, results)
        if reason:
            reasons[name] = reason
    settings = [name for name in table.columns if name not in reasons and name not in results]
    if not any(_varies(table.columns[name]) for name in settings):
        for name in [name for name in reasons if _may_be_setting(name, table.columns[name])]:
            del reasons[name]
    reasons |= _aliases(
        table, [name for name in table.columns if name not in reasons and name not in results], keep
    )
    return reasons


def _reason(name: str, cells: Sequence[Cell], table: Table, results: Sequence[str]) -> str:
    if name in (WHY, DISTANCE) or name in {
        mark.format(result) for result in results for mark in (PREDICTED, STD)
    }:
        return WRITTEN
    filled = [cell for cell in cells if cell is not None]
    if not filled:
        return "empty"
    if all(_is_time(cell) for cell in filled):
        return "a time"
    if all(_is_moment(cell) for cell in filled):
        return "a date"
    if results and _is_measured(cells, table.columns.get(results[0])):
        return f"measured: empty where {results[0]} is empty"
    if all(isinstance(cell, Number) for cell in filled):
        return "numbers the rows" if len(filled) == len(cells) and _counts(name, filled, table) else ""
    if any(isinstance(cell, Number) for cell in filled) and 2 * sum(
        isinstance(c, Number) for c in filled
    ) > len(filled):
        return ""  # a column of numbers with a slip in it, which is reported as such
    if _NOTES_NAME.search(name):
        return "notes"
    return "differs in every row" if _differs(name, filled) else ""


def _is_moment(cell: Cell) -> bool:
    """Whether it is a date, with a time or without, or a time of day."""
    is_date = isinstance(cell, date) or (isinstance(cell, str) and _DATE.fullmatch(cell) is not None)
    return is_date or _is_time(cell)


def _is_time(cell: Cell) -> bool:
    return isinstance(cell, time) or (isinstance(cell, str) and _TIME.fullmatch(cell) is not None)


def _is_measured(cells: Sequence[Cell], objective: Sequence[Cell] | None) -> bool:
    """Whether a column has gaps, all of them in rows whose result is awaited, and covers the other rows."""
    if objective is None:
        return False
    gaps = {i for i, cell in enumerate(cells) if cell is None}
    awaited = {i for i, cell in enumerate(objective) if cell is None}
    return bool(gaps) and gaps == awaited and len(awaited) < len(cells)


def _counts(name: str, cells: Sequence[Cell], table: Table) -> bool:
    values = [cell.value for cell in cells if isinstance(cell, Number)]
    if len(values) < 3 or not all(isinstance(value, int) for value in values):
        return False
    steps = [b - a for a, b in pairwise(values)]
    if all(step == 1 for step in steps) or (len(set(values)) == len(values) and _ID_NAME.search(name)):
        return True
    first = name == next(iter(table.columns))
    return first and all(step > 0 for step in steps) and values[-1] - values[0] < 2 * len(values)


def _differs(name: str, filled: Sequence[Cell]) -> bool:
    texts = [shown(cell) for cell in filled]
    if len(set(texts)) < len(texts):
        return False
    return len(texts) > _FEW_ROWS or bool(_ID_NAME.search(name)) or _is_series(texts)


def _is_series(texts: Sequence[str]) -> bool:
    """Whether texts differ only in a number: exp-1, exp-2."""
    return len(texts) > 1 and len({re.sub(r"\d+", "", text) for text in texts}) == 1


def _varies(cells: Sequence[Cell]) -> bool:
    return len({shown(cell) for cell in cells}) > 1


def _may_be_setting(name: str, cells: Sequence[Cell]) -> bool:
    complete = all(isinstance(cell, (Number, str)) and not _is_moment(cell) for cell in cells)
    return complete and _varies(cells) and not _ID_NAME.search(name)


def _aliases(table: Table, names: Sequence[str], keep: Collection[str]) -> dict[str, str]:
    """Text columns that name the same thing as another one (`Base` and `Base_SMILES`): the later goes."""
    reasons: dict[str, str] = {}
    texts = {
        name: [shown(cell) for cell in table.columns[name]] for name in names if _is_text(table.columns[name])
    }
    for name in sorted(texts, key=lambda name: (name not in keep, len(name))):
        for other in texts:
            related = len(other) > len(name) and name.lower() in other.lower()
            if (
                related
                and other not in keep
                and name not in reasons
                and _one_to_one(texts[name], texts[other])
            ):
                reasons[other] = SAME.format(name)
    return reasons


def _is_text(cells: Sequence[Cell]) -> bool:
    return all(isinstance(cell, str) for cell in cells) and len(set(cells)) > 1


def _one_to_one(a: Sequence[str], b: Sequence[str]) -> bool:
    pairs = set(zip(a, b, strict=True))
    return len(pairs) == len(set(a)) == len(set(b))
