"""Expected improvement where the best value so far, or the outcome of running experiments, is uncertain."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.acquisition.base import is_smooth
from augury.acquisition.fantasies import FantasizedMoments, plausible_best
from augury.acquisition.moments import lengthscales_of
from augury.numerics.normal import log_h

#: Quasi-Monte Carlo fantasies; the error of their average is well below the differences that matter.
NUM_FANTASIES = 64


class LogNoisyExpectedImprovement:
    r"""The logarithm of the expected improvement over points whose values are uncertain.

    .. math::
        \log \mathrm{NEI}(x) = \log \mathbb E\,[\max(f(x) - \max(f^*, f(Z)), 0)]
        \approx \log \frac 1 F \sum_{i=1}^F \sigma(x)\, h\!\left(\frac{\mu_i(x) - f^*_i}{\sigma(x)}\right)

    where `mu_i` and `sigma` (in a scale mixture `r_i sigma`) are the posterior given the i-th fantasy of
    `f(Z)`, and `f*_i = max(f*, max f_i(Z))`. Z holds the observed points that may be the best
    (`plausible_best`) and the points that are pending: what they may still turn out to be is integrated over,
    which makes a greedy choice of further points that of joint (noisy) expected improvement.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        baseline: `b x d` observed points that compete for the best; None when `best_f` is known without
            noise.
        pending: `p x d` points being evaluated, or None.
        best_f: the best value so far where it is known without noise.
        maximize: whether larger outcomes are better.
        num_fantasies: number F of fantasies.
        seed: of the fantasies.
        pending_feasible: `F x p`, in which fantasy each pending point keeps the outcome constraints; all by
            default.

    Raises:
        ValueError: neither `baseline` nor `best_f` is given.
        NotSupportedError: the model's posterior has no such form.

    Source: Letham et al., "Constrained Bayesian optimization with noisy experiments", Bayesian Analysis 14
    (2019), eq. 7; Ament et al., NeurIPS 2023, section 3; Wilson et al., "Maximizing acquisition functions
    for Bayesian optimization", NeurIPS 2018, for pending points.
    """

    def __init__(
        self,
        model: Any,
        baseline: np.ndarray | None = None,
        pending: np.ndarray | None = None,
        *,
        best_f: float | None = None,
        maximize: bool = True,
        num_fantasies: int = NUM_FANTASIES,
        seed: int = 0,
        pending_feasible: np.ndarray | None = None,
    ) -> None:
        fixed = [points for points in (baseline, pending) if points is not None]
        if not fixed or (baseline is None and best_f is None):
            raise ValueError("give the observed points as `baseline`, or `best_f` and the pending points")
        self.sign = 1.0 if maximize else -1.0
        self.lengthscales = lengthscales_of(model)
        self.is_smooth = is_smooth(model)
        self.moments = FantasizedMoments(model, np.concatenate(fixed), count=num_fantasies, seed=seed)
        values = self.sign * self.moments.values
        if pending is not None and pending_feasible is not None:
            values[:, -len(pending) :][~pending_feasible] = -np.inf
        #: `F`, the best value in each fantasy, larger is better
        self.best = values.max(axis=1)
        if best_f is not None:
            self.best = np.maximum(self.best, self.sign * best_f)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        means, variance = self.moments(X)
        radii = self.moments.radii
        sigma = np.sqrt(variance)
        log_values, _ = log_h((self.sign * means - self.best) / (sigma[:, None] * radii))
        return np.log(sigma) + _log_mean_exp(log_values + np.log(radii))[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        means, variance = self.moments(X, gradient=True)
        radii = self.moments.radii
        sigma = np.sqrt(variance)
        z = (self.sign * means - self.best) / (sigma[:, None] * radii)
        log_values, slope = log_h(z)
        average, share = _log_mean_exp(log_values + np.log(radii))
        slope *= share
        by_variance = (1.0 - np.einsum("ij,ij->i", z, slope)) / (2.0 * variance)
        by_means = slope * (self.sign / (sigma[:, None] * radii))
        return np.log(sigma) + average, self.moments.pullback(by_means, by_variance)


def log_noisy_expected_improvement(
    model: Any,
    observed: np.ndarray,
    *,
    pending: np.ndarray | None = None,
    maximize: bool = True,
    num_fantasies: int = NUM_FANTASIES,
    seed: int = 0,
    pending_feasible: np.ndarray | None = None,
) -> LogNoisyExpectedImprovement:
    """`LogNoisyExpectedImprovement` over those of the `observed` points (`n x d`) that may be the best."""
    baseline = plausible_best(model, observed, maximize=maximize, count=num_fantasies, seed=seed)
    return LogNoisyExpectedImprovement(
        model,
        baseline,
        pending,
        maximize=maximize,
        num_fantasies=num_fantasies,
        seed=seed,
        pending_feasible=pending_feasible,
    )


def _log_mean_exp(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The logarithm of the mean of `exp(values)` over the last axis, and each entry's share of the sum."""
    largest = values.max(axis=1, keepdims=True)
    share = np.exp(values - largest)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    return (largest + np.log(total / values.shape[1]))[:, 0], share
