"""Kernel means: a covariance integrated over the distribution of one column, in closed form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import ceil, exp, pi, sqrt

import numpy as np
from scipy.special import log_ndtr

from augury.models.exact.covariance import Covariance
from augury.space.environment import FiniteMeasure, Measure, NormalMeasure, UniformMeasure

#: A wider normal distribution, in lengthscales, loses digits in its closed form; it is integrated by
#: quadrature, which is then exact to rounding.
_WIDE = 10.0
_DECAYED = 45.0  # the kernel is below 1e-16 beyond so many decay lengths
_SQRT_2PI = sqrt(2.0 * pi)


class KernelMean(ABC):
    r"""What a covariance of one column is on average over the column's distribution `p`.

    .. math:: m(w) = \int k(w, w')\, p(w')\, dw', \qquad D = \iint k(w, w')\, p(w)\, p(w')\, dw\, dw'

    Attributes:
        total: `D`, the prior variance of the integral.
    """

    total: float

    @abstractmethod
    def __call__(self, w: np.ndarray) -> np.ndarray:
        """`N` means `m(w)` at encoded values (`N`)."""

    @abstractmethod
    def derivative(self, w: np.ndarray) -> np.ndarray:
        """`N` derivatives of `m` (0 for categories)."""

    @staticmethod
    def of(covariance: Covariance, measure: Measure) -> KernelMean:
        """The kernel mean of a Matern-5/2 covariance (of any, for finite measures) of one column."""
        if isinstance(measure, FiniteMeasure):
            return FiniteMean(covariance, measure)
        assert covariance.lengthscales is not None
        lengthscale = float(covariance.lengthscales[0])
        if isinstance(measure, UniformMeasure):
            return UniformMean(lengthscale)
        return NormalMean(lengthscale, measure)


class FiniteMean(KernelMean):
    """A weighted sum over finitely many values.

    Args:
        covariance: of the column.
        measure: the values and their weights.
    """

    def __init__(self, covariance: Covariance, measure: FiniteMeasure) -> None:
        self._covariance = covariance.rebind(measure.points[:, None])
        self._weights = measure.weights
        self.total = float(measure.weights @ self(measure.points))

    def __call__(self, w: np.ndarray) -> np.ndarray:
        return self._covariance.cross(w[:, None]) @ self._weights

    def derivative(self, w: np.ndarray) -> np.ndarray:
        self._covariance.cross(w[:, None], gradient=True)
        weights = np.broadcast_to(self._weights, (len(w), len(self._weights)))
        return self._covariance.cross_pullback(weights)[:, 0]


class UniformMean(KernelMean):
    r"""Matern-5/2 under the uniform distribution on [0, 1].

    .. math::
        m(w) = F(w) + F(1 - w), \quad F(t) = \frac 1 a \Big(\frac 8 3 - e^{-u} \big(\frac 8 3 + \frac 5 3 u +
        \frac 1 3 u^2\big)\Big), \quad u = a t, \; a = \sqrt 5 / \ell, \quad
        D = \frac 2 a \Big(\frac 8 3 - \frac 1 a \big(5 - e^{-a} (5 + \frac 7 3 a + \frac 1 3 a^2)\big)\Big)

    Args:
        lengthscale: `l`.
    """

    def __init__(self, lengthscale: float) -> None:
        self._a = a = sqrt(5.0) / lengthscale
        inner = (5.0 - exp(-a) * (5.0 + 7.0 * a / 3.0 + a * a / 3.0)) / a
        self.total = min(1.0, 2.0 / a * (8.0 / 3.0 - inner))
        if a < 1e-2:  # where the terms cancel: E[1 - 5 d^2 / (6 l^2)] over the distance d of two values
            self.total = 1.0 - a * a / 36.0

    def __call__(self, w: np.ndarray) -> np.ndarray:
        return self._to(w) + self._to(1.0 - w)

    def derivative(self, w: np.ndarray) -> np.ndarray:
        return _matern(self._a * w) - _matern(self._a * (1.0 - w))

    def _to(self, t: np.ndarray) -> np.ndarray:
        u = self._a * t
        # 8/3 (1 - e^{-u}) without cancellation for long lengthscales
        result: np.ndarray = (
            -np.expm1(-u) * (8.0 / 3.0) - np.exp(-u) * (5.0 / 3.0 * u + u * u / 3.0)
        ) / self._a
        return result


class NormalMean(KernelMean):
    r"""Matern-5/2 under a normal distribution truncated to [0, 1].

    With `a = sqrt(5) / l` each side of `w` is a polynomial times `e^{-a u}` times a normal density, which is
    a normal density again; its truncated moments are differences of normal distribution functions. The double
    integral is a sum of Gauss-Legendre rules over the smooth `m`.

    Args:
        lengthscale: `l`.
        measure: the distribution.
    """

    def __init__(self, lengthscale: float, measure: NormalMeasure) -> None:
        self._a = sqrt(5.0) / lengthscale
        self._mean, self._std = measure.mean, measure.std
        low, high = -measure.mean / measure.std, (1.0 - measure.mean) / measure.std
        self._log_mass = float(_log_difference(np.array(low), np.array(high)))
        w, density = self._rule()
        self.total = float(density @ self(w))

    def _rule(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes on the part of [0, 1] that has mass, and their weights under the distribution."""
        start, stop = max(0.0, self._mean - 9.0 * self._std), min(1.0, self._mean + 9.0 * self._std)
        panels = ceil((stop - start) / min(1.5 * self._std, 3.0 / self._a, 0.25))
        nodes, weights = np.polynomial.legendre.leggauss(16)
        edges = np.linspace(start, stop, panels + 1)
        half = 0.5 * np.diff(edges)[:, None]
        w = (edges[:-1, None] + half * (nodes + 1.0)).ravel()
        return w, (half * weights).ravel() * self._density(w)

    def _density(self, w: np.ndarray) -> np.ndarray:
        z = (w - self._mean) / self._std
        density: np.ndarray = np.exp(-0.5 * z * z - self._log_mass) / (_SQRT_2PI * self._std)
        return density

    def __call__(self, w: np.ndarray) -> np.ndarray:
        total = np.zeros(len(w))
        for one in self._sides(w):
            total = total + one[0] + self._a * one[1] + self._a**2 / 3.0 * one[2]
        return total

    def derivative(self, w: np.ndarray) -> np.ndarray:
        left, right = self._sides(
            w
        )  # k'(u) = -(a^2 / 3) u (1 + a u) e^{-a u}, and u falls with w on the right
        slope = (right[1] - left[1]) + self._a * (right[2] - left[2])
        return self._a**2 / 3.0 * slope

    def _sides(self, w: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The integrals of `u^r e^{-a u} p`, r = 0, 1, 2, over the distance `u` to the left and the right."""
        return self._side(1.0 - w, 1.0 - self._mean), self._side(w, self._mean)

    def _side(self, w: np.ndarray, mean: float) -> list[np.ndarray]:
        """Over `[w, 1]` under a normal distribution of this mean."""
        a, std = self._a, self._std
        if a * std > _WIDE:
            nodes, weights = np.polynomial.legendre.leggauss(48)
            reach = 0.5 * np.minimum(1.0 - w, _DECAYED / a)[:, None]
            u = reach * (nodes + 1.0)
            z = (w[:, None] + u - mean) / std
            terms = np.exp(-a * u - 0.5 * z * z - self._log_mass) * (reach * weights) / (_SQRT_2PI * std)
            return [terms.sum(axis=1), (terms * u).sum(axis=1), (terms * u * u).sum(axis=1)]
        shifted = mean - a * std * std
        low, high = (w - shifted) / std, np.full_like(w, (1.0 - shifted) / std)
        log_scale = a * (w - mean) + 0.5 * (a * std) ** 2 - self._log_mass
        mass = np.exp(log_scale + _log_difference(low, high))
        at_low, at_high = (np.exp(log_scale - 0.5 * z * z) / _SQRT_2PI for z in (low, high))
        first = at_low - at_high - low * mass  # of (z - low)
        width = high - low
        second = mass - low * first - width * at_high  # of (z - low)^2
        return [mass, std * first, std * std * second]


def _matern(u: np.ndarray) -> np.ndarray:
    return (1.0 + u + u * u / 3.0) * np.exp(-u)


def _log_difference(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """`log(Phi(high) - Phi(low))` for `low <= high`, exact in both tails."""
    mirrored = low > 0.0
    upper, lower = np.where(mirrored, -low, high), np.where(mirrored, -high, low)
    log_upper, log_lower = log_ndtr(upper), log_ndtr(lower)
    with np.errstate(divide="ignore"):
        result: np.ndarray = log_upper + np.log(-np.expm1(np.minimum(log_lower - log_upper, 0.0)))
    return result
