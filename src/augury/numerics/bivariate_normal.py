"""The distribution function of two correlated standard normal variables, and its derivatives."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, owens_t

_LEAST = 1e-300  # stands for 0, at which Owen's formula divides


def bivariate_ndtr(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    r"""`P(U <= h, V <= k)` for standard normal `U`, `V` of correlation `rho`, elementwise.

    .. math::
        \Phi_2(h, k; \rho) = \tfrac12 \Phi(h) + \tfrac12 \Phi(k) - T\!\left(h, \tfrac{k - \rho h}{h r}\right)
        - T\!\left(k, \tfrac{h - \rho k}{k r}\right) - \delta, \qquad r = \sqrt{1 - \rho^2}

    with Owen's function `T` and `delta = 1/2` where `h` and `k` differ in sign, else 0. Exact to about 1e-16,
    so that probabilities far below that are not resolved.

    Args:
        h, k: finite.
        rho: strictly between -1 and 1.

    Source: Owen, "Tables for computing bivariate normal probabilities", Annals of Mathematical Statistics 27
    (1956), eq. 2.1.
    """
    h, k = _nonzero(h), _nonzero(k)
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    towards = owens_t(h, (k - rho * h) / (h * root)) + owens_t(k, (h - rho * k) / (k * root))
    apart = np.where((h > 0.0) == (k > 0.0), 0.0, 0.5)
    return np.clip(0.5 * (ndtr(h) + ndtr(k)) - towards - apart, 0.0, 1.0)


def bivariate_ndtr_slopes(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The derivatives of `bivariate_ndtr` by `h` and by `rho`, elementwise.

    .. math::
        \frac{\partial \Phi_2}{\partial h} = \phi(h)\, \Phi\!\left(\frac{k - \rho h}{r}\right), \qquad
        \frac{\partial \Phi_2}{\partial \rho} = \frac{1}{2 \pi r}
        \exp\!\left(-\frac{h^2 - 2 \rho h k + k^2}{2 r^2}\right)
    """
    square = (1.0 - rho) * (1.0 + rho)
    root = np.sqrt(square)
    distance = k - rho * h
    by_h = np.exp(-0.5 * h * h) / np.sqrt(2.0 * np.pi) * ndtr(distance / root)
    by_rho = np.exp(-0.5 * (h * h + distance * distance / square)) / (2.0 * np.pi * root)
    return by_h, by_rho


def _nonzero(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < _LEAST, _LEAST, values)
