"""The log posterior of a process about unknown multiples of known functions, and its gradient."""

from __future__ import annotations

from math import log, pi

import numpy as np

from augury.models.exact.covariance import Covariance
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.priors import noise_prior
from augury.numerics.linalg import cholesky_in_place, inverse_in_place, solve_with_factor
from augury.numerics.newton import Expansion

#: Factors are about 1 with this precision: enough to choose one where the data cannot (a constant level).
FACTOR_PRECISION = 1e-4


class TrendLikelihood:
    r"""Log marginal likelihood plus log prior, with the factors and the constant mean maximised out.

    .. math::
        y = H \rho + c + \delta + \varepsilon, \qquad \delta \sim \mathcal N(0, K_\theta)

    For given `theta` the best `b = (rho, c)` are those of generalised least squares,
    `b = (B^T K^{-1} B + \Lambda)^{-1} (B^T K^{-1} y + \Lambda b_0)` with `B = [H, 1]`; at them the derivative
    by `b` vanishes, and the gradient by `theta` is that of a process with a known mean.

    Source: Le Gratiet and Garnier (2014), "Recursive co-kriging model for design of computer experiments with
    multiple levels of fidelity", section 3.

    Args:
        covariance: bound to the training inputs.
        y: `n` outcomes.
        noise: `n` known noise variances, or None to infer one.
        trend: `n x p`, the functions `H` that are multiplied by `rho`.
    """

    #: No `expand`: the fit goes by gradients.
    has_curvature = False
    negligible_promise = 0.0

    def __init__(
        self, covariance: Covariance, y: np.ndarray, noise: np.ndarray | None, trend: np.ndarray
    ) -> None:
        self._raw = y
        self._basis = np.column_stack([trend, np.ones(len(y))])
        self._precision = np.append(np.full(trend.shape[1], FACTOR_PRECISION), 0.0)
        self._columns = np.asfortranarray(np.column_stack([y, self._basis]))
        self._plain = MarginalLikelihood(covariance, y, noise, noise_prior(versions=True))

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self._raw)

    def bounds(self) -> np.ndarray:
        """`2 x p`."""
        return self._plain.bounds()

    def starts(self) -> np.ndarray:
        """`s x p`, best guess first."""
        return self._plain.starts()

    def factors(self, theta: np.ndarray) -> np.ndarray:
        """The best `rho` (`p`) at `theta`."""
        return self._solve(theta)[2][:-1]

    def value(self, theta: np.ndarray) -> float:
        """The density at `theta`."""
        try:
            factor, alpha, b = self._solve(theta)
        except FloatingPointError:
            return -np.inf
        return self._density(factor, alpha, b) + self._plain.log_prior(theta)[0]

    def value_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The density and its gradient; `(-inf, 0)` where it cannot be computed."""
        try:
            factor, alpha, b = self._solve(theta)
        except FloatingPointError:
            return -np.inf, np.zeros_like(theta)
        value = self._density(factor, alpha, b)
        inverse_in_place(factor)
        gradient = self._plain.likelihood_gradient(theta, factor, alpha)
        log_prior, prior_gradient = self._plain.log_prior(theta)
        return value + log_prior, gradient + prior_gradient

    def expand(self, theta: np.ndarray) -> Expansion:
        """Not to be had."""
        raise NotImplementedError

    def longest_step(self) -> np.ndarray:
        """Not to be had."""
        raise NotImplementedError

    def _solve(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The factor of `K + noise`, `alpha = K^{-1} (y - B b)`, and `b`."""
        plain = self._plain
        K = plain.covariance.matrix(theta[:-1] if plain.infers_noise else theta)
        diagonal = np.einsum("ii->i", K)
        diagonal += np.exp(theta[-1]) if plain.noise is None else plain.noise
        cholesky_in_place(K)
        solved = solve_with_factor(K, self._columns)
        gram = self._basis.T @ solved[:, 1:] + np.diag(self._precision)
        b = np.linalg.solve(gram, self._basis.T @ solved[:, 0] + self._precision)  # b_0 is 1
        return K, solved[:, 0] - solved[:, 1:] @ b, b

    def _density(self, factor: np.ndarray, alpha: np.ndarray, b: np.ndarray) -> float:
        residual = self._raw - self._basis @ b
        log_determinant = np.log(factor.diagonal()).sum()
        penalty = 0.5 * float(self._precision @ (b - 1.0) ** 2)
        return float(-0.5 * residual @ alpha - log_determinant - 0.5 * self.n * log(2.0 * pi)) - penalty
