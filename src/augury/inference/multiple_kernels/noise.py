"""The noise of an evenly spaced series, without a model of the signal."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.fft import dct
from scipy.optimize import minimize_scalar

from augury.errors import InvalidInputError

#: The smoother's leverage at its most and least flexible.
_HIGHEST_LEVERAGE, _LOWEST_LEVERAGE = 0.99, 1e-6


def series_noise_variance(y: np.ndarray) -> float:
    r"""The variance of white noise on an evenly spaced series, by generalised cross-validation.

    With the orthonormal cosine transform `Y` of the series, :math:`S_j = 2 (1 - \cos(\pi j / n))` and what a
    smoother of penalty `s` leaves of each coefficient, :math:`M_j = 1 - 1/(1 + s S_j^2)`, the estimate is
    :math:`v = \overline{Y^2 M^2}` at the `s` that minimises :math:`v / \bar M^2`. It is for series only: rows
    in no order have no smooth part.

    Source: Garcia, "Robust smoothing of gridded data in one and higher dimensions with missing values",
    Computational Statistics and Data Analysis 54 (2010).

    Args:
        y: `n` values at equal steps, at least 3.

    Raises:
        InvalidInputError: fewer values, or some that are not finite.
    """
    y = np.asarray(y, dtype=np.float64)
    if y.ndim != 1 or len(y) < 3 or not np.isfinite(y).all():
        raise InvalidInputError(f"the series must be at least 3 finite numbers; given shape {y.shape}")
    n = len(y)
    power = dct(y, type=2, norm="ortho") ** 2
    squared = (2.0 * (1.0 - np.cos(np.pi * np.arange(n) / n))) ** 2

    def variance_and_share(log_penalty: float) -> tuple[float, float]:
        left = 1.0 - 1.0 / (1.0 + 10.0**log_penalty * squared)
        return float((power * left**2).mean()), float(left.mean())

    def score(log_penalty: float) -> float:
        variance, share = variance_and_share(log_penalty)
        return variance / share**2

    bounds = np.log10([_penalty(_HIGHEST_LEVERAGE), _penalty(_LOWEST_LEVERAGE)])
    best = minimize_scalar(score, bounds=bounds, method="bounded", options={"xatol": 0.1})
    return variance_and_share(float(best.x))[0]


def _penalty(leverage: float) -> float:
    """The penalty of a smoother of a given leverage."""
    return (((1.0 + sqrt(1.0 + 8.0 * leverage**2)) / (4.0 * leverage**2)) ** 2 - 1.0) / 16.0
