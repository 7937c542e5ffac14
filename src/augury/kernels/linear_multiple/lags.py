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
        values: `A x U`: the kernels at the differences.
        index: `n x n`: which difference two rows have.
    """

    values: np.ndarray
    index: np.ndarray

    @classmethod
    def of_rows(cls, X: np.ndarray, kernels: Callable[[np.ndarray], np.ndarray], largest: int) -> Self | None:
        """Of some rows; None where there are more than so many differences.

        Args:
            X: `n x P` inputs.
            kernels: the kernels (`A x U`) at `U x P` differences, none of them negative.
            largest: most differences.
        """
        found = _distinct_differences(X, largest)
        return None if found is None else cls(kernels(found[1]), found[0])

    def __getitem__(self, chosen: np.ndarray) -> Lags:
        """Some of the components (an index array or a mask)."""
        return Lags(self.values[chosen], self.index)

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """`n x n`: the sum of the `K_i` under `A` weights."""
        combined: np.ndarray = (weights @ self.values)[self.index]
        return combined

    def inner_products(self, *matrices: np.ndarray) -> np.ndarray:
        """`A` numbers `tr(S K_i)` for each symmetric `S` (`n x n`), in one pass over the values."""
        index, count = self.index.reshape(-1), self.values.shape[1]
        sums = [np.bincount(index, S.ravel(order="K"), count) for S in matrices]
        products: np.ndarray = (self.values @ np.stack(sums, axis=1)).T
        return products


def _distinct_differences(X: np.ndarray, largest: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Which difference each pair of rows has (`n x n`), and the differences (`U x P`), signs left out."""
    n = len(X)
    code = np.zeros(n * n, dtype=np.int64)
    for column in X.T:
        level = _levels(np.abs(column[:, None] - column).reshape(-1))
        _, code = np.unique(code * (int(level.max()) + 1) + level, return_inverse=True)
        if code.max() >= largest:
            return None
    _, first = np.unique(code, return_index=True)
    rows, columns = np.divmod(first, n)
    return code.reshape(n, n), np.abs(X[rows] - X[columns])


def _levels(steps: np.ndarray) -> np.ndarray:
    """Integers that are equal where numbers are, up to the resolution."""
    distinct, place = np.unique(steps, return_inverse=True)
    apart = np.diff(distinct, prepend=distinct[0]) > _RESOLUTION * distinct[-1]
    levels: np.ndarray = np.cumsum(apart)[place]
    return levels
