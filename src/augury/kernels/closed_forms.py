"""Dual maps in closed form."""

from __future__ import annotations

from math import pi, sqrt
from typing import final

import numpy as np
import torch
from torch import Tensor

from augury.kernels.arc_cosine import COINCIDENT, arc_cosine, arc_cosine_slope
from augury.kernels.dual import Dual, ScaledDual


def _safe_sqrt(q: Tensor) -> Tensor:
    # torch.sqrt would be MKL's, whose threads then spin for milliseconds on the cores that the tiles need.
    return q.clamp_min(0.0) * _safe_rsqrt(q)


def _safe_rsqrt(q: Tensor) -> Tensor:
    positive = q > 0
    return torch.where(positive, torch.rsqrt(torch.where(positive, q, 1.0)), 0.0)


@final
class PiecewiseLinearDual(ScaledDual):
    r"""The dual of a function of slopes `a_-` below 0 and `a_+` above.

    .. math::
        F = \sqrt{K_{aa} K_{bb}}\, \big[\tfrac12 (a_+ - a_-)^2 \kappa_1(c) + a_+ a_- c\big], \quad
        c = K_{ab} / \sqrt{K_{aa} K_{bb}}

    with the arc-cosine function `kappa_1`. Source: Cho and Saul (2009), eq. 6, and
    `f = (a_+ - a_-) relu(z) + a_- z`.

    Args:
        below: `a_-`.
        above: `a_+`.
    """

    def __init__(self, below: float, above: float) -> None:
        arc = 0.5 * (above - below) ** 2
        #: `g(u) = curve (pi kappa_1(u)) + line u`, and `t(q)^2 = scale q`.
        self._curve, self._line, self._scale = (
            (1.0, pi * above * below / arc, arc / pi) if arc else (0.0, 1.0, above * below)
        )
        self._mean_square = 0.5 * (above**2 + below**2)

    def input_scale(self, q: Tensor) -> Tensor:
        return _safe_rsqrt(q)

    def output_scale(self, q: Tensor) -> Tensor:
        return _safe_sqrt(self._scale * q)

    def profile(self, u: Tensor) -> Tensor:
        if not self._curve:
            return u
        value = pi * arc_cosine(u)
        return value + self._line * u if self._line else value

    def profile_slope(self, u: Tensor) -> Tensor:
        if not self._curve:
            return torch.ones_like(u)
        return pi * arc_cosine_slope(u) + self._line

    def fill(self, u: np.ndarray, value: np.ndarray, slope: np.ndarray, scratch: np.ndarray) -> None:
        """`g' = pi - arccos(u) + line`, `g = g' u + sqrt(1 - u^2)`."""
        np.clip(u, -1.0, 1.0, out=u)
        if not self._curve:
            np.copyto(value, u)
            slope.fill(1.0)
            return
        np.arccos(u, out=slope)
        np.subtract(pi + self._line, slope, out=slope)
        np.multiply(u, u, out=scratch)
        np.subtract(1.0, scratch, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.multiply(u, slope, out=value)
        value += scratch

    def fill_curvature(self, u: np.ndarray, curvature: np.ndarray) -> None:
        if not self._curve:
            curvature.fill(0.0)
            return
        np.multiply(u, u, out=curvature)
        np.subtract(1.0, curvature, out=curvature)
        together = curvature <= 2.0 * COINCIDENT
        np.copyto(curvature, np.inf, where=together)
        np.sqrt(curvature, out=curvature)
        np.divide(1.0, curvature, out=curvature)

    def square(self, q: Tensor) -> Tensor:
        return self._mean_square * q

    def slope_square(self, q: Tensor) -> Tensor:
        return torch.full_like(q, self._mean_square)


@final
class ErfDual(ScaledDual):
    r"""The dual of the error function.

    .. math:: F = \tfrac2\pi \arcsin \frac{2 K_{ab}}{\sqrt{(1 + 2 K_{aa})(1 + 2 K_{bb})}}

    Source: Williams (1997), "Computing with infinite networks", eq. 11.
    """

    def input_scale(self, q: Tensor) -> Tensor:
        return sqrt(2.0) * torch.rsqrt(1.0 + 2.0 * q)

    def output_scale(self, q: Tensor) -> Tensor:
        return torch.full_like(q, sqrt(2.0 / pi))

    def profile(self, u: Tensor) -> Tensor:
        return torch.asin(u)

    def profile_slope(self, u: Tensor) -> Tensor:
        return torch.rsqrt(1.0 - u * u)

    def fill(self, u: np.ndarray, value: np.ndarray, slope: np.ndarray, scratch: np.ndarray) -> None:
        np.arcsin(u, out=value)
        np.multiply(u, u, out=slope)
        np.subtract(1.0, slope, out=slope)
        np.sqrt(slope, out=slope)
        np.divide(1.0, slope, out=slope)

    def fill_curvature(self, u: np.ndarray, curvature: np.ndarray) -> None:
        np.multiply(u, u, out=curvature)
        np.subtract(1.0, curvature, out=curvature)
        np.power(curvature, -1.5, out=curvature)
        curvature *= u

    def square(self, q: Tensor) -> Tensor:
        return (2.0 / pi) * torch.asin(2.0 * q / (1.0 + 2.0 * q))

    def slope_square(self, q: Tensor) -> Tensor:
        return (4.0 / pi) * torch.rsqrt(1.0 + 4.0 * q)


@final
class WaveDual(Dual):
    r"""The dual of `sin` and `cos`.

    .. math::
        \mathbb E[\sin u \sin v] = e^{-(K_{aa} + K_{bb})/2} \sinh K_{ab}, \qquad
        \mathbb E[\cos u \cos v] = e^{-(K_{aa} + K_{bb})/2} \cosh K_{ab}

    Each is half the difference or sum of two exponentials of numbers that are not positive, so that large
    variances overflow nowhere.

    Args:
        sign: -1 for the sine, 1 for the cosine.
    """

    def __init__(self, sign: float) -> None:
        self._sign = sign

    def _combine(self, K: Tensor, half: Tensor, sign: float) -> Tensor:
        return 0.5 * (torch.exp(K - half) + sign * torch.exp(-K - half))

    def _square(self, q: Tensor, sign: float) -> Tensor:
        falling = -0.5 * torch.expm1(-2.0 * q)
        return falling if sign < 0 else 1.0 - falling

    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return self._combine(K, 0.5 * (q1 + q2), self._sign)

    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return self._combine(K, 0.5 * (q1 + q2), -self._sign)

    def square(self, q: Tensor) -> Tensor:
        return self._square(q, self._sign)

    def slope_square(self, q: Tensor) -> Tensor:
        return self._square(q, -self._sign)


@final
class ExpDual(Dual):
    r"""The dual of the exponential, which is its own derivative.

    .. math:: F = \mathbb E[e^{u + v}] = e^{\operatorname{Var}(u + v)/2} = e^{(K_{aa} + K_{bb})/2 + K_{ab}}
    """

    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return torch.exp(0.5 * (q1 + q2) + K)

    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return self.product(K, q1, q2)

    def square(self, q: Tensor) -> Tensor:
        return torch.exp(2.0 * q)

    def slope_square(self, q: Tensor) -> Tensor:
        return torch.exp(2.0 * q)


@final
class GeluDual(Dual):
    r"""The dual of GELU, `f(z) = z Phi(z)`.

    With `D = (1 + K_aa)(1 + K_bb)` and `R = D - K_ab^2`,

    .. math::
        F = K_{ab} \Big[\tfrac14 + \frac{\arcsin(K_{ab} / \sqrt D)}{2 \pi}\Big] + \frac{1}{2 \pi \sqrt R}
            \Big[K_{aa} K_{bb} - K_{ab}^2 + \frac{K_{ab}^2}{1 + K_{aa}} + \frac{K_{ab}^2}{1 + K_{bb}}\Big],

    from Stein's lemma, `E[u h(u, v)] = K_aa E[h_u] + K_ab E[h_v]`, applied until only `E[Phi(u) Phi(v)]` and
    `E[N(u) N(v)] = 1 / (2 pi sqrt R)` are left (derived here; Tsuchida et al. 2021 give an equal form).
    """

    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        one, two = 1.0 + q1, 1.0 + q2
        D, square = one * two, self._clipped_square(K, q1, q2)
        rest = (q1 * q2 - square) + square * (1.0 / one + 1.0 / two)
        arc = torch.asin(self._correlation(K, D))
        return K * (0.25 + arc / (2.0 * pi)) + rest * torch.rsqrt(D - square) / (2.0 * pi)

    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        one, two = 1.0 + q1, 1.0 + q2
        D, square = one * two, self._clipped_square(K, q1, q2)
        R = D - square
        arc = torch.asin(self._correlation(K, D))
        rest = K * (1.0 / one + 1.0 / two + 1.0 / R)
        return 0.25 + (arc + rest * torch.rsqrt(R)) / (2.0 * pi)

    def square(self, q: Tensor) -> Tensor:
        return self.product(q, q, q)

    def slope_square(self, q: Tensor) -> Tensor:
        return self.slope_product(q, q, q)

    @staticmethod
    def _clipped_square(K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return torch.minimum(K * K, q1 * q2)

    @staticmethod
    def _correlation(K: Tensor, D: Tensor) -> Tensor:
        # Below 1 by as much as the variances differ from infinity; rounding alone could bring it there.
        return (K * torch.rsqrt(D)).clamp(-1.0 + 1e-15, 1.0 - 1e-15)
