"""The log posterior of an exact Gaussian process's hyperparameters, and its gradient, without a graph."""

from __future__ import annotations

from math import log, pi

import numpy as np

from augury.models.exact.covariance import Covariance
from augury.models.exact.priors import NOISE_BOUNDS, NOISE_PRIOR, NOISY_START
from augury.numerics.linalg import cholesky_in_place, inverse_in_place, solve_with_factor

_LOG_2PI = log(2.0 * pi)


class MarginalLikelihood:
    r"""Log marginal likelihood plus log prior, with the constant mean maximised out.

    .. math::
        \log p(y \mid \theta) = -\tfrac12 (y - c)^T \alpha - \sum_i \log L_{ii} - \tfrac n2 \log 2\pi, \quad
        \frac{\partial}{\partial\theta} = \tfrac12 \mathrm{tr}\big((\alpha\alpha^T - K^{-1})
        \tfrac{\partial K}{\partial\theta}\big),

    `L L^T = K + noise`, `alpha = K^{-1}(y - c)`, and `c = 1^T K^{-1} y / 1^T K^{-1} 1` the best constant, at
    which its own derivative vanishes. `theta` is that of the covariance, then (when the noise is inferred)
    the log noise variance. Source: Rasmussen and Williams (2006), eq. 5.8-5.9.

    Args:
        covariance: bound to the training inputs.
        y: `n` standardised outcomes.
        noise: `n` known noise variances (standardised), or None to infer one.
    """

    def __init__(self, covariance: Covariance, y: np.ndarray, noise: np.ndarray | None) -> None:
        self.covariance = covariance
        self.y = y
        self.noise = noise
        self._right_hand_sides = np.ones((len(y), 2), order="F")
        self._right_hand_sides[:, 0] = y

    @property
    def infers_noise(self) -> bool:
        return self.noise is None

    def bounds(self) -> np.ndarray:
        """`2 x p` bounds of `theta`."""
        bounds = self.covariance.bounds()
        if self.infers_noise:
            bounds = np.concatenate([bounds, np.log(NOISE_BOUNDS)[:, None]], axis=1)
        return bounds

    def starts(self) -> np.ndarray:
        """`s x p` starting points, best guess first; the second explains the data by noise."""
        starts = self.covariance.starts()
        if not self.infers_noise:
            return starts
        quiet = np.concatenate([starts, np.full((len(starts), 1), NOISE_PRIOR.location)], axis=1)
        noisy = np.append(starts[0], np.log(NOISY_START))
        return np.insert(quiet, 1, noisy, axis=0)

    def factorise(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """The factor of `K + noise` (lower triangle), `alpha` and the constant mean at `theta`.

        The factor is a buffer that the next call overwrites; its strict upper triangle holds `K`.
        """
        K = self.covariance.matrix(theta[:-1] if self.infers_noise else theta)
        diagonal = np.einsum("ii->i", K)
        diagonal += np.exp(theta[-1]) if self.noise is None else self.noise
        cholesky_in_place(K)
        solutions = solve_with_factor(K, self._right_hand_sides)
        constant = float(solutions[:, 0].sum() / solutions[:, 1].sum())
        return K, solutions[:, 0] - constant * solutions[:, 1], constant

    def value(self, theta: np.ndarray) -> float:
        """The log posterior density at `theta`."""
        factor, alpha, constant = self.factorise(theta)
        return self._log_likelihood(factor, alpha, constant) + self._log_prior(theta)[0]

    def value_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The log posterior density at `theta` and its gradient.

        Returns `(-inf, 0)` where the covariance cannot be factorised.
        """
        try:
            factor, alpha, constant = self.factorise(theta)
        except FloatingPointError:
            return -np.inf, np.zeros_like(theta)
        value = self._log_likelihood(factor, alpha, constant)
        inverse_in_place(factor)
        weights = np.multiply(alpha[:, None], alpha, out=self.covariance.scratch())
        weights -= factor
        noise_gradient = 0.5 * np.trace(weights)
        gradient = 0.5 * self.covariance.pullback(weights, factor)
        if self.infers_noise:
            gradient = np.append(gradient, noise_gradient * np.exp(theta[-1]))
        log_prior, prior_gradient = self._log_prior(theta)
        gradient += prior_gradient
        return value + log_prior, gradient

    def _log_likelihood(self, factor: np.ndarray, alpha: np.ndarray, constant: float) -> float:
        residual = self.y - constant
        log_determinant = np.log(factor.diagonal()).sum()
        return float(-0.5 * (residual @ alpha) - log_determinant - 0.5 * len(residual) * _LOG_2PI)

    def _log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        if not self.infers_noise:
            return self.covariance.log_prior(theta)
        value, gradient = self.covariance.log_prior(theta[:-1])
        more, rest = NOISE_PRIOR.log_density(theta[-1:])
        return value + more, np.concatenate([gradient, rest])
