"""The matrices of many fixed kernels on the same rows, held by their factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from augury.errors import InvalidInputError
from augury.kernels.linear_multiple.lags import Lags
from augury.numerics.linalg import pivoted_root, symmetric_inverse

#: What is left of the trace of a matrix when its factor is long enough, as a share of it.
_RANK_TOLERANCE = 1e-10
#: A matrix whose factor is wrong by more than this share of its largest entry is not positive semi-definite.
_INDEFINITE = 1e-6


@dataclass(frozen=True)
class Components:
    r"""`A` matrices :math:`K_i = (G G^T) \circ (F_i F_i^T)` of `n` rows.

    The first factor is common to all (a spectral mixture's envelope), and may be absent; `F_i` has few
    columns. Both are made when they are first needed.

    Args:
        made: returns the `F_i` of some components (indices) side by side, `n x R`.
        num_rows: `n`.
        sizes: `A` numbers of columns, at least 1 each, which sum to `R`.
        kept: which components of `made` are meant (`A`).
        common_root: returns `G` (`n x g`), always the same array; None for matrices that are `F_i F_i^T`.
        lags: the same matrices by the differences of the rows, where that is the shorter way.
    """

    made: Callable[[np.ndarray], np.ndarray]
    num_rows: int
    sizes: np.ndarray
    kept: np.ndarray
    common_root: Callable[[], np.ndarray | None]
    lags: Lags | None = None

    @classmethod
    def of_matrices(cls, matrices: Sequence[np.ndarray]) -> Self:
        """From dense `n x n` matrices, by Cholesky factors with pivots, cut off where nothing is left.

        Raises:
            InvalidInputError: none are given, or one is not positive semi-definite.
        """
        if not len(matrices):
            raise InvalidInputError("a combination of kernels needs at least one; given none")
        factors = [_root(matrix, index) for index, matrix in enumerate(matrices)]
        return cls.of_factors(np.concatenate(factors, axis=1), [factor.shape[1] for factor in factors])

    @classmethod
    def of_factors(
        cls, factors: np.ndarray, sizes: Sequence[int] | np.ndarray, envelope: np.ndarray | None = None
    ) -> Self:
        """From the `F_i` side by side (`n x R`) and `G` (`n x g`)."""
        sizes = np.asarray(sizes)
        order = np.arange(len(sizes))
        owner = np.repeat(order, sizes)

        def made(kept: np.ndarray) -> np.ndarray:
            return factors if len(kept) == len(sizes) else factors[:, np.isin(owner, kept)]

        return cls(made, len(factors), sizes, order, lambda: envelope)

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def factors(self) -> np.ndarray:
        """`n x R`: the `F_i` side by side."""
        return self.made(self.kept)

    @property
    def envelope(self) -> np.ndarray | None:
        """`n x g`, the common `G`; None for matrices that are `F_i F_i^T`."""
        return self.common_root()

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]])

    @cached_property
    def common(self) -> np.ndarray | None:
        """`n x n`: the common factor `G G^T`."""
        return None if self.envelope is None else self.envelope @ self.envelope.T

    @cached_property
    def has_few_columns(self) -> bool:
        """Whether all roots have so few columns together that sums by them are the quickest."""
        # by differences a step costs about as much as by columns for half of the rows
        most = self.num_rows if self.lags is None else self.num_rows // 2
        columns = int(self.sizes.sum())
        if columns >= most:  # whatever the common factor, which may not be made yet
            return False
        return self.envelope is None or columns * self.envelope.shape[1] < most

    @cached_property
    def roots(self) -> np.ndarray:
        """`n x r`: `L_i` with `K_i = L_i L_i^T`, side by side."""
        if self.envelope is None:
            return self.factors
        products = self.factors[:, :, None] * self.envelope[:, None, :]
        return products.reshape(self.num_rows, -1)

    def per_column(self, values: np.ndarray, *, of_roots: bool = False) -> np.ndarray:
        """`R` (or `r`) numbers: those of the components (`A`), repeated for each of their columns."""
        return np.repeat(values, self._root_sizes if of_roots else self.sizes)

    def summed(self, columns: np.ndarray, *, of_roots: bool = False) -> np.ndarray:
        """`A` sums over the columns of each component."""
        width = len(columns) // int(self.sizes.sum()) if of_roots else 1
        return np.add.reduceat(columns, self._starts * width)

    @property
    def _root_sizes(self) -> np.ndarray:
        return self.sizes * (1 if self.envelope is None else self.envelope.shape[1])

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """`n x n`: the sum of the `K_i` under `A` weights."""
        if self.lags is not None:
            return self.lags.matrix(weights)
        scaled = self.factors * np.sqrt(self.per_column(weights))
        combined = scaled @ scaled.T
        return combined if self.common is None else combined * self.common

    def inner_products(self, S: np.ndarray) -> np.ndarray:
        """`A` numbers `tr(S K_i)`, for a symmetric `S` (`n x n`)."""
        if self.lags is not None:
            return self.lags.inner_products(S)
        if self.common is not None:
            S = S * self.common
        return self.summed(np.einsum("ij,ij->j", self.factors, S @ self.factors))

    def quadratic_forms(self, a: np.ndarray) -> np.ndarray:
        """`A` numbers `a^T K_i a`, for `n` numbers `a`."""
        sides = a[:, None] if self.envelope is None else self.envelope * a[:, None]
        products = sides.T @ self.factors
        return self.summed(np.einsum("gj,gj->j", products, products))

    def forms_and_traces(self, a: np.ndarray, L: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        r"""`A` numbers :math:`a^T K_i a`, as many :math:`\mathrm{tr}(C^{-1} K_i)`, and the trace of `C^{-1}`.

        Args:
            a: `n` numbers.
            L: the lower factor (`n x n`, Fortran-ordered) of `C`, a combination of the `K_i` and the
                identity; used up.
        """
        if self.lags is not None:
            return self.lags.forms_and_traces(a, L)
        inverse = symmetric_inverse(L)
        return self.quadratic_forms(a), self.inner_products(inverse), float(inverse.trace())

    def diagonal_sums(self) -> np.ndarray:
        """`A` traces of the `K_i`."""
        if self.lags is not None:
            return self.lags.diagonal_sums()
        squares = self.factors**2
        if self.envelope is not None:
            squares = squares * (self.envelope**2).sum(axis=1)[:, None]
        return self.summed(squares.sum(axis=0))

    def scaled_rows(self, scale: np.ndarray) -> Components:
        """Those of `D K_i D`, for the diagonal `D` of `n` numbers."""
        return Components.of_factors(self.factors * scale[:, None], self.sizes, self.envelope)

    def __getitem__(self, indices: np.ndarray) -> Components:
        """Some of the components (an index array or a mask)."""
        chosen = np.zeros(len(self), dtype=bool)
        chosen[indices] = True
        sizes = self.sizes[chosen]
        if self.lags is None:
            columns = np.repeat(chosen, self.sizes)
            return Components.of_factors(self.factors[:, columns], sizes, self.envelope)
        kept, lags = self.kept[chosen], self.lags[chosen]
        some = Components(self.made, self.num_rows, sizes, kept, self.common_root, lags)
        if not some.has_few_columns:
            return some
        return Components.of_factors(some.factors, sizes, some.envelope)  # which are made but once


def _root(matrix: np.ndarray, index: int) -> np.ndarray:
    """`n x r` with `matrix` as its outer product.

    Raises:
        InvalidInputError: there is none.
    """
    scale = float(np.abs(matrix).max(initial=0.0))
    if not np.isfinite(scale):
        raise InvalidInputError(f"component {index} has entries that are not finite on these inputs")
    if scale == 0.0:
        return np.zeros((len(matrix), 1))
    root = pivoted_root(matrix, _RANK_TOLERANCE * scale)
    error = np.abs(root @ root.T - matrix).max()
    if error > _INDEFINITE * scale:
        raise InvalidInputError(
            f"component {index} is not positive semi-definite on these inputs (off by {error / scale:.3g} "
            "of its largest entry); leave it out"
        )
    return root
