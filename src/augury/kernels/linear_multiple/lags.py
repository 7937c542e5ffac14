"""Stationary kernels on rows whose differences repeat: one number for each kernel and difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

#: Differences that agree to this share of the range of an input are one.
_RESOLUTION = 1e-12


@dataclass(frozen=True)
class Lags:
    r"""`A` matrices :math:`(K_i)_{ab} = v_{i,\,l(a,b)}` of `n` rows, which depend on the differences alone.

    On an even series there are `n` differences, so that a sum of matrices costs `A n + n^2` operations, and
    all their traces with another matrix likewise; of rows in general there are half of `n^2`.

    Args:
        values: `U x H`: kernels at the differences, `A` of them or more.
        kept: which of these are meant (`A`).
        index: `n x n`: which difference two rows have.
        even: whether that is the number of steps between them, as on an even series: all `K_i` are Toeplitz.
    """

    values: np.ndarray
    kept: np.ndarray
    index: np.ndarray
    even: bool

    @classmethod
    def of_rows(cls, X: np.ndarray, kernels: Callable[[np.ndarray], np.ndarray], largest: int) -> Self | None:
        """Of some rows; None where there are more than so many differences.

        Args:
            X: `n x P` inputs.
            kernels: the kernels (`U x A`) at `U x P` differences, none of them negative.
            largest: most differences.
        """
        found = _distinct_differences(X, largest)
        if found is None:
            return None
        index, differences = found
        steps = np.arange(len(X))
        even = len(differences) == len(X) and bool((index == np.abs(steps[:, None] - steps)).all())
        values = kernels(differences)
        return cls(values, np.arange(values.shape[1]), index, even)

    def __getitem__(self, chosen: np.ndarray) -> Lags:
        """Some of the components (a mask); those left out go when they are half of what is held."""
        kept, held = self.kept[chosen], self.values
        if 2 * len(kept) <= held.shape[1]:
            kept, held = np.arange(len(kept)), held.take(kept, axis=1)
        return Lags(held, kept, self.index, self.even)

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """`n x n`: the sum of the `K_i` under `A` weights."""
        of_all = np.zeros(self.values.shape[1])
        of_all[self.kept] = weights
        combined: np.ndarray = (self.values @ of_all)[self.index]
        return combined

    def diagonal_sums(self) -> np.ndarray:
        """`A` traces of the `K_i`."""
        traces: np.ndarray = len(self.index) * self.values[self.index[0, 0], self.kept]
        return traces

    def inner_products(self, *matrices: np.ndarray) -> np.ndarray:
        """`A` numbers `tr(S K_i)` for each symmetric `S` (`n x n`), in one pass over the values."""
        index, count = self.index.reshape(-1), len(self.values)
        return self.weighted(np.stack([np.bincount(index, S.ravel(order="K"), count) for S in matrices]))

    def weighted(self, sums: np.ndarray) -> np.ndarray:
        """The same of the sums (`s x U`) of each `S` over the pairs of rows of equal difference."""
        # a product of two rows is not quicker than two of one, but slower
        return np.stack([(row @ self.values)[self.kept] for row in sums])


def _distinct_differences(X: np.ndarray, largest: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Which difference each pair of rows has (`n x n`), and the differences (`U x P`), signs left out."""
    n = len(X)
    rows, columns = np.tril_indices(n)
    code = np.zeros(len(rows), dtype=np.int64)
    for column in X.T:
        level = _levels(np.abs(column[rows] - column[columns]))
        _, code = np.unique(code * (int(level.max()) + 1) + level, return_inverse=True)
        if code.max() >= largest:
            return None
    _, first = np.unique(code, return_index=True)
    index = np.empty((n, n), dtype=np.int64)
    index[rows, columns] = index[columns, rows] = code
    return index, np.abs(X[rows[first]] - X[columns[first]])


def _levels(steps: np.ndarray) -> np.ndarray:
    """Integers that are equal where numbers are, up to the resolution."""
    distinct, place = np.unique(steps, return_inverse=True)
    apart = np.diff(distinct, prepend=distinct[0]) > _RESOLUTION * distinct[-1]
    levels: np.ndarray = np.cumsum(apart)[place]
    return levels
