"""Fantasies: plausible values of the function where it is not exactly known, and the posterior given each."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from augury.acquisition.moments import Moments, location_scale_of
from augury.numerics.linalg import cholesky_in_place, inverse_factor
from augury.numerics.quasi_random import quasi_normal

#: A conditional variance never falls below this share of the largest one at the fixed points.
_VARIANCE_FLOOR = 1e-10


class FantasizedMoments:
    r"""The posterior of `f` given that its values at fixed points Z are known exactly: F guesses of them.

    .. math::
        f_Z^{(i)} = \mu_Z + C \xi_i, \qquad C C^T = \Sigma_{ZZ}, \qquad
        \mu_i(x) = \mu(x) + c_x C^{-T} \xi_i, \qquad
        \sigma^2(x) = \Sigma_{xx} - \|C^{-1} c_x\|^2

    with the posterior covariance `c_x` of `f(x)` and `f(Z)`. All fantasies share the variance, and their
    means are linear in the same whitened covariances `C^{-1} c_x`: any number of them costs about as much
    as one. A posterior that is Gaussian given a scale draws one scale `r_i` for each fantasy, which
    multiplies its `xi_i` and, in what follows from it, `sigma(x)`.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        Z: `b x d` fixed points.
        count: number F of fantasies.
        seed: of the quasi-Monte Carlo points `xi`.
    """

    def __init__(self, model: Any, Z: np.ndarray, *, count: int, seed: int) -> None:
        self.moments: Moments
        self.moments, law = location_scale_of(model, Z)
        factor = np.array(self.moments.fixed_covariance, order="F")
        cholesky_in_place(factor)
        draws = quasi_normal(count, len(Z) + 1, seed)
        #: `F`, the scales of the fantasies, 1 for a Gaussian posterior
        self.radii = law.scales(ndtr(draws[:, -1]))
        self._xi = draws[:, :-1].T * self.radii  # b x F
        #: `F x b`, the fantasies
        self.values = self.moments.fixed_mean + (np.tril(factor) @ self._xi).T
        self._root = inverse_factor(factor).T  # C^{-T}, b x b; uses up the factor
        self._floor = _VARIANCE_FLOOR * float(self.moments.fixed_covariance.diagonal().max(initial=0.0))

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The means (`N x F`) and the variance (`N`; times `radii^2` in each fantasy) at `X` (`N x d`)."""
        mean, variance = self.expected(X, gradient=gradient)
        return mean[:, None] + self._last[0] @ self._xi, variance

    def expected(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """The mean over all possible fantasies (`N`) and the variance (`N`) for radius 1 at `X` (`N x d`)."""
        mean, prior, covariance = self.moments(X, gradient=gradient)
        whitened = covariance @ self._root
        variance = prior - np.einsum("ij,ij->i", whitened, whitened)
        self._last = whitened, variance > self._floor
        return mean, np.maximum(variance, self._floor)

    def pullback(
        self, means: np.ndarray, variance: np.ndarray, expected: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """`N x d`: the gradient of the weighted sum of the moments at the last `X`.

        Args:
            means: `N x F` weights of the means.
            variance: `N` weights of the variances.
            expected: `N` weights of the mean over all fantasies.
        """
        whitened, above_floor = self._last
        variance = variance * above_floor
        by_whitened = means @ self._xi.T - (2.0 * variance)[:, None] * whitened
        return self.moments.pullback(means.sum(axis=1) + expected, variance, by_whitened @ self._root.T)


class HallucinatedMoments:
    """The posterior given evaluations at pending points that turn out as expected: same mean, less variance.

    Source: Desautels, Krause, Burdick, "Parallelizing exploration-exploitation tradeoffs in Gaussian
    process bandit optimization", JMLR 15 (2014), section 3.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        pending: `p x d`.
    """

    def __init__(self, model: Any, pending: np.ndarray) -> None:
        self._fantasized = FantasizedMoments(model, pending, count=0, seed=0)
        self.fixed_mean, self.fixed_covariance = np.empty(0), np.empty((0, 0))

    def __call__(self, X: np.ndarray, *, gradient: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean and variance (`N` each) at `X` (`N x d`), and no covariances."""
        mean, variance = self._fantasized.expected(X, gradient=gradient)
        return mean, variance, np.empty((len(X), 0))

    def pullback(self, mean: np.ndarray, variance: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """As `Moments.pullback`."""
        return self._fantasized.pullback(np.empty((len(mean), 0)), variance, expected=mean)


def plausible_best(
    model: Any, observed: np.ndarray, *, maximize: bool, count: int, seed: int, most: int = 64
) -> np.ndarray:
    """The observed points that are best in at least one of `count` draws from their joint posterior.

    Only these can matter to an improvement over the best point whose value is uncertain; there are rarely
    more than a few, and everything after is the cheaper for it.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        observed: `n x d`.
        maximize: whether larger outcomes are better.
        count: number of draws.
        seed: of the draws.
        most: the draws are made at this many points of best posterior mean.

    Returns:
        `b x d`, `1 <= b <= min(count, most)`.

    Source: `prune_inferior_points` of BoTorch (Balandat et al., NeurIPS 2020).
    """
    sign = 1.0 if maximize else -1.0
    distinct = np.unique(observed, axis=0)
    mean = sign * location_scale_of(model)[0](distinct)[0]
    if len(distinct) > most:
        distinct = distinct[np.argsort(-mean, kind="stable")[:most]]
    draws = FantasizedMoments(model, distinct, count=count, seed=seed).values
    return distinct[np.unique((sign * draws).argmax(axis=1))]
