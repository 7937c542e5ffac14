"""The inverse-gamma prior of the scale, which makes a Student-t process."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log
from typing import final

import numpy as np
import torch
from botorch.posteriors import GPyTorchPosterior
from scipy.special import digamma
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.exact.priors import LogNormal
from augury.models.posteriors.student_t import StudentTPosterior
from augury.models.scale_mixture.scale_prior import Evidence, ScalePrior
from augury.numerics.predictive_law import StudentT

#: Prior deviations of `log alpha` and `log beta / alpha` when learned: one data set has one scale, which
#: tells of the second and hardly of the first.
_SPREADS = (1.0, 3.0)
#: How many deviations they may go.
_REACH = 4.0


@final
@dataclass(frozen=True)
class InverseGamma(ScalePrior):
    r"""`s ~ InvGamma(alpha, beta)`, conjugate: `s | y ~ InvGamma(alpha + N/2, beta + Q/2)`.

    .. math::
        \log \int s^{-N/2} e^{-Q/2s} dH(s) = \log\Gamma(\alpha') - \log\Gamma(\alpha)
        + \alpha \log\beta - \alpha' \log\beta'

    Args:
        alpha: shape, positive.
        beta: rate, positive.
        learned: whether `alpha` and `beta / alpha` are hyperparameters; log-normal priors, whose modes are
            the first values, hold the first within a factor of about 3, the second of about 20.
        initial: those first values, where the prior has moved.

    Raises:
        InvalidInputError: a parameter that is not positive and finite.

    Source: Lee et al., "Scale mixtures of neural network Gaussian processes", ICLR 2022, section 3.
    """

    alpha: float = 2.0
    beta: float = 2.0
    learned: bool = False
    initial: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            if not 0.0 < value < float("inf"):
                raise InvalidInputError(f"{name} must be a positive number; given {value!r}")

    @property
    def typical(self) -> float:
        """`beta / alpha`, the harmonic mean of the scale."""
        return self.beta / self.alpha

    def log_evidence(self, quadratic: float, count: int) -> Evidence:
        shape, rate = self._conditional(quadratic, count)
        value = lgamma(shape) - lgamma(self.alpha) + self.alpha * log(self.beta) - shape * log(rate)
        return Evidence(value, shape / rate, shape / rate**2)

    def expected_scale(self, quadratic: Tensor, count: int) -> Tensor:
        shape, rate = self.alpha + 0.5 * count, self.beta + 0.5 * quadratic
        return rate / (shape - 1.0) if shape > 1.0 else torch.full_like(rate, torch.inf)

    def posterior(self, gaussian: GPyTorchPosterior, quadratic: Tensor, count: int) -> StudentTPosterior:
        shape, rate = self.alpha + 0.5 * count, self.beta + 0.5 * quadratic
        return StudentTPosterior(gaussian, 2.0 * shape, rate / shape)

    def law(self, quadratic: float, count: int) -> tuple[StudentT, float]:
        shape, rate = self._conditional(quadratic, count)
        return StudentT(2.0 * shape), rate / shape

    def _conditional(self, quadratic: float, count: int) -> tuple[float, float]:
        return self.alpha + 0.5 * count, self.beta + 0.5 * quadratic

    @property
    def theta(self) -> np.ndarray:
        """`(log alpha, log beta / alpha)` when learned."""
        return np.log([self.alpha, self.typical]) if self.learned else np.empty(0)

    @property
    def _centre(self) -> tuple[float, float]:
        return self.initial or (self.alpha, self.beta)

    def at(self, theta: np.ndarray) -> InverseGamma:
        if not self.learned:
            return self
        alpha, typical = np.exp(theta)
        return InverseGamma(float(alpha), float(alpha * typical), True, self._centre)

    def bounds(self) -> np.ndarray:
        if not self.learned:
            return np.empty((2, 0))
        alpha, beta = self._centre
        centre = np.log([alpha, beta / alpha])
        reach = _REACH * np.array(_SPREADS)
        lower = centre - reach
        lower[0] = log(min(alpha, 1.0))  # below 1 the scale has no mean
        return np.stack([lower, centre + reach])

    def log_prior(self) -> tuple[float, np.ndarray]:
        if not self.learned:
            return 0.0, np.empty(0)
        alpha, beta = self._centre
        parts = [
            LogNormal(log(centre) + spread**2, spread).log_density(u)
            for centre, spread, u in zip((alpha, beta / alpha), _SPREADS, self.theta[:, None], strict=True)
        ]
        return sum(value for value, _ in parts), np.concatenate([gradient for _, gradient in parts])

    def evidence_gradient(self, quadratic: float, count: int) -> np.ndarray:
        if not self.learned:
            return np.empty(0)
        shape, rate = self._conditional(quadratic, count)
        by_alpha = digamma(shape) - digamma(self.alpha) + log(self.beta) - log(rate)
        by_beta = self.alpha / self.beta - shape / rate
        return np.array([self.alpha * by_alpha + self.beta * by_beta, self.beta * by_beta])
