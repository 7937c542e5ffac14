"""The log posterior of a scale mixture's hyperparameters, the scale shared by all outcomes integrated out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np

from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.scale_mixture.scale_prior import Evidence, ScalePrior
from augury.numerics.linalg import inverse_in_place
from augury.numerics.newton import Expansion, expand_each

_LOG_2PI = log(2.0 * pi)
#: The spread of the scale takes at most this share of the information, which keeps the rest positive.
_MOST_SPREAD = 0.999
_LEAST_QUADRATIC = 1e-150  # of outcomes that are all the same


@dataclass(frozen=True)
class _Factored:
    """What one `theta` makes of the data."""

    value: float  # the log marginal likelihood
    prior: ScalePrior
    quadratic: float  # Q
    evidence: Evidence
    factors: list[tuple[np.ndarray, np.ndarray]]  # of each outcome: the factor, and `A^{-1} (y - c)`


class ScaleMixtureLikelihood:
    r"""Log marginal likelihood plus log prior of `m` outcomes `y_j | s ~ N(c_j, s A_j)`, `s ~ H`.

    .. math::
        \log p(Y \mid \theta) = \log \int s^{-N/2} e^{-Q/2s}\, dH(s) - \tfrac12 \sum_j \log |A_j|
        - \tfrac N2 \log 2\pi, \qquad Q = \sum_j (y_j - c_j)^T A_j^{-1} (y_j - c_j)

    The derivative by `A_j` is that of a Gaussian process with `alpha alpha^T` weighted by `E[1/s | Y]`, so
    the closed forms of the covariance serve unchanged; the constant mean that is best for the Gaussian
    process is best here too, since the likelihood falls with `Q`. `theta` is that of the prior, then that of
    each outcome.

    Args:
        outcomes: the Gaussian likelihood of each outcome, given scale one.
        prior: `H`.

    Source: Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022, section 3.
    """

    def __init__(self, outcomes: Sequence[MarginalLikelihood], prior: ScalePrior) -> None:
        self.outcomes = list(outcomes)
        self.prior = prior
        sizes = [outcome.bounds().shape[1] for outcome in self.outcomes]
        self._splits = np.cumsum([len(prior.theta), *sizes])[:-1]

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.outcomes[0].n

    @property
    def count(self) -> int:
        """The number of all outcomes, `N = n m`."""
        return self.n * len(self.outcomes)

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` is to be had; not where the prior of the scale is learnt."""
        return not len(self.prior.theta) and all(outcome.has_curvature for outcome in self.outcomes)

    @property
    def negligible_promise(self) -> float:
        """When Newton's method stops, see `Covariance`."""
        return min(outcome.negligible_promise for outcome in self.outcomes)

    def bounds(self) -> np.ndarray:
        """`2 x p` bounds of `theta`."""
        return np.concatenate([self.prior.bounds(), *(part.bounds() for part in self.outcomes)], axis=1)

    def longest_step(self) -> np.ndarray:
        """`p`: of Newton's method, which is for priors without hyperparameters."""
        return np.concatenate([outcome.longest_step() for outcome in self.outcomes])

    def starts(self) -> np.ndarray:
        """`s x p` starting points, best guess first."""
        return self._beside_prior([outcome.starts() for outcome in self.outcomes])

    def rough_starts(self) -> np.ndarray:
        """`r x p` starting points where few inputs explain the data by very short scales."""
        return self._beside_prior([outcome.rough_starts() for outcome in self.outcomes])

    def _beside_prior(self, parts: list[np.ndarray]) -> np.ndarray:
        prior = np.repeat(self.prior.theta[None], len(parts[0]), axis=0)
        return np.concatenate([prior, *parts], axis=1)

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """The hyperparameters of the prior, and of each outcome."""
        prior, *outcomes = np.split(theta, self._splits)
        return prior, outcomes

    def value(self, theta: np.ndarray) -> float:
        """The log posterior density at `theta`."""
        _, parts = self.split(theta)
        at = self._factorise(theta)
        priors = [outcome.log_prior(part)[0] for outcome, part in zip(self.outcomes, parts, strict=True)]
        return at.value + at.prior.log_prior()[0] + sum(priors)

    def values(self, thetas: np.ndarray) -> np.ndarray:
        """`value` of each row of `thetas` (`r x p`)."""
        return np.array([self.value(theta) for theta in thetas])

    def value_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The log posterior density at `theta` and its gradient.

        Returns `(-inf, 0)` where a covariance cannot be factorised.
        """
        try:
            at = self._factorise(theta)
        except FloatingPointError:
            return -np.inf, np.zeros_like(theta)
        for factor, _ in at.factors:
            inverse_in_place(factor)
        return self._value_gradient(theta, at)

    def expand(self, theta: np.ndarray) -> Expansion:
        r"""The log posterior density at `theta`, its gradient, and an average information as its curvature.

        That of the Gaussian processes times `E[1/s | y]`, less `Var[1/s | y] / 4` times the outer product of
        the slopes of `Q`: the second derivative of the evidence, by which directions that only change the
        scale are as flat as they are.
        """
        try:
            at = self._factorise(theta)
        except FloatingPointError:
            return Expansion(-np.inf, np.zeros_like(theta), np.eye(len(theta)))
        curvature, slopes, rows = np.zeros((len(theta),) * 2), np.zeros(len(theta)), 0
        _, parts = self.split(theta)
        for outcome, part, (factor, alpha) in zip(self.outcomes, parts, at.factors, strict=True):
            inverse_in_place(factor)
            block = slice(rows, rows := rows + len(part))
            information, slopes[block] = outcome.average_information(part, factor, alpha)
            curvature[block, block] = at.evidence.precision * information
        largest = 0.5 * at.evidence.precision / max(at.quadratic, _LEAST_QUADRATIC)
        share = min(0.25 * at.evidence.spread, _MOST_SPREAD * largest)
        curvature -= share * np.outer(slopes, slopes)
        np.einsum("ii->i", curvature)[...] += np.concatenate([part.prior_curvature for part in self.outcomes])
        return Expansion(*self._value_gradient(theta, at), curvature)

    def expand_all(self, thetas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`expand` of each row of `thetas` (`r x p`), stacked."""
        return expand_each(self.expand, thetas)

    def leave_one_out_error(self, theta: np.ndarray) -> float:
        """The mean squared error of predicting each outcome from the others, as a share of their variance;
        that of the outcome predicted worst."""
        _, parts = self.split(theta)
        pairs = zip(self.outcomes, parts, strict=True)
        return max(outcome.leave_one_out_error(part) for outcome, part in pairs)

    def explained_by_noise(self, theta: np.ndarray, longer: float) -> np.ndarray | None:
        """`theta` with noise for short scales in the outcomes where that can be; None if it can in none."""
        own, parts = self.split(theta)
        pairs = zip(self.outcomes, parts, strict=True)
        noisier = [outcome.explained_by_noise(part, longer) for outcome, part in pairs]
        if all(part is None for part in noisier):
            return None
        chosen = [part if other is None else other for part, other in zip(parts, noisier, strict=True)]
        return np.concatenate([own, *chosen])

    def _value_gradient(self, theta: np.ndarray, at: _Factored) -> tuple[float, np.ndarray]:
        """The factors hold the lower triangles of the inverses here."""
        _, parts = self.split(theta)
        log_prior, slope = at.prior.log_prior()
        value = at.value + log_prior
        gradients = [at.prior.evidence_gradient(at.quadratic, self.count) + slope]
        for outcome, part, (inverse, alpha) in zip(self.outcomes, parts, at.factors, strict=True):
            gradient = outcome.likelihood_gradient(part, inverse, alpha, at.evidence.precision)
            log_prior, slope = outcome.log_prior(part)
            value += log_prior
            gradients.append(gradient + slope)
        return value, np.concatenate(gradients)

    def _factorise(self, theta: np.ndarray) -> _Factored:
        own, parts = self.split(theta)
        prior = self.prior.at(own)
        quadratic, log_determinant, factors = 0.0, 0.0, []
        for outcome, part in zip(self.outcomes, parts, strict=True):
            factor, alpha, constant = outcome.factorise(part)
            quadratic += float((outcome.y - constant) @ alpha)
            log_determinant += 2.0 * float(np.log(factor.diagonal()).sum())
            factors.append((factor, alpha))
        evidence = prior.log_evidence(quadratic, self.count)
        value = evidence.value - 0.5 * log_determinant - 0.5 * self.count * _LOG_2PI
        return _Factored(value, prior, quadratic, evidence, factors)
