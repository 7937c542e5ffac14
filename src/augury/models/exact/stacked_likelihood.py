"""The log marginal likelihood of few rows under many hyperparameters, to second order, at once."""

from __future__ import annotations

from math import log, pi
from typing import Protocol

import numpy as np

_LOG_2PI = log(2.0 * pi)


class CovarianceStack(Protocol):
    """The covariances of `n` training inputs under `r` sets of `p` hyperparameters."""

    matrices: np.ndarray  #: `r x n x n`

    def derivatives(self, vectors: np.ndarray) -> np.ndarray:
        """`r x n x p`: `(dK/dtheta_k) v` for each row `v` of `vectors` (`r x n`)."""

    def pullback(self, weights: np.ndarray) -> np.ndarray:
        """`r x p`: `sum_ij W_ij dK_ij/dtheta` for symmetric `weights` (`r x n x n`)."""


def expand_stack(
    stack: CovarianceStack, y: np.ndarray, noise: np.ndarray, *, infers_noise: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log marginal likelihoods, their gradients, and the average informations, without the priors.

    See `MarginalLikelihood.expand`; explicit inverses serve, since the matrices are few rows large.

    Args:
        stack: the covariances without noise.
        y: `n` outcomes.
        noise: `r x n` noise variances, or `r x 1`.
        infers_noise: whether the logarithm of the noise variance follows the `p` hyperparameters.

    Returns:
        `r`, `r x p'` and `r x p' x p'`, where `p'` is `p` or, with noise, `p + 1`.

    Raises:
        numpy.linalg.LinAlgError: a matrix is not positive definite.
    """
    inverse, of_ones, alpha, values = _solve(stack, y, noise)
    total = of_ones.sum(axis=1)
    weights = alpha[:, :, None] * alpha[:, None, :]
    weights -= inverse
    columns, slopes = stack.derivatives(alpha), stack.pullback(weights)
    if infers_noise:
        columns = np.concatenate([columns, (alpha * noise)[:, :, None]], axis=2)
        slopes = np.concatenate([slopes, np.einsum("rii->r", weights)[:, None] * noise], axis=1)
    gram = columns.transpose(0, 2, 1) @ (inverse @ columns)
    along = (of_ones[:, None, :] @ columns)[:, 0]
    gram -= along[:, :, None] * (along / total[:, None])[:, None, :]
    return values, 0.5 * slopes, 0.5 * gram


def value_stack(stack: CovarianceStack, y: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The log marginal likelihoods alone, without the priors: `r` numbers; arguments as of `expand_stack`.

    Raises:
        numpy.linalg.LinAlgError: a matrix is not positive definite.
    """
    return _solve(stack, y, noise)[-1]


def _solve(
    stack: CovarianceStack, y: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`K^{-1}` (`r x n x n`), `K^{-1} 1` and `K^{-1} (y - c)` (`r x n`), and the log likelihoods (`r`)."""
    K = stack.matrices
    n = K.shape[1]
    np.einsum("rii->ri", K)[...] += noise
    log_determinants = np.log(np.einsum("rii->ri", np.linalg.cholesky(K))).sum(axis=1)
    inverse = np.linalg.inv(K)
    of_ones = inverse.sum(axis=2)
    alpha = inverse @ y
    alpha -= (alpha.sum(axis=1) / of_ones.sum(axis=1))[:, None] * of_ones
    values = -0.5 * (alpha @ y) - log_determinants - 0.5 * n * _LOG_2PI
    return inverse, of_ones, alpha, values
