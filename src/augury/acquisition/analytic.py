"""Acquisition functions in closed form, with closed-form gradients, for posteriors of one outcome that are
Gaussian, Student-t or a scale mixture of Gaussians."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from augury.acquisition.base import is_smooth
from augury.acquisition.fantasies import HallucinatedMoments
from augury.acquisition.moments import Moments, lengthscales_of, location_scale_of


class AnalyticAcquisition(ABC):
    """A function of the posterior mean and variance at one point, or of location and squared scale.

    Args:
        model: a BoTorch model of one outcome (see `location_scale_of`).
        maximize: whether larger outcomes are better.

    Raises:
        NotSupportedError: the model's posterior has no such form.
    """

    def __init__(self, model: Any, *, maximize: bool = True) -> None:
        self.moments: Moments
        self.moments, self.law = location_scale_of(model)
        self.lengthscales = lengthscales_of(model)
        self.is_smooth = is_smooth(model)
        self.sign = 1.0 if maximize else -1.0

    def value(self, X: np.ndarray) -> np.ndarray:
        """`N` values at `X` (`N x d`)."""
        mean, variance, _ = self.moments(X)
        return self._partials(mean, variance)[0]

    def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`N` values at `X` (`N x d`) and their gradients (`N x d`, 0 in categorical columns)."""
        mean, variance, covariance = self.moments(X, gradient=True)
        value, by_mean, by_variance = self._partials(mean, variance)
        return value, self.moments.pullback(by_mean, by_variance, covariance)

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
