"""Acquisition functions in closed form, with closed-form gradients, for posteriors of one outcome that are
Gaussian, Student-t or a scale mixture of Gaussians."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, cast

import numpy as np

from augury.acquisition.base import is_smooth
from augury.acquisition.fantasies import HallucinatedMoments
from augury.acquisition.moments import CurvedMoments, Moments, lengthscales_of, location_scale_of
from augury.numerics import normal
from augury.numerics.predictive_law import NORMAL


class AnalyticAcquisition(ABC):
    """A function of the posterior mean and variance at one point, or of location and squared scale.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        maximize: whether larger outcomes are better.

    Raises:
        NotSupportedError: the model's posterior has no such form.
    """

    def __init__(self, model: Any, *, maximize: bool = True) -> None:
        self.model = model
        self.moments: Moments
        self.moments, self.law = location_scale_of(model)
        self.is_smooth = is_smooth(model)
        self.sign = 1.0 if maximize else -1.0

    @cached_property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales of the model's inputs, NaN for categories; None where it does not tell."""
        return lengthscales_of(self.model)

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        mean, variance, _ = self.moments(X)
        return self._partials(mean, variance)[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        mean, variance, covariance = self.moments(X, gradient=True)
        value, by_mean, by_variance = self._partials(mean, variance)
        return value, self.moments.pullback(by_mean, by_variance, covariance)

    @property
    def has_curvature(self) -> bool:
        """Whether `expand` is to be had: the function and the moments have second derivatives."""
        return False

    def expand(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`), their gradients (`N x d`) and their Hessians (`N x d x d`)."""
        moments = cast(CurvedMoments, self.moments)
        mean, variance, slopes = moments.expand(X)
        value, first, second = self._expanded_partials(mean, variance)
        hessian = moments.curvature(first[:, 0], first[:, 1])
        hessian += slopes.transpose(0, 2, 1) @ second @ slopes
        return value, (first[:, None, :] @ slopes)[:, 0], hessian

    def _expanded_partials(
        self, mean: np.ndarray, variance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The value (`N`), its derivatives with respect to mean and variance (`N x 2`) and their derivatives
        (`N x 2 x 2`)."""
        raise NotImplementedError

    @abstractmethod
    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The value, and its derivatives with respect to the mean and to the variance."""


class LogExpectedImprovement(AnalyticAcquisition):
    r"""The logarithm of the expected improvement over the best value so far.

    .. math::
        \log \mathrm{EI}(x) = \log \sigma(x) + \log h(z), \qquad z = \pm\frac{\mu(x) - f^*}{\sigma(x)}, \qquad
        h(z) = \mathbb E\,[\max(z + T, 0)]

    with `T` of the posterior's law: `h(z) = phi(z) + z Phi(z)` for the normal one, `(nu + z^2) / (nu - 1)
    t_nu(z) + z F_nu(z)` for Student's, the sum of `w_k sqrt(s_k) h(z / sqrt(s_k))` for a mixture of normals.

    Its gradient does not vanish where EI underflows, which is most of the space once a good point is known.

    Args:
        model: see `AnalyticAcquisition`.
        best_f: `f*`, the best value so far, in the outcome's units.
        maximize: whether larger outcomes are better.

    Source: Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization",
    NeurIPS 2023, eq. 8 and 9; Shah, Wilson and Ghahramani, "Student-t processes as alternatives to Gaussian
    processes", AISTATS 2014, section 5.2 for Student's t.
    """

    def __init__(self, model: Any, best_f: float, maximize: bool = True) -> None:
        super().__init__(model, maximize=maximize)
        self.best_f = float(best_f)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)
        z = (mean - self.best_f) * (self.sign / sigma)
        log_value, slope = self.law.log_h(z)
        return log_value + np.log(sigma), slope * (self.sign / sigma), (1.0 - z * slope) / (2.0 * variance)

    @property
    def has_curvature(self) -> bool:
        return self.law is NORMAL and getattr(self.moments, "has_curvature", False)

    def _expanded_partials(
        self, mean: np.ndarray, variance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)
        by_mean = self.sign / sigma  # the derivatives of z
        half = 0.5 / variance
        z = (mean - self.best_f) * by_mean
        log_value, slope = self.law.log_h(z)
        bend = normal.log_h_curvature(z, slope)
        first, second = np.empty((len(z), 2)), np.empty((len(z), 2, 2))
        first[:, 0] = slope * by_mean
        first[:, 1] = (1.0 - z * slope) * half
        sum_of_slopes = z * bend + slope
        second[:, 0, 0] = bend * by_mean * by_mean
        second[:, 0, 1] = second[:, 1, 0] = -half * by_mean * sum_of_slopes
        second[:, 1, 1] = half * half * (z * (sum_of_slopes + 2.0 * slope) - 2.0)
        return log_value + np.log(sigma), first, second


class PosteriorMean(AnalyticAcquisition):
    """The posterior mean, its sign turned where smaller outcomes are better: what to use in the end.

    Args:
        model: see `AnalyticAcquisition`.
        maximize: whether larger outcomes are better.
    """

    def __init__(self, model: Any, maximize: bool = True) -> None:
        super().__init__(model, maximize=maximize)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.sign * mean, np.full_like(mean, self.sign), np.zeros_like(variance)


class LogProbabilityOfImprovement(AnalyticAcquisition):
    r"""The logarithm of the probability that a value is better than the best so far by a margin.

    .. math::
        \log \Pr(\pm f(x) > \pm f^* + m) = \log F(z), \qquad z = \frac{\pm(\mu(x) - f^*) - m}{\sigma(x)}

    with the distribution function `F` of the posterior's law. Without a margin it hardly explores.

    Args:
        model: see `AnalyticAcquisition`.
        best_f: `f*`, the best value so far, in the outcome's units.
        maximize: whether larger outcomes are better.
        margin: `m >= 0`, in the outcome's units.
        pending: `p x d` points being evaluated, or None. They are taken to come out as expected: their means
            compete for `f*`, and the uncertainty there is gone.

    Source: Kushner, "A new method of locating the maximum point of an arbitrary multipeak curve in the
    presence of noise", J. Basic Eng. 86 (1964); for pending points Desautels et al., JMLR 15 (2014).
    """

    def __init__(
        self,
        model: Any,
        best_f: float,
        maximize: bool = True,
        *,
        margin: float = 0.0,
        pending: np.ndarray | None = None,
    ) -> None:
        super().__init__(model, maximize=maximize)
        self.best_f, self.margin = float(best_f), float(margin)
        if pending is not None and len(pending):
            expected = float((self.sign * self.moments(pending)[0]).max())
            self.best_f = self.sign * max(self.sign * self.best_f, expected)
            self.moments = HallucinatedMoments(model, pending)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)
        z = (self.sign * (mean - self.best_f) - self.margin) / sigma
        value, slope = self.law.log_cdf(z)
        return value, slope * self.sign / sigma, -slope * z / (2.0 * variance)


class UpperConfidenceBound(AnalyticAcquisition):
    r"""An optimistic bound of the outcome, by its mean and standard deviation.

    .. math::
        \mathrm{UCB}(x) = \pm\mu(x) + \sqrt{\beta}\, \sigma(x)

    Args:
        model: see `AnalyticAcquisition`.
        beta: squared number of standard deviations.
        maximize: whether larger outcomes are better; if not, the lower bound is taken and its sign turned.
        pending: `p x d` points being evaluated, at which the uncertainty is taken to be gone, or None.

    Source: Srinivas et al., "Gaussian process optimization in the bandit setting", ICML 2010, eq. 6; for
    pending points Desautels et al., JMLR 15 (2014), eq. 7.
    """

    def __init__(
        self, model: Any, beta: float, maximize: bool = True, *, pending: np.ndarray | None = None
    ) -> None:
        super().__init__(model, maximize=maximize)
        if pending is not None and len(pending):
            self.moments = HallucinatedMoments(model, pending)
        self.beta = float(beta)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)
        root = self.beta**0.5 * self.law.deviation
        return self.sign * mean + root * sigma, np.full_like(mean, self.sign), root / (2.0 * sigma)


class LogProbabilityOfFeasibility(AnalyticAcquisition):
    r"""The logarithm of the probability that an outcome constraint holds.

    .. math::
        \log \Pr(s\, y(x) + o \le 0) = \log F(z), \qquad z = -\frac{s\, \mu(x) + o}{\sigma(x)}

    with the distribution function `F` of the posterior's law.

    Args:
        model: model of the constrained outcome, see `AnalyticAcquisition`.
        sign: `s`, +1 for an upper and -1 for a lower bound, as in `Goals.constraint_terms`.
        offset: `o`, minus the upper bound or plus the lower one.

    Source: Gardner et al., "Bayesian optimization with inequality constraints", ICML 2014, eq. 8.
    """

    def __init__(self, model: Any, sign: float, offset: float) -> None:
        super().__init__(model, maximize=False)
        self.scale, self.offset = float(sign), float(offset)

    def _partials(self, mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sigma = np.sqrt(variance)
        z = -(self.scale * mean + self.offset) / sigma
        value, slope = self.law.log_cdf(z)
        return value, -slope * self.scale / sigma, -slope * z / (2.0 * variance)
