"""Candidates: the encoded rows of a finite table, and which row an encoded point is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.columns import EncodedColumns
from augury.space.encoding import row_keys
from augury.space.rules import Rules
from augury.space.scales import Array
from augury.space.table import Table

Rows = NDArray[np.intp]


class Candidates:
    """N encoded rows, told apart by their choices (the descriptors of a row follow from them).

    Args:
        table: the table they come from.
        X: encoded rows, N x dim.
        source: row of the table's cells that each one stands for, N.
        columns: the encoded columns.
        whole: those that these are some of; None for all.
    """

    def __init__(
        self, table: Table, X: Array, source: Rows, columns: EncodedColumns, whole: Candidates | None = None
    ) -> None:
        self._whole = whole
        self.table = table
        self.X = X
        self.X.flags.writeable = False
        self._source = source
        self._columns = columns
        self._choices = [column for column, name in enumerate(columns.names) if name in table.choices]

    @classmethod
    def of(cls, table: Table, columns: EncodedColumns, rules: Rules) -> Candidates:
        """The rows of a table that satisfy the constraints.

        Raises:
            InvalidInputError: there is none.
        """
        X = columns.units(table.numbers(columns.names))
        rows = np.flatnonzero(rules.feasible(X))
        if len(rows) == 0:
            broken = ", ".join(rules.texts)
            raise InvalidInputError(f"no row of the candidate table satisfies the constraints {broken}")
        return cls(table, X[rows], rows, columns)

    def __len__(self) -> int:
        return len(self.X)

    def having(self, fixed: Mapping[int, float]) -> Candidates:
        """The rows whose columns have the given encoded values."""
        agree = np.ones(len(self), dtype=bool)
        for column, value in fixed.items():
            agree &= self.X[:, column] == value
        return Candidates(self.table, self.X[agree], self._source[agree], self._columns, self.whole)

    @property
    def whole(self) -> Candidates:
        """Those that these are some of, or themselves."""
        return self if self._whole is None else self._whole

    @property
    def numbers(self) -> Array:
        """N x dim: the numbers of the rows in the user's units, codes of categories."""
        numbers: Array = self.table.numbers(self._columns.names)[self._source]
        return numbers

    @cached_property
    def _row_of_key(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(row_keys(self.X[:, self._choices]))}

    def find(self, X: Array) -> Rows:
        """Row (n) of each encoded point (n x dim), -1 where it is none."""
        rows = self._row_of_key
        return np.array([rows.get(key, -1) for key in row_keys(X[:, self._choices])], dtype=np.intp)

    def index(self, X: Array) -> Rows:
        """Row (n) of each encoded point (n x dim).

        Raises:
            InvalidInputError: a point that is not one of the rows.
        """
        rows = self.find(X)
        if (rows < 0).any():
            raise InvalidInputError(f"point {int(np.argmax(rows < 0))} is not a row of the candidate table")
        return rows

    def remaining(self, used: Array) -> Rows:
        """The rows that are not among encoded points (m x dim); points that are no rows are passed over."""
        rows = self.find(used)
        remaining = np.ones(len(self), dtype=bool)
        remaining[rows[rows >= 0]] = False
        return np.flatnonzero(remaining)

    def encode(self, params: Sequence[Mapping[str, Any]]) -> Array:
        """Encoded points (n x dim) of n >= 1 params, which hold the choices and no descriptors.

        Raises:
            InvalidInputError: a value that its column does not allow; no row has these choices.
        """
        described = self.table.described
        X = self._columns.encode(params, absent=described)
        return self.X[self.index(X)] if described else X

    def params(self, X: Array, *, descriptors: bool) -> list[dict[str, Any]]:
        """The choices, and on demand the descriptors, of the rows nearest to encoded points (n x dim)."""
        names = [*self.table.choices, *(self.table.descriptors if descriptors else ())]
        return self.table.rows(self._source[self.nearest(X)], names)

    def nearest(self, X: Array) -> Rows:
        """Row (n) nearest to each point (n x dim); another category is as far as a whole numeric range."""
        index = self.find(X)
        codes = self._columns.categorical_features
        for point in np.flatnonzero(index < 0):
            difference = self.X - X[point]
            difference[:, codes] = np.abs(difference[:, codes]) > 0.5
            index[point] = int(np.argmin(np.einsum("nd,nd->n", difference, difference)))
        return index
