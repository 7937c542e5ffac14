"""The Matern-5/2 covariance of few points under many hyperparameters, in one array operation each."""

from __future__ import annotations

import numpy as np


class MaternStack:
    r"""The `n x n` covariances of the same points under `r` sets of lengthscales, and their derivatives.

    .. math::
        K = G + \tfrac13 a^2 e^{-a}, \qquad G = (1 + a)\, e^{-a}, \qquad
        \frac{\partial K_{ij}}{\partial \log \ell_g} = \tfrac13 z_{ijg}^2\, G_{ij}

    with `z^2 = 5 (x - x')^2 / l^2` and `a^2` their sum. Source: Rasmussen and Williams (2006), eq. 4.17.

    Args:
        squares: `n x n x p`, the squared differences of the points.
        log_lengthscales: `r x p`.
    """

    def __init__(self, squares: np.ndarray, log_lengthscales: np.ndarray) -> None:
        n, _, width = squares.shape
        self._squares, self._flat = squares, squares.reshape(n * n, width)
        self._weights = 5.0 * np.exp(-2.0 * log_lengthscales)
        distances = self._weights @ self._flat.T
        slopes = np.sqrt(distances)
        decay = np.exp(-slopes)
        slopes += 1.0
        slopes *= decay
        distances *= decay
        distances *= 1.0 / 3.0
        distances += slopes
        #: `r x n x n`
        self.matrices = distances.reshape(-1, n, n)
        self._slopes = slopes.reshape(-1, n, n)

    def derivatives(self, vectors: np.ndarray) -> np.ndarray:
        """`r x n x p`: `(dK/dlog l_g) v` for each row `v` of `vectors` (`r x n`)."""
        weighted = (self._slopes * vectors[:, None, :]).transpose(1, 0, 2)
        products: np.ndarray = (weighted @ self._squares).transpose(1, 0, 2)
        return products * (self._weights / 3.0)[:, None, :]

    def pullback(self, weights: np.ndarray) -> np.ndarray:
        """`r x p`: `sum_ij W_ij dK_ij/dlog l_g` for symmetric `weights` (`r x n x n`)."""
        sums: np.ndarray = (weights * self._slopes).reshape(len(weights), -1) @ self._flat
        sums *= self._weights / 3.0
        return sums
