"""Candidates: the encoded rows of a finite table, and which row an encoded point is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augury.space.encoding import row_keys
from augury.space.scales import Array

Rows = NDArray[np.intp]


class Candidates:
    """N encoded rows, told apart by their choices (the descriptors of a row follow from them).

    Args:
        X: encoded rows, N x dim.
        source: row of the table's cells that each one stands for, N.
        choices: columns that are choices.
        codes: columns that hold integer codes.
    """

    def __init__(self, X: Array, source: Rows, choices: Sequence[int], codes: Sequence[int]) -> None:
        self.X = X
        self.X.flags.writeable = False
        self.source = source
        self._choices = list(choices)
        self._codes = list(codes)

    def __len__(self) -> int:
        return len(self.X)

    def having(self, fixed: Mapping[int, float]) -> Candidates:
        """The rows whose columns have the given encoded values."""
        agree = np.ones(len(self), dtype=bool)
        for column, value in fixed.items():
            agree &= self.X[:, column] == value
        return Candidates(self.X[agree], self.source[agree], self._choices, self._codes)

    @cached_property
    def _row_of_key(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(row_keys(self.X[:, self._choices]))}

    def find(self, X: Array) -> Rows:
        """Row (n) of each encoded point (n x dim), -1 where it is none."""
        rows = self._row_of_key
        return np.array([rows.get(key, -1) for key in row_keys(X[:, self._choices])], dtype=np.intp)

    def nearest(self, X: Array) -> Rows:
        """Row (n) nearest to each point (n x dim); another category is as far as a whole numeric range."""
        index = self.find(X)
        for point in np.flatnonzero(index < 0):
            difference = self.X - X[point]
            difference[:, self._codes] = np.abs(difference[:, self._codes]) > 0.5
            index[point] = int(np.argmin(np.einsum("nd,nd->n", difference, difference)))
        return index
