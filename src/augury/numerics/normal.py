"""Logarithms of the normal distribution's functions that acquisition functions are made of, with derivatives.

Everything follows from the Mills ratio `m(z) = Phi(z) / phi(z) = sqrt(pi / 2) erfcx(-z / sqrt(2))`, which
keeps full relative precision where `Phi` and `phi` underflow.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr

_SQRT_HALF = math.sqrt(0.5)
_SQRT_HALF_PI = math.sqrt(0.5 * math.pi)
_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_FAR_LEFT = -100.0  # below, 1 + z m(z) loses its digits, and four terms of its expansion are exact
_FAR_RIGHT = 30.0  # above, h(z) = z to the last digit, and m(z) nears overflow


def log_h(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The logarithm of the standardised expected improvement, and its derivative.

    .. math::
        \log h(z) = \log(\phi(z) + z \Phi(z)) = \log \phi(z) + \log(1 + z\, m(z)), \qquad
        \frac{d \log h}{dz} = \frac{\Phi(z)}{h(z)} = \frac{m(z)}{1 + z\, m(z)}

    For `z < -100`, `1 + z m(z) = z^-2 - 3 z^-4 + 15 z^-6 - 105 z^-8` replaces the difference. Finite for
    every finite z whose square is finite.

    Args:
        z: any shape.

    Returns:
        `log h(z)` and its derivative, each of the shape of `z`.

    Source: Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization",
    NeurIPS 2023, eq. 9 and appendix A.1 (there with `log1mexp`; here in one formula for all moderate z).
    """
    middle = np.minimum(np.maximum(z, _FAR_LEFT), _FAR_RIGHT)
    mills = _SQRT_HALF_PI * erfcx(-_SQRT_HALF * middle)
    ratio = 1.0 + middle * mills
    value = np.log(ratio) - (0.5 * middle * middle + _LOG_SQRT_2PI)
    derivative = mills / ratio
    if (outside := middle != z).any():
        _fill_tails(np.atleast_1d(z), np.atleast_1d(outside), np.atleast_1d(value), np.atleast_1d(derivative))
    return value, derivative


def log_h_curvature(z: np.ndarray, slope: np.ndarray) -> np.ndarray:
    r"""The second derivative of `log h` where its first is `slope`, both of any shape.

    .. math::
        (\log h)'' = \phi / h - (\Phi / h)^2, \qquad \phi = h - z \Phi
    """
    return 1.0 - slope * (z + slope)


def _fill_tails(z: np.ndarray, outside: np.ndarray, value: np.ndarray, derivative: np.ndarray) -> None:
    left = outside & (z < _FAR_LEFT)
    right = outside & (z > _FAR_RIGHT)
    value[right], derivative[right] = np.log(z[right]), 1.0 / z[right]
    square = z[left] * z[left]
    inverse = 1.0 / square
    ratio = 1.0 - inverse * (3.0 - inverse * (15.0 - inverse * 105.0))
    mills = 1.0 - inverse * (1.0 - inverse * (3.0 - inverse * 15.0))
    value[left] = np.log(ratio) - np.log(square) - (0.5 * square + _LOG_SQRT_2PI)
    derivative[left] = -z[left] * mills / ratio


def log_cdf(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""`log Phi(z)` and its derivative `phi(z) / Phi(z) = 1 / m(z)`, for any finite `z` of any shape."""
    with np.errstate(over="ignore"):  # far to the right the Mills ratio is infinite, and its inverse 0
        return log_ndtr(z), 1.0 / (_SQRT_HALF_PI * erfcx(-_SQRT_HALF * z))
