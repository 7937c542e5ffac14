"""The Matern-5/2 covariance with other points to second order in one of them."""

from __future__ import annotations

import numpy as np


class MaternExpansion:
    r"""`k(x_i, x'_j)` for `N` points and `n` others, and its derivatives with respect to `x_i`.

    .. math::
        k = G + \tfrac13 |z|^2 E, \qquad \partial_a k = -\tfrac13 s_a z_a G, \qquad
        \partial_a \partial_b k = \tfrac13 s_a s_b\, (z_a z_b E - \delta_{ab}\, G), \\
        z = s\,(x - x'), \quad E = e^{-|z|}, \quad G = (1 + |z|)\, E

    Source: Rasmussen and Williams (2006), eq. 4.17, and by differentiation.

    Args:
        scaled: `s x`, `N x d`.
        others: `s x'`, `n x d`.
        scale: `s`, `d` numbers.
    """

    def __init__(self, scaled: np.ndarray, others: np.ndarray, scale: np.ndarray) -> None:
        count, dim = scaled.shape
        self._scale = scale
        self._z = scaled[:, :, None] - others.T
        squares = np.einsum("iaj,iaj->ij", self._z, self._z)
        distance = np.sqrt(squares)
        self._decay = np.exp(-distance)
        distance += 1.0
        distance *= self._decay
        self._slope = distance
        squares *= self._decay
        squares *= 1.0 / 3.0
        #: `N x (1 + d) x n`: the covariance, then its derivatives
        self.joint = np.empty((count, 1 + dim, len(others)))
        np.add(squares, self._slope, out=self.joint[:, 0])
        np.multiply(self._z, self._slope[:, None, :], out=self.joint[:, 1:])
        self.joint[:, 1:] *= (scale / -3.0)[:, None]

    def hessian(self, weights: np.ndarray) -> np.ndarray:
        """`N x d x d`: the second derivatives of `sum_j W_ij k(x_i, x'_j)`.

        Args:
            weights: `N x n`.
        """
        weighted = self._z * (weights * self._decay)[:, None, :]
        hessian: np.ndarray = weighted @ self._z.transpose(0, 2, 1)
        np.einsum("iaa->ia", hessian)[...] -= np.vecdot(weights, self._slope)[:, None]
        hessian *= np.multiply.outer(self._scale, self._scale / 3.0)
        return hessian
