"""Stationary kernels on rows whose differences repeat: one number for each kernel and difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from augury.kernels.linear_multiple.row_pairs import RowPairs


@dataclass(frozen=True)
class Lags:
    r"""`A` matrices :math:`(K_i)_{ab} = v_{i,\,l(a,b)}` of `n` rows, which depend on the differences alone.

    On an even series there are `n` differences, so that a sum of matrices costs `A n + n^2` operations, and
    all their traces with another matrix likewise; of rows in general there are half of `n^2`.

    Args:
        values: `U x H`: kernels at the differences, `A` of them or more.
        kept: which of these are meant (`A`).
        pairs: which difference two rows have.
    """

    values: np.ndarray
    kept: np.ndarray
    pairs: RowPairs

    @classmethod
    def of(cls, values: np.ndarray, pairs: RowPairs) -> Self:
        """From the kernels at the differences (`U x A`), all of which are meant."""
        return cls(values, np.arange(values.shape[1]), pairs)

    def __getitem__(self, chosen: np.ndarray) -> Lags:
        """Some of the components (a mask); those left out go when they are half of what is held."""
        kept, held = self.kept[chosen], self.values
        if 2 * len(kept) <= held.shape[1]:
            kept, held = np.arange(len(kept)), held.take(kept, axis=1)
        return Lags(held, kept, self.pairs)

    def matrix(self, weights: np.ndarray) -> np.ndarray:
        """`n x n`: the sum of the `K_i` under `A` weights."""
        of_all = np.zeros(self.values.shape[1])
        of_all[self.kept] = weights
        return self.pairs.matrix(self.values @ of_all)

    def diagonal_sums(self) -> np.ndarray:
        """`A` traces of the `K_i`."""
        index = self.pairs.index
        traces: np.ndarray = len(index) * self.values[index[0, 0], self.kept]
        return traces

    def inner_products(self, S: np.ndarray) -> np.ndarray:
        """`A` numbers `tr(S K_i)`, for a symmetric `S` (`n x n`)."""
        return self._weighted(self.pairs.sums(S))

    def forms_and_traces(self, a: np.ndarray, L: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Components.forms_and_traces`."""
        sums, trace = self.pairs.sums_of_inverse(L)
        return self._weighted(self.pairs.sums_of_outer(a)), self._weighted(sums), trace

    def _weighted(self, sums: np.ndarray) -> np.ndarray:
        weighted: np.ndarray = (sums @ self.values)[self.kept]
        return weighted
