"""Sums over all pairs of training points, from which the Matern covariance and its derivatives are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import NamedTuple, final

import numpy as np

from augury.models.exact.matern_passes import left_factor, right_factor
from augury.numerics.linalg import symmetric_product

#: Up to so many numbers, which a core's first cache holds, all squared differences are kept.
_FEW = 2**14


class Scaled(NamedTuple):
    """Training points in units of their lengthscales.

    Args:
        points: `z`, `n x p`.
        scale: `z / x`, `p`.
    """

    points: np.ndarray
    scale: np.ndarray


class Pairs(ABC):
    """All pairs of `n` points of `p` coordinates. Matrices are Fortran-ordered."""

    #: `n x n x p` squared differences, unscaled, where they are kept
    table: np.ndarray | None = None

    @abstractmethod
    def squares(self, z: Scaled, out: np.ndarray) -> None:
        """Write `|z_i - z_j|^2` (`n x n`), its diagonal exactly 0."""

    @abstractmethod
    def products(self, z: Scaled, matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """`n x p`: `sum_j M_ij (z_ia - z_ja)^2 v_j` for a symmetric `matrix`."""

    @abstractmethod
    def sums(self, z: Scaled, matrix: np.ndarray) -> np.ndarray:
        """`p`: `sum_ij M_ij (z_ia - z_ja)^2` for a symmetric `matrix` of which the lower triangle is right;
        the other one is finite."""


def pairs_of(coordinates: np.ndarray) -> Pairs:
    """The faster way for the points (`n x p`)."""
    n, width = coordinates.shape
    return TabulatedPairs(coordinates) if n * n * width <= _FEW else FactoredPairs()


@final
class FactoredPairs(Pairs):
    """Squares multiplied out, so that thin matrix products serve: no `n x n x p` array exists."""

    def squares(self, z: Scaled, out: np.ndarray) -> None:
        # Symmetric, so the transposed (C-ordered) view serves matmul's `out`.
        np.matmul(left_factor(z.points), right_factor(z.points), out=out.T)
        np.fill_diagonal(out, 0.0)

    def products(self, z: Scaled, matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
        n, width = z.points.shape
        columns = np.empty((n, 2 * width + 1), order="F")
        first, second = columns[:, :width], columns[:, width:-1]
        np.multiply(z.points, vector[:, None], out=first)
        np.multiply(z.points, first, out=second)
        columns[:, -1] = vector
        product = matrix @ columns
        total: np.ndarray = z.points * product[:, -1:]
        total -= 2.0 * product[:, :width]
        total *= z.points
        total += product[:, width:-1]
        return total

    def sums(self, z: Scaled, matrix: np.ndarray) -> np.ndarray:
        n, width = z.points.shape
        columns = np.ones((n, width + 1), order="F")
        columns[:, :-1] = z.points
        product = symmetric_product(matrix, columns)
        total = z.points * product[:, -1:]
        total -= product[:, :-1]
        total *= z.points
        sums: np.ndarray = 2.0 * total.sum(axis=0)
        return sums


@final
class TabulatedPairs(Pairs):
    """All squared differences in a table, for few points: half the passes, which is what counts then.

    Args:
        coordinates: `n x p`, unscaled.
    """

    def __init__(self, coordinates: np.ndarray) -> None:
        n, width = coordinates.shape
        self.table = np.square(coordinates[:, None, :] - coordinates)
        self._flat = self.table.reshape(n * n, width)

    def squares(self, z: Scaled, out: np.ndarray) -> None:
        np.matmul(self._flat, z.scale * z.scale, out=out.T.reshape(-1))

    def products(self, z: Scaled, matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
        products: np.ndarray = ((matrix.T * vector)[:, None, :] @ self.table)[:, 0]
        products *= z.scale * z.scale
        return products

    def sums(self, z: Scaled, matrix: np.ndarray) -> np.ndarray:
        sums: np.ndarray = (matrix.T * _lower_twice(len(matrix))).reshape(-1) @ self._flat
        sums *= z.scale * z.scale
        return sums


@lru_cache(maxsize=64)
def _lower_twice(n: int) -> np.ndarray:
    """Weights (`n x n`) that make a sum over the transposed lower triangle one over a symmetric matrix."""
    weights = 2.0 * np.tri(n, k=-1).T
    weights.setflags(write=False)
    return weights
