"""Logarithms of Student's t functions that acquisition functions are made of, stable in both tails."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, stdtr

_TAIL = -5.0  # below, the closed form cancels and underflows, and a short Gauss-Jacobi rule is exact
_NODES = 20


def log_pdf(z: np.ndarray, df: float) -> np.ndarray:
    """The log density of the standard Student-t with `df` degrees of freedom at `z` (any shape)."""
    constant = -betaln(0.5 * df, 0.5) - 0.5 * math.log(df)
    return constant - 0.5 * (df + 1.0) * np.log1p(z * z / df)


def log_h(z: np.ndarray, df: float) -> tuple[np.ndarray, np.ndarray]:
    r"""The logarithm of the standardised expected improvement, and its derivative `F(z) / h(z)`.

    .. math::
        h(z) = \int_{-\infty}^z F_\nu = \frac{\nu + z^2}{\nu - 1}\, t_\nu(z) + z F_\nu(z)

    For `z < -5` the two terms cancel and underflow; there, with `x = nu / (nu + z^2)`,

    .. math::
        \frac{h(z)}{t_\nu(z)} = (\nu + z^2) \int_0^1
            \frac{r^{\nu - 2} (1 - r^2)}{(1 - x r^2) + r \sqrt{(1 - x r^2)(1 - x)}}\, dr,

    (substitute `u^2 = (nu + z^2) / r^2 - nu` in the integral of `(u - |z|) t(u)` over the tail), whose terms
    are all positive and whose integrand is smooth under the Jacobi weight `r^(nu-2) (1 - r)`.

    Args:
        z: any shape, of finite square.
        df: degrees of freedom, above 1 (below, the expected improvement is infinite).

    Source: the closed form is that of Shah, Wilson and Ghahramani, "Student-t processes as alternatives to
    Gaussian processes", AISTATS 2014; the tail is derived here.
    """
    middle = np.maximum(z, _TAIL)
    cdf = stdtr(df, middle)
    h = (df + middle * middle) / (df - 1.0) * np.exp(log_pdf(middle, df)) + middle * cdf
    value, derivative = np.log(h), cdf / h
    if (tail := z < _TAIL).any():
        ratio, mills = _tail_ratios(z[tail], df)
        value[tail] = log_pdf(z[tail], df) + np.log(ratio)
        derivative[tail] = mills / ratio
    return value, derivative


def log_cdf(z: np.ndarray, df: float) -> tuple[np.ndarray, np.ndarray]:
    """`log F(z)` and its derivative `t(z) / F(z)`, for `z` of any shape and `df > 1`."""
    middle = np.maximum(z, _TAIL)
    cdf = stdtr(df, middle)
    value, derivative = np.log(cdf), np.exp(log_pdf(middle, df)) / cdf
    if (tail := z < _TAIL).any():
        _, mills = _tail_ratios(z[tail], df)
        value[tail] = log_pdf(z[tail], df) + np.log(mills)
        derivative[tail] = 1.0 / mills
    return value, derivative


def _tail_ratios(z: np.ndarray, df: float) -> tuple[np.ndarray, np.ndarray]:
    """`h(z) / t(z)` and the Mills ratio `F(z) / t(z)` for a vector of `z` far to the left."""
    gap, weights = _jacobi_rule(df)
    square = z * z
    total = df + square
    outer = (square / total)[:, None]  # 1 - x
    inner = outer + (df / total)[:, None] * (gap * (2.0 - gap))  # 1 - x r^2
    r = 1.0 - gap
    ratio = total / (df * (df - 1.0)) * (((1.0 + r) / (inner + r * np.sqrt(inner * outer))) @ weights)
    return ratio, (total / (df - 1.0) - ratio) / -z


@lru_cache(maxsize=64)
def _jacobi_rule(df: float) -> tuple[np.ndarray, np.ndarray]:
    """`1 - r` and weights (of sum 1) of the Gauss rule for the weight `r^(df-2) (1 - r)` on [0, 1].

    By the eigenvalues of the Jacobi matrix of `1 - r`, whose entries have no cancellation even where the
    weight is concentrated near `r = 1`. Source: Golub and Welsch, Math. Comp. 23 (1969).
    """
    b = df - 2.0
    k = np.arange(_NODES, dtype=np.float64)
    total = 2.0 * k + 1.0 + b
    diagonal = 2.0 * (k + 1.0) * (k + 1.0 + b) / (total * (total + 2.0))
    j = k[1:]
    t = 2.0 * j + 1.0 + b
    off = np.sqrt(j * (j + 1.0) * (j + b) * (j + 1.0 + b) / (t * t * (t + 1.0) * (t - 1.0)))
    nodes, vectors = eigh_tridiagonal(diagonal, off)
    return nodes, vectors[0] ** 2
