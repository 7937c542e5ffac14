"""Descriptors: the numbers that describe each value of a categorical parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.scales import Array


@dataclass(frozen=True)
class Descriptors:
    """A complete table of k values by p numeric descriptors.

    Args:
        names: p names.
        columns: for each name the k numbers, in the order of the values.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, given: Any, values: Sequence[Any]) -> Descriptors:
        """Descriptors of `values` from a DataFrame (values in its index or first column) or a mapping.

        Raises:
            InvalidInputError: a value without a row or with two, a cell that is missing or not a number.
        """
        if isinstance(given, Descriptors):
            return given
        if hasattr(given, "columns") and hasattr(given, "index"):
            given = _rows_of(given, values)
        if not isinstance(given, Mapping):
            raise InvalidInputError(
                "descriptors must be a DataFrame or a mapping from name to numbers, not "
                f"{type(given).__name__}"
            )
        if not given:
            raise InvalidInputError("descriptors has no column")
        names = tuple(str(name) for name in given)
        return cls(names, tuple(_numbers(name, given[name], values) for name in given))

    @property
    def scaled(self) -> Array:
        """The table (k x p) with every descriptor scaled to [0, 1]; one that does not vary becomes 0."""
        table: Array = np.array(self.columns, dtype=np.float64).T
        low = table.min(axis=0)
        width = table.max(axis=0) - low
        scaled: Array = (table - low) / np.where(width > 0.0, width, 1.0)
        return scaled

    def to_dict(self) -> dict[str, list[float]]:
        """JSON-able mapping from name to numbers."""
        return {name: list(column) for name, column in zip(self.names, self.columns, strict=True)}


def _rows_of(frame: Any, values: Sequence[Any]) -> dict[str, list[Any]]:
    """The cells of a DataFrame, one row per value in the order of `values`."""
    columns = list(frame.columns)
    cells = {name: frame[name].tolist() for name in columns} if frame.columns.is_unique else None
    if cells is None:
        raise InvalidInputError(f"the descriptor table names a column twice: {columns!r}")
    labels = frame.index.tolist()
    if not set(values) <= set(labels) and columns:
        labels = cells.pop(columns[0])
    rows: dict[Any, int] = {}
    for row, label in enumerate(labels):
        if label in rows and label in values:
            raise InvalidInputError(f"the descriptor table has two rows for {label!r}")
        rows[label] = row
    missing = [value for value in values if value not in rows]
    if missing:
        raise InvalidInputError(
            f"the descriptor table has no row for {missing[0]!r}: its index or its first column must hold "
            "every value"
        )
    return {name: [column[rows[value]] for value in values] for name, column in cells.items()}


def _numbers(name: Any, column: Any, values: Sequence[Any]) -> tuple[float, ...]:
    cells = list(column)
    if len(cells) != len(values):
        raise InvalidInputError(f"descriptor {name!r} has {len(cells)} numbers for {len(values)} values")
    numbers = []
    for cell, value in zip(cells, values, strict=True):
        try:
            number = float("nan") if cell is None or isinstance(cell, str) else float(cell)
        except (TypeError, ValueError, OverflowError):
            number = float("nan")
        if not np.isfinite(number):
            raise InvalidInputError(
                f"descriptor {name!r} of {value!r} is {cell!r}, not a finite number; fill the cell "
                "in or drop the column"
            )
        numbers.append(number)
    return tuple(numbers)
