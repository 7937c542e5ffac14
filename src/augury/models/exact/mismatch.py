"""The kernel of categories in closed form: exponential in how many of them differ, each by its own rate."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor

from augury.numerics.linalg import symmetric_product


class Mismatch:
    r"""`exp(-sum_c [x_c != x'_c] r_c)` over the categories of training inputs, with rates `r_c`.

    The training inputs are kept one-hot, so that how many rates two points share is one matrix product.
    Derivatives are those with respect to `log lambda_c`.

    Args:
        codes: `n x C` integer codes of the training inputs; the rates are 1 to begin with.
    """

    def __init__(self, codes: np.ndarray) -> None:
        self._levels = [np.unique(column) for column in codes.T]
        self._counts = [len(levels) for levels in self._levels]
        self._starts = np.cumsum([0, *self._counts[:-1]])
        self._one_hot = self.one_hot(codes)
        self._rates, self._weighted = np.ones(len(self._levels)), self._one_hot

    def at(self, rates: np.ndarray) -> Mismatch:
        """The same with other rates (`C`)."""
        other = copy.copy(self)
        other._rates, other._weighted = rates, self._one_hot * np.repeat(rates, self._counts)
        return other

    def one_hot(self, codes: np.ndarray) -> np.ndarray:
        """`N x sum of levels`; a code that was never seen has no column."""
        columns = zip(codes.T, self._levels, strict=True)
        return np.concatenate([code[:, None] == levels for code, levels in columns], axis=1, dtype=np.float64)

    def matrix(self) -> np.ndarray:
        """`n x n`, the diagonal 1 to rounding errors."""
        return self._kernel(self._one_hot)

    def cross(self, codes: np.ndarray) -> np.ndarray:
        """`N x n` with other inputs' codes (`N x C`)."""
        return self._kernel(self.one_hot(codes))

    def _kernel(self, one_hot: np.ndarray) -> np.ndarray:
        kernel: np.ndarray = np.exp(one_hot @ self._weighted.T - self._rates.sum())
        return kernel

    def derivatives(self, K: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """`n x C`: `dK/dlog lambda_c` times a vector, of `dK_ij = K_ij [x_ic != x_jc] r_c`.

        Args:
            K: `n x n` covariance that has this kernel as a factor; its upper triangle is read.
            vector: `n`.
        """
        weighted = np.asfortranarray(self._one_hot * vector[:, None])
        agreeing = self._one_hot * symmetric_product(K, weighted, lower=False)
        total = symmetric_product(K, np.asfortranarray(vector[:, None]), lower=False)
        return (total - np.add.reduceat(agreeing, self._starts, axis=1)) * self._rates

    def pullback(self, weights: np.ndarray, K: np.ndarray) -> np.ndarray:
        """`C`: `sum_ij W_ij dK_ij / dlog lambda_c`.

        Args:
            weights: `n x n`, symmetric; its lower triangle is read.
            K: as for `derivatives`.
        """
        weighted = weights * K.T
        np.fill_diagonal(weighted, 0.0)
        total = symmetric_product(weighted, np.ones((len(K), 1), order="F")).sum()
        agreeing = self._one_hot * symmetric_product(weighted, np.asfortranarray(self._one_hot))
        return (total - np.add.reduceat(agreeing.sum(axis=0), self._starts)) * self._rates

    def exponent(self, left: Tensor, right: Tensor) -> Tensor:
        """`sum_c [x_c != x'_c] r_c` between tensors of codes (`... x N x C` and `... x M x C`)."""
        different = left.unsqueeze(-2) != right.unsqueeze(-3)
        return different.to(torch.float64) @ torch.from_numpy(self._rates)
