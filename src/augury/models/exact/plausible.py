"""Hyperparameters that the data leave plausible: draws from their posterior, by Laplace's approximation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import torch
from scipy.special import logsumexp, ndtr
from torch import Tensor

from augury.models.exact.fit import FEW_ROWS, LogPosterior, climb_from
from augury.models.exact.regressions import Regressions
from augury.numerics.quasi_random import quasi_normal

#: Modes nearer than this in every log hyperparameter are one.
_SAME_MODE = 0.2
#: No draw counts more than this many times the median one: so the tail of a poor approximation is cut off.
_MOST_FAVOURED = 3.0
#: Draws of less than this share of the average weight are left out.
_LEAST_SHARE = 0.15


class PlausibleHyperparameters(ABC):
    """What an exact model offers to those who would rather average over its hyperparameters than choose."""

    @property
    @abstractmethod
    def regressions(self) -> Regressions:
        """The outcomes."""

    @abstractmethod
    def at(self, theta: Tensor) -> Self:
        """The model under other hyperparameters (`m x p`)."""

    def plausible(self, count: int, seed: int = 0) -> list[tuple[float, Self]]:
        """The model under draws from the posterior of its hyperparameters: a mixture, weights and models.

        The model alone where that would add nothing or cannot be had: many rows, several outcomes, a kernel
        without a curvature.

        Args:
            count: number of draws; those that hardly count are left out.
            seed: of the draws.
        """
        outcome = self.regressions.outcomes[0].unfitted()
        likelihood = outcome.likelihood()
        single = len(self.regressions) == 1 and len(outcome.theta) > 0
        if not single or likelihood.n > FEW_ROWS or not likelihood.has_curvature:
            return [(1.0, self)]
        draws, weights = draw_plausible(likelihood, outcome.theta.copy(), count, seed)
        return [(float(w), self.at(torch.from_numpy(t)[None])) for w, t in zip(weights, draws, strict=True)]


def draw_plausible(
    likelihood: LogPosterior, found: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""Draws of hyperparameters and their weights, from a normal law about each mode.

    .. math::
        q(\theta) = \sum_m v_m N(\theta; \theta_m, H_m^{-1}), \quad
        v_m \propto p(\theta_m \mid y)\, |H_m|^{-1/2}, \quad w_i \propto p(\theta_i \mid y) / q(\theta_i)

    The modes are the one that the fit found and those uphill from a quiet start and from a noisy one, so that
    the two explanations of few scattered data, signal and noise, both take part.

    Args:
        likelihood: the density, with a curvature.
        found: `p`, where the fit has ended.
        count: number of draws, quasi-Monte Carlo.
        seed: of the draws.

    Returns:
        `s x p` hyperparameters, `1 <= s <= count`, and `s` weights of sum 1.

    Source: Tierney and Kadane, "Accurate approximations for posterior moments and marginal densities", JASA
    81 (1986); Geweke, "Bayesian inference in econometric models using Monte Carlo integration", Econometrica
    57 (1989), for the weights.
    """
    modes = [found]
    for start in likelihood.starts()[:2]:
        theta, value = climb_from(likelihood, start[None])
        if np.isfinite(value) and all(np.abs(theta - mode).max() > _SAME_MODE for mode in modes):
            modes.append(theta)
    expansions = [likelihood.expand(mode) for mode in modes]
    precisions = np.stack([expansion.curvature for expansion in expansions])
    half_log_determinants = 0.5 * np.linalg.slogdet(precisions)[1]
    log_evidence = np.array([expansion.value for expansion in expansions]) - half_log_determinants
    log_evidence -= logsumexp(log_evidence)

    normal = quasi_normal(count, len(found) + 1, seed)
    chosen = np.searchsorted(np.exp(log_evidence).cumsum(), ndtr(normal[:, -1])).clip(max=len(modes) - 1)
    roots = np.linalg.cholesky(np.linalg.inv(precisions))
    draws = np.stack(modes)[chosen] + np.einsum("ikl,il->ik", roots[chosen], normal[:, :-1])
    draws = np.clip(draws, *likelihood.bounds())

    offsets = draws[:, None] - np.stack(modes)
    squares = np.einsum("imk,mkl,iml->im", offsets, precisions, offsets)
    log_proposal = logsumexp(log_evidence + half_log_determinants - 0.5 * squares, axis=1)
    log_values = np.array([_value(likelihood, draw) for draw in draws])
    log_weights = log_values - log_proposal
    usual = np.median(log_weights[np.isfinite(log_weights)])
    weights = np.exp(np.minimum(log_weights - usual, np.log(_MOST_FAVOURED)))
    weights /= weights.sum()
    kept = weights >= _LEAST_SHARE / count
    return draws[kept], weights[kept] / weights[kept].sum()


def _value(likelihood: LogPosterior, theta: np.ndarray) -> float:
    """The log density; `-inf` where the covariance cannot be factorised."""
    try:
        return likelihood.value(theta)
    except FloatingPointError:
        return -np.inf
