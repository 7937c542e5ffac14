"""The law of a prediction's standardised error, for the families that have closed forms.

A prediction is `f = mu + sigma T` with a location `mu`, a scale `sigma` and `T` of a law that is the same for
all inputs: normal, Student-t, or a scale mixture of normals. What expected improvement and probabilities need
of the law are two functions of one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import gammaincinv

from augury.numerics import normal, student_t

_TINY = 1e-12


class PredictiveLaw(Protocol):
    """A symmetric law of `T = (f - mu) / sigma`."""

    @property
    def deviation(self) -> float:
        """The standard deviation of `T`; infinite where it has none."""

    def log_h(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`log E[max(z + T, 0)]`, the standardised expected improvement, and its derivative (any shape)."""

    def log_cdf(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`log Pr(T <= z)` and its derivative (any shape)."""

    def scales(self, uniform: np.ndarray) -> np.ndarray:
        """Draws of `r`, where `T = r N(0, 1)`, by inversion of `uniform` numbers (any shape)."""


@dataclass(frozen=True)
class Normal:
    """`T ~ N(0, 1)`."""

    deviation: float = 1.0

    def log_h(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return normal.log_h(z)

    def log_cdf(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return normal.log_cdf(z)

    def scales(self, uniform: np.ndarray) -> np.ndarray:
        return np.ones_like(uniform)


NORMAL = Normal()


@dataclass(frozen=True)
class StudentT:
    """`T` of Student's t.

    Args:
        df: degrees of freedom, above 1.
    """

    df: float

    @property
    def deviation(self) -> float:
        return (self.df / (self.df - 2.0)) ** 0.5 if self.df > 2.0 else np.inf

    def log_h(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return student_t.log_h(z, self.df)

    def log_cdf(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return student_t.log_cdf(z, self.df)

    def scales(self, uniform: np.ndarray) -> np.ndarray:
        half = 0.5 * self.df
        precision = gammaincinv(half, np.clip(1.0 - uniform, _TINY, 1.0 - _TINY)) / half
        return 1.0 / np.sqrt(precision)


@dataclass(frozen=True, eq=False)
class NormalMixture:
    """`T = r N(0, 1)` with one of K scales `r`.

    Args:
        weights: `K` positive weights of sum 1.
        variances: `K` increasing squared scales `r^2`.
    """

    weights: np.ndarray
    variances: np.ndarray

    @cached_property
    def _roots(self) -> np.ndarray:
        return np.sqrt(self.variances)

    @cached_property
    def _cumulative(self) -> np.ndarray:
        return np.cumsum(self.weights) - 0.5 * self.weights

    @property
    def deviation(self) -> float:
        return float(np.sqrt(self.weights @ self.variances))

    def log_h(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = normal.log_h(z[..., None] / self._roots)
        return self._mix(value + np.log(self._roots), slope / self._roots)

    def log_cdf(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = normal.log_cdf(z[..., None] / self._roots)
        return self._mix(value, slope / self._roots)

    def _mix(self, value: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The logarithm of the weighted sum of `exp(value)` over the last axis, and its derivative."""
        value = value + np.log(self.weights)
        largest = value.max(axis=-1, keepdims=True)
        share = np.exp(value - largest)
        total = share.sum(axis=-1, keepdims=True)
        return (largest + np.log(total))[..., 0], ((share / total) * slope).sum(axis=-1)

    def scales(self, uniform: np.ndarray) -> np.ndarray:
        logs = np.interp(uniform, self._cumulative, np.log(self._roots))
        return np.exp(logs)
