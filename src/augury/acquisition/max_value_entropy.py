"""Max-value entropy search: how much an evaluation tells about the best value there is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_ndtr

from augury.acquisition.analytic import AnalyticAcquisition
from augury.acquisition.fantasies import FantasizedMoments, HallucinatedMoments
from augury.errors import NotSupportedError
from augury.numerics.normal import log_cdf
from augury.numerics.predictive_law import NORMAL

#: Draws of the best value.
NUM_MAXIMA = 32
_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_FAR_RIGHT = 5.0  # beyond, 1 - Phi is known to more digits than Phi
_FAR_LEFT = -1e3  # a draw of the best value is not so far below any mean


class LogMaxValueEntropySearch(AnalyticAcquisition):
    r"""The logarithm of the information that the noise-free value at a point holds about the best value.

    .. math::
        \log \frac 1 K \sum_{k=1}^K g(\gamma_k(x)), \quad
        g(\gamma) = \frac{\gamma \phi(\gamma)}{2 \Phi(\gamma)} - \log \Phi(\gamma), \quad
        \gamma_k(x) = \frac{f^*_k - \mu(x)}{\sigma(x)}

    Pending points are hallucinated (`HallucinatedMoments`).

    Args:
        model: a BoTorch model of one outcome whose posterior is Gaussian.
        maxima: `K` draws of the best value, as `draw_best_values` makes them.
        maximize: whether larger outcomes are better.
        pending: `p x d` points being evaluated, or None.

    Raises:
        NotSupportedError: the model's posterior is not Gaussian.

    Source: Wang and Jegelka, "Max-value entropy search for efficient Bayesian optimization", ICML 2017,
    eq. 6.
    """

    def __init__(
        self, model: Any, maxima: np.ndarray, maximize: bool = True, *, pending: np.ndarray | None = None
    ) -> None:
        super().__init__(model, maximize=maximize)
        if self.law is not NORMAL:
            raise NotSupportedError(
                f"the posterior of {type(model).__name__} is not Gaussian, so max-value entropy search has "
                "no closed form for it; use 'log-nei'"
            )
        if pending is not None and len(pending):
            self.moments = HallucinatedMoments(model, pending)
        self._maxima = self.sign * np.asarray(maxima, dtype=np.float64)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)[:, None]
        gamma = (self._maxima - self.sign * mean[:, None]) / sigma
        log_g, slope = log_information(gamma)
        largest = log_g.max(axis=1, keepdims=True)
        share = np.exp(log_g - largest)
        total = share.sum(axis=1, keepdims=True)
        slope = slope * share / total
        value = (largest + np.log(total / len(self._maxima)))[:, 0]
        by_mean = -(self.sign * slope / sigma).sum(axis=1)
        return value, by_mean, -np.einsum("ij,ij->i", gamma, slope) / (2.0 * variance)


def log_information(gamma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The logarithm of the entropy that a normal variable loses when it is known to be below `gamma`.

    .. math::
        g(\gamma) = \frac{\gamma\, r}{2} - \log \Phi(\gamma), \quad r = \frac{\phi(\gamma)}{\Phi(\gamma)},
        \qquad g'(\gamma) = -\tfrac12\, r\, (1 + \gamma (\gamma + r))

    Args:
        gamma: any shape; below -1000 it is taken for -1000.

    Returns:
        `log g` and its derivative, each of the shape of `gamma`.
    """
    gamma = np.maximum(gamma, _FAR_LEFT)
    log_phi = -0.5 * gamma * gamma - _LOG_SQRT_2PI
    log_Phi, r = log_cdf(gamma)
    above = log_ndtr(-gamma)
    far = gamma > _FAR_RIGHT
    with np.errstate(divide="ignore", under="ignore"):
        log_second = np.where(far, above + 0.5 * np.exp(above), np.log(-np.where(far, -1.0, log_Phi)))
        positive = np.maximum(gamma, 0.0)
        both = np.logaddexp(np.log(0.5 * positive) + log_phi - log_Phi, log_second)
    near = np.minimum(gamma, 0.0)  # there the terms have different signs, and neither underflows
    r_near = np.where(gamma < 0.0, r, 1.0)
    log_g = np.where(gamma < 0.0, np.log(0.5 * near * r_near - np.where(gamma < 0.0, log_Phi, -1.0)), both)
    slope = -0.5 * np.exp(log_phi - log_Phi - log_g) * (1.0 + gamma * (gamma + r))
    return log_g, slope


def draw_best_values(
    model: Any,
    candidates: np.ndarray,
    *,
    maximize: bool = True,
    count: int = NUM_MAXIMA,
    margin: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Draws of the best value, each the best of a joint posterior draw at candidates.

    Args:
        model: a BoTorch model of one outcome.
        candidates: `b x d` points where the best value may be taken.
        maximize: whether larger outcomes are better.
        count: number K of draws.
        margin: no draw is less than so much better than the best mean at the candidates, as the finer search
            of the acquisition's maximum finds better means than there, and the closer to data the less
            uncertain.
        seed: of the draws.
    """
    fantasies = FantasizedMoments(model, candidates, count=count, seed=seed)
    sign = 1.0 if maximize else -1.0
    least = (sign * fantasies.moments.fixed_mean).max() + margin
    return sign * np.maximum((sign * fantasies.values).max(axis=1), least)
