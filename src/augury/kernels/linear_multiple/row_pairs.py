"""Which difference each pair of rows has, and sums over the pairs of equal difference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import final

import numpy as np

from augury.numerics.linalg import inverse_in_place, solve_with_factor
from augury.numerics.toeplitz import distance_sums, inverse_distance_sums, symmetric_toeplitz

#: Differences that agree to this share of the range of an input are one.
_RESOLUTION = 1e-12


class RowPairs(ABC):
    """The pairs of `n` rows.

    Attributes:
        differences: `U x P`, distinct; signs are left out, input by input.
    """

    differences: np.ndarray

    @property
    @abstractmethod
    def index(self) -> np.ndarray:
        """`n x n`: which of the differences two rows have."""

    @abstractmethod
    def matrix(self, values: np.ndarray) -> np.ndarray:
        """`n x n`: of `U` numbers, that of the difference of two rows."""

    @abstractmethod
    def sums(self, S: np.ndarray) -> np.ndarray:
        """`U` sums of a symmetric `S` (`n x n`), of which only the lower triangle is read."""

    @abstractmethod
    def sums_of_outer(self, a: np.ndarray) -> np.ndarray:
        """The same of `a a^T`, for `n` numbers `a`."""

    @abstractmethod
    def sums_of_inverse(self, L: np.ndarray) -> tuple[np.ndarray, float]:
        """The same of :math:`(L L^T)^{-1}`, and its trace.

        Args:
            L: the lower factor (`n x n`, Fortran-ordered) of a matrix of this class; used up.
        """


@final
class EvenSeries(RowPairs):
    """The rows of an even series, whose differences are the numbers of steps: all matrices are Toeplitz.

    Args:
        differences: `n x P`: of no step, one step and so on.
    """

    def __init__(self, differences: np.ndarray) -> None:
        self.differences = differences
        self._steps = np.arange(len(differences))

    @property
    def index(self) -> np.ndarray:
        return symmetric_toeplitz(self._steps)

    @cached_property
    def _first(self) -> np.ndarray:
        """The first column of the identity."""
        return (self._steps == 0)[:, None].astype(np.float64)

    def matrix(self, values: np.ndarray) -> np.ndarray:
        return symmetric_toeplitz(values).copy()

    def sums(self, S: np.ndarray) -> np.ndarray:
        sums = np.array([S.trace(-step) for step in self._steps])
        sums[1:] *= 2.0
        return sums

    def sums_of_outer(self, a: np.ndarray) -> np.ndarray:
        return distance_sums(a, a)

    def sums_of_inverse(self, L: np.ndarray) -> tuple[np.ndarray, float]:
        sums = inverse_distance_sums(solve_with_factor(L, self._first)[:, 0])
        return sums, float(sums[0])


@final
class RepeatedDifferences(RowPairs):
    """Rows of any other differences.

    Args:
        differences: `U x P`.
        index: `n x n`, symmetric: which of them two rows have.
    """

    def __init__(self, differences: np.ndarray, index: np.ndarray) -> None:
        self.differences, self._index = differences, index

    @property
    def index(self) -> np.ndarray:
        return self._index

    @cached_property
    def _lower(self) -> tuple[np.ndarray, np.ndarray]:
        """Where in Fortran's order the entries of the lower triangle are, and their differences."""
        places = np.flatnonzero(np.tri(len(self._index), dtype=bool).T)
        return places, self._index.ravel()[places]

    def matrix(self, values: np.ndarray) -> np.ndarray:
        return values.take(self._index)

    def sums(self, S: np.ndarray) -> np.ndarray:
        places, differences = self._lower
        sums = 2.0 * np.bincount(differences, S.ravel("F").take(places), len(self.differences))
        sums[self._index[0, 0]] -= S.trace()
        return sums

    def sums_of_outer(self, a: np.ndarray) -> np.ndarray:
        return self.sums(np.outer(a, a).T)

    def sums_of_inverse(self, L: np.ndarray) -> tuple[np.ndarray, float]:
        inverse_in_place(L)
        return self.sums(L), float(L.trace())


def distinct_differences(X: np.ndarray, largest: int) -> RowPairs | None:
    """The pairs of rows of `X` (`n x P`); None where they have more than so many differences."""
    n = len(X)
    if _is_even(X):
        return EvenSeries(np.abs(X - X[0])) if n <= largest else None
    rows, columns = np.tril_indices(n)
    code, first = np.zeros(len(rows), dtype=np.intp), np.zeros(1, dtype=np.intp)
    for column in X.T:
        level = _levels(column)[rows, columns]
        _, first, code = np.unique(
            code * (int(level.max()) + 1) + level, return_index=True, return_inverse=True
        )
        if len(first) > largest:
            return None
    index = np.empty((n, n), dtype=np.intp)
    index[rows, columns] = index[columns, rows] = code
    return RepeatedDifferences(np.abs(X[rows[first]] - X[columns[first]]), index)


def _is_even(X: np.ndarray) -> bool:
    """Whether the rows are those of a line in equal steps."""
    whole = X[-1] - X[0]
    if len(X) > 1 and not whole.any():
        return False
    line = X[0] + np.linspace(0.0, 1.0, len(X))[:, None] * whole
    return bool((np.abs(X - line) <= 0.5 * _RESOLUTION * np.abs(whole)).all())


def _levels(column: np.ndarray) -> np.ndarray:
    """`n x n`: integers that are equal where differences of `n` numbers are, up to the resolution."""
    numbers, place = np.unique(column, return_inverse=True)
    rows, columns = np.tril_indices(len(numbers))
    distinct, level = np.unique(numbers[rows] - numbers[columns], return_inverse=True)
    apart = np.diff(distinct, prepend=distinct[0]) > _RESOLUTION * distinct[-1]
    levels = np.empty((len(numbers), len(numbers)), dtype=np.intp)
    levels[rows, columns] = levels[columns, rows] = np.cumsum(apart)[level]
    return levels[place[:, None], place]
