"""The log posterior of an exact Gaussian process's hyperparameters, and its gradient, without a graph."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from math import log, pi

import numpy as np

from augury.models.exact.covariance import Covariance
from augury.models.exact.priors import NOISE_BOUNDS, NOISE_PRIOR, NOISY_START, QUIET_START, LogNormal
from augury.models.exact.stacked_likelihood import CovarianceStack, expand_stack, value_stack
from augury.numerics.linalg import (
    cholesky_in_place,
    inverse_in_place,
    solve_with_factor,
    symmetric_product,
)
from augury.numerics.newton import Expansion, expand_each

_LOG_2PI = log(2.0 * pi)
_LOG_NOISE_BOUNDS = np.log(NOISE_BOUNDS)
#: Shares of the squared error at outcomes left out: noise below the first is less than the data show; the
#: second is taken for noise, to see whether it is.
_CLAIMED, _TO_NOISE = 0.1, 0.5
_TINY = float(np.finfo(np.float64).tiny)


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
        noise_prior: of the inferred one.
    """

    def __init__(
        self,
        covariance: Covariance,
        y: np.ndarray,
        noise: np.ndarray | None,
        noise_prior: LogNormal = NOISE_PRIOR,
    ) -> None:
        self.covariance = covariance
        self.y = y
        self.noise = noise
        self.noise_prior = noise_prior
        self._right_hand_sides = np.ones((len(y), 2), order="F")
        self._right_hand_sides[:, 0] = y
        self._last: tuple[np.ndarray, float] | None = None  # theta and its leave-one-out error

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.y)

    @property
    def infers_noise(self) -> bool:
        return self.noise is None

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` is to be had."""
        return self.covariance.has_derivatives

    @property
    def negligible_promise(self) -> float:
        """When Newton's method stops, see `Covariance`."""
        return self.covariance.negligible_promise

    def bounds(self) -> np.ndarray:
        """`2 x p` bounds of `theta`."""
        own = self.covariance.bounds()
        if not self.infers_noise:
            return own
        bounds = np.empty((2, own.shape[1] + 1))
        bounds[:, :-1], bounds[:, -1] = own, _LOG_NOISE_BOUNDS
        return bounds

    def longest_step(self) -> np.ndarray:
        """`p`: how far Newton's method may change each of `theta` at once."""
        steps = np.full(len(self.covariance.theta) + self.infers_noise, self.covariance.longest_step)
        if self.infers_noise:
            steps[-1] = self.covariance.longest_noise_step
        return steps

    def starts(self) -> np.ndarray:
        """`s x p` starting points, best guess first; the second explains the data by noise."""
        starts = self.covariance.starts()
        if not self.infers_noise:
            return starts
        starts = np.concatenate([starts[:1], starts])
        noise = np.full(len(starts), log(QUIET_START))
        noise[1] = log(NOISY_START)
        return np.column_stack([starts, noise])

    def rough_starts(self) -> np.ndarray:
        """`r x p` starting points where few inputs explain the data by very short scales."""
        starts = self.covariance.rough_starts()
        if not self.infers_noise:
            return starts
        return np.column_stack([starts, np.full(len(starts), log(QUIET_START))])

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
        return self._log_likelihood(factor, alpha, constant) + self.log_prior(theta)[0]

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
        gradient = self.likelihood_gradient(theta, factor, alpha)  # first: `log_prior` sets `theta`
        log_prior, prior_gradient = self.log_prior(theta)
        return value + log_prior, gradient + prior_gradient

    def expand(self, theta: np.ndarray) -> Expansion:
        r"""The log posterior density at `theta`, its gradient, and the average information as its curvature.

        .. math::
            \mathcal I_{kl} = \tfrac12 (\partial_k K \alpha)^T P\, (\partial_l K \alpha), \qquad
            P = K^{-1} - K^{-1} 1 1^T K^{-1} / 1^T K^{-1} 1,

        the mean of the observed and the expected information, which needs products with vectors only; plus
        the curvature of the priors. Only for covariances that have `derivatives`. Where the covariance cannot
        be factorised the value is `-inf`.

        Source: Gilmour, Thompson and Cullis, "Average information REML", Biometrics 51 (1995).
        """
        try:
            factor, alpha, constant = self.factorise(theta)
        except FloatingPointError:
            return Expansion(-np.inf, np.zeros_like(theta), np.eye(len(theta)))
        value = self._log_likelihood(factor, alpha, constant)
        inverse_in_place(factor)
        self._last = theta, self.squared_error(alpha, factor)
        information, _ = self.average_information(theta, factor, alpha)
        np.einsum("ii->i", information)[...] += self.prior_curvature
        gradient = self.likelihood_gradient(theta, factor, alpha)  # first: `log_prior` sets `theta`
        log_prior, prior_gradient = self.log_prior(theta)
        return Expansion(value + log_prior, gradient + prior_gradient, information)

    def expand_all(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`expand` of each row of `thetas` (`r x p`), stacked; at once where that is faster."""
        stack, noise = self._stack(thetas)
        if stack is None:
            return expand_each(self.expand, thetas)
        try:
            values, gradients, curvatures = expand_stack(stack, self.y, noise, infers_noise=self.infers_noise)
        except np.linalg.LinAlgError:
            return expand_each(self.expand, thetas)
        log_priors, slopes = self._log_priors(thetas)
        values += log_priors
        gradients += slopes
        np.einsum("rii->ri", curvatures)[...] += self.prior_curvature
        return values, gradients, curvatures

    def values(self, thetas: np.ndarray) -> np.ndarray:
        """`value` of each row of `thetas` (`r x p`); at once where that is faster."""
        stack, noise = self._stack(thetas)
        if stack is not None:
            with suppress(np.linalg.LinAlgError):
                return value_stack(stack, self.y, noise) + self._log_priors(thetas)[0]
        return np.array([self.value(theta) for theta in thetas])

    def _stack(self, thetas: np.ndarray) -> tuple[CovarianceStack | None, np.ndarray]:
        """The covariances at the rows of `thetas`, where they are to be had at once, and the noise variances
        that `expand_stack` takes."""
        if self.noise is None:
            return self.covariance.stack(thetas[:, :-1]), np.exp(thetas[:, -1:])
        return self.covariance.stack(thetas), self.noise[None]

    def average_information(
        self, theta: np.ndarray, inverse: np.ndarray, alpha: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """That without the curvature of the priors (`p x p`), and the slope of `-(y - c)^T alpha` (`p`)."""
        derivatives = self.covariance.derivatives(alpha)
        p = len(theta)
        columns = np.empty((len(alpha), p + 1), order="F")
        columns[:, : derivatives.shape[1]] = derivatives
        if self.infers_noise:
            np.multiply(alpha, np.exp(theta[-1]), out=columns[:, p - 1])
        columns[:, p] = 1.0
        gram = columns.T @ symmetric_product(inverse, columns)
        along = gram[:p, p]
        information = 0.5 * (gram[:p, :p] - along[:, None] * (along / gram[p, p]))
        return information, alpha @ columns[:, :p]

    @cached_property
    def _sum_of_squares(self) -> float:
        residual = self.y - self.y.sum() / len(self.y)
        return max(float(residual @ residual), _TINY)

    @cached_property
    def prior_curvature(self) -> np.ndarray:
        """`p` second derivatives of minus the log prior."""
        curvature = self.covariance.prior_curvature()
        return np.append(curvature, self.noise_prior.scale**-2) if self.infers_noise else curvature

    def leave_one_out_error(self, theta: np.ndarray) -> float:
        """The mean squared error of predicting each outcome from the others, as a share of their variance."""
        if self._last is not None and self._last[0] is theta:
            return self._last[1]
        factor, alpha, _ = self.factorise(theta)
        inverse_in_place(factor)
        return self.squared_error(alpha, factor)

    def explained_by_noise(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """`theta` with all scales but the shortest longer by so many log units, and half of the squared error
        at outcomes left out as noise; None where the noise is known, or at least a tenth of that error."""
        if self.noise is not None:
            return None
        error = self.leave_one_out_error(theta) * self._sum_of_squares / self.n
        smoother = self.covariance.smoother(theta[:-1], longer)
        if smoother is None or np.exp(theta[-1]) > _CLAIMED * error:
            return None
        noisier = np.append(smoother, log(_TO_NOISE * error))
        return np.minimum(np.maximum(noisier, self.bounds()[0]), self.bounds()[1])

    def squared_error(self, alpha: np.ndarray, inverse: np.ndarray) -> float:
        """See `leave_one_out_error`; the diagonal of `inverse` is read."""
        residual = alpha / inverse.diagonal()
        return float(residual @ residual) / self._sum_of_squares

    def likelihood_gradient(
        self, theta: np.ndarray, inverse: np.ndarray, alpha: np.ndarray, precision: float = 1.0
    ) -> np.ndarray:
        """`tr((precision alpha alpha^T - K^{-1}) dK/dtheta) / 2`.

        Args:
            theta: where `factorise` was called last.
            inverse: the buffer it gave, with the inverse in its lower triangle.
            alpha: the `K^{-1} (y - c)`.
            precision: 1 for the Gaussian likelihood, `E[1/s | y]` where the covariance is `s K` with `s`
                integrated out.
        """
        weights = np.multiply(precision * alpha[:, None], alpha, out=self.covariance.scratch())
        weights -= inverse
        noise_gradient = 0.5 * np.trace(weights)
        gradient = 0.5 * self.covariance.pullback(weights, inverse)
        if self.infers_noise:
            gradient = np.append(gradient, noise_gradient * np.exp(theta[-1]))
        return gradient

    def _log_likelihood(self, factor: np.ndarray, alpha: np.ndarray, constant: float) -> float:
        residual = self.y - constant
        log_determinant = np.log(factor.diagonal()).sum()
        return float(-0.5 * (residual @ alpha) - log_determinant - 0.5 * len(residual) * _LOG_2PI)

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The log prior density of `theta` and its gradient."""
        if not self.infers_noise:
            return self.covariance.log_prior(theta)
        gradient = np.empty(len(theta))
        value, gradient[:-1] = self.covariance.log_prior(theta[:-1])
        more, gradient[-1] = self.noise_prior.log_density_of(float(theta[-1]))
        return value + more, gradient

    def _log_priors(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`log_prior` of each row."""
        if not self.infers_noise:
            return self.covariance.log_priors(thetas)
        values, gradients = self.covariance.log_priors(thetas[:, :-1])
        more, slopes = self.noise_prior.log_density(thetas[:, -1:])
        return values + more, np.concatenate([gradients, slopes], axis=1)
