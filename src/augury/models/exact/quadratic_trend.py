"""A quadratic in each input with normal coefficients, as a covariance."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch
from torch import Tensor


class QuadraticTrend:
    r"""The covariance of `\sum_j b_{1j} \varphi_1(u_j) + b_{2j} \varphi_2(u_j)`, `b \sim \mathcal N(0, I)`.

    .. math::
        \varphi_1(u) = \sqrt{\tfrac{3}{2 p}}\, u, \qquad
        \varphi_2(u) = \sqrt{\tfrac{5}{2 p}}\, \tfrac12 (3 u^2 - 1), \qquad u = 2 x - 1,

    Legendre's polynomials, so that both have mean 0 over the cube, and their variance there is 1 in all.

    Source: Rasmussen and Williams (2006), section 2.7, for basis functions with normal coefficients.

    Args:
        columns: the `p` columns of the inputs that it runs over, or None for all.
        dim: how many columns the inputs have.
    """

    def __init__(self, columns: list[int] | None, dim: int) -> None:
        self._columns = columns
        self._dim = dim
        self._width = dim if columns is None else len(columns)
        self._linear = sqrt(1.5 / max(self._width, 1))
        self._square = 0.5 * sqrt(2.5 / max(self._width, 1))

    def features(self, X: np.ndarray) -> np.ndarray:
        """`N x 2 p` values of the basis functions at `X` (`N x d`): all linear ones, then all squares."""
        u = self._centred(X)
        features = np.empty((len(u), 2 * self._width))
        np.multiply(u, self._linear, out=features[:, : self._width])
        squares = features[:, self._width :]
        np.multiply(u, u, out=squares)
        squares *= 3.0 * self._square
        squares -= self._square
        return features

    def features_tensor(self, X: Tensor) -> Tensor:
        """`... x 2 p`: the same of a differentiable tensor (`... x d`)."""
        u = 2.0 * (X if self._columns is None else X[..., self._columns]) - 1.0
        return torch.cat([self._linear * u, self._square * (3.0 * u * u - 1.0)], dim=-1)

    def pullback(self, X: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient in `x_i` of `\\sum_k B_ik \\varphi_k(x_i)`, for `B` (`N x 2 p`)."""
        slopes = (12.0 * self._square) * self._centred(X)
        slopes *= coefficients[:, self._width :]
        slopes += (2.0 * self._linear) * coefficients[:, : self._width]
        return self._scattered(slopes)

    def add_derivatives(self, X: np.ndarray, coefficients: np.ndarray, out: np.ndarray) -> None:
        """Add the slopes in `x_i` of `\\sum_k B_jk \\varphi_k(x_i)` for `n` functions `B` (`n x 2 p`).

        Args:
            X: `N x d` points.
            coefficients: `B`.
            out: `N x d x n`. Only without `columns`.
        """
        squares = (12.0 * self._square) * coefficients[:, self._width :].T
        out += (2.0 * self._linear) * coefficients[:, : self._width].T
        out += self._centred(X)[:, :, None] * squares

    def second_derivatives(self, coefficients: np.ndarray) -> np.ndarray:
        """`N x p`: those of `\\sum_k B_ik \\varphi_k(x)`, the same everywhere, for `B` (`N x 2 p`)."""
        return (24.0 * self._square) * coefficients[:, self._width :]

    def variance(self, X: np.ndarray) -> np.ndarray:
        r"""`N` variances at `X` (`N x d`), `\sum_j 9 b^2 u_j^4 + (a^2 - 6 b^2) u_j^2 + b^2`.

        `a` and `b` are the factors of `u` and of `3 u^2 - 1`.
        """
        squares = self._squares(X)
        total: np.ndarray = np.vecdot(squares, (9.0 * self._square**2) * squares + self._middle)
        return total + self._width * self._square**2

    def variance_gradient(self, X: np.ndarray) -> np.ndarray:
        """`N x d`: the gradient of `variance`."""
        u = self._centred(X)
        gradient = u * u
        gradient *= 72.0 * self._square**2
        gradient += 4.0 * self._middle
        gradient *= u
        return self._scattered(gradient)

    def variance_hessian(self, X: np.ndarray) -> np.ndarray:
        """`N x d x d`: the second derivatives of `variance`. Only without `columns`."""
        hessian = np.zeros((len(X), self._dim, self._dim))
        curvature = (432.0 * self._square**2) * self._squares(X) + 8.0 * self._middle
        np.einsum("iaa->ia", hessian)[...] = curvature
        return hessian

    @property
    def _middle(self) -> float:
        return self._linear**2 - 6.0 * self._square**2

    def _squares(self, X: np.ndarray) -> np.ndarray:
        u = self._centred(X)
        u *= u
        return u

    def _centred(self, X: np.ndarray) -> np.ndarray:
        u = 2.0 * (X if self._columns is None else X[:, self._columns])
        u -= 1.0
        return u

    def _scattered(self, gradient: np.ndarray) -> np.ndarray:
        """`N x p` derivatives in the columns of the inputs, `N x d`."""
        if self._columns is None:
            return gradient
        scattered = np.zeros((len(gradient), self._dim))
        scattered[:, self._columns] = gradient
        return scattered
