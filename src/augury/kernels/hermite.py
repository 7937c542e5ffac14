"""Dual maps of any activation: its Hermite series, with coefficients by quadrature."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, final

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from augury.kernels.dual import Dual

#: `exp(-z^2 / 2)` is below the rounding of 1 beyond.
_REACH = 12.5
#: Gauss-Legendre nodes on either side of 0. They crowd at 0, where activations bend, and are dense enough
#: elsewhere for the highest Hermite polynomial.
_NODES = 400
#: The most terms of the series; fewer are used when the rest holds less than the tolerance of `E[f^2]`.
_MOST_TERMS = 512
_TOLERANCE = 1e-14


@cache
def _nodes() -> tuple[Tensor, Tensor]:
    """Nodes and weights of `E[g(z)]`, `z ~ N(0, 1)`."""
    x, w = leggauss(_NODES)
    half = 0.5 * _REACH
    positive, weights = half * (x + 1.0), half * w
    z = np.concatenate([-positive[::-1], positive])
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return torch.from_numpy(z), torch.from_numpy(np.concatenate([weights[::-1], weights]) * density)


@cache
def _weighted_polynomials() -> Tensor:
    """`nodes x terms`: the orthonormal Hermite polynomials at the nodes, times the weights."""
    z, weights = (values.numpy() for values in _nodes())
    rows = np.empty((_MOST_TERMS, len(z)))
    rows[0], rows[1] = 1.0, z
    for k in range(1, _MOST_TERMS - 1):
        rows[k + 1] = (z * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1.0)
    return torch.from_numpy(np.ascontiguousarray((rows * weights).T))


@final
class HermiteDual(Dual):
    r"""The dual of any function by Mehler's formula.

    .. math::
        \mathbb E[f(u) f(v)] = \sum_{k=0}^\infty a_k(K_{aa})\, a_k(K_{bb})\, c^k, \qquad
        a_k(q) = \mathbb E[f(\sqrt q z)\, h_k(z)], \quad c = K_{ab} / \sqrt{K_{aa} K_{bb}}

    with orthonormal Hermite polynomials `h_k` and `z ~ N(0, 1)`. An entry costs as many multiplications as
    the series has terms, where a grid of two dimensions would cost ten thousand evaluations of `f`. Smooth
    functions reach 1e-12 with 30 to 500 terms. Of a function with kinks the terms fall slowly; the energy of
    those left out is put on the next power of `c`, which is exact at `c = 1`, and errors of the order of
    1e-5 remain just below it. Kinks away from 0 are no nodes of the quadrature, so that coefficients are
    then good to about 1e-4 only: prefer a closed form.

    Source: Mehler's formula; Daniely, Frostig and Singer (2016), definition 6, for the dual.

    Args:
        function: elementwise.
        derivative: of `function`.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], derivative: Callable[[Tensor], Tensor]) -> None:
        self._function = function
        self._derivative = derivative

    def product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return self._series(self._function, K, q1, q2)

    def slope_product(self, K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        return self._series(self._derivative, K, q1, q2)

    def square(self, q: Tensor) -> Tensor:
        return _mean(self._values(self._function, q).square())

    def slope_square(self, q: Tensor) -> Tensor:
        return _mean(self._values(self._derivative, q).square())

    @staticmethod
    def _values(function: Callable[[Tensor], Tensor], q: Tensor) -> Tensor:
        positive = q > 0
        deviation = torch.where(positive, torch.sqrt(torch.where(positive, q, 1.0)), 0.0)
        return function(deviation.unsqueeze(-1) * _nodes()[0].to(q))

    def _series(self, function: Callable[[Tensor], Tensor], K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        first = self._values(function, q1)
        second = first if q2 is q1 else self._values(function, q2)
        a, b = _coefficients(first), _coefficients(second)
        scale = q1 * q2
        positive = scale > 0
        c = torch.where(positive, K * torch.rsqrt(torch.where(positive, scale, 1.0)), 0.0)
        return _Mehler.apply(c.clamp(-1.0, 1.0), *_truncated(a, b))


def _mean(values: Tensor) -> Tensor:
    return values @ _nodes()[1].to(values)


def _coefficients(values: Tensor) -> tuple[Tensor, Tensor]:
    """The coefficients of all terms, and the energy `E[f^2]`."""
    return values @ _weighted_polynomials().to(values), _mean(values.square())


def _truncated(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The coefficients of both sides up to the first negligible term; the last one holds the rest."""
    with torch.no_grad():
        terms = 8
        for a, energy in (first, second):
            if not bool(torch.isfinite(energy).all()):
                continue
            tail = a.square().flip(-1).cumsum(-1).flip(-1)
            scale = energy.clamp_min(torch.finfo(a.dtype).tiny).unsqueeze(-1)
            needed = (tail > _TOLERANCE * scale).reshape(-1, a.shape[-1]).any(0)
            terms = max(terms, int(needed.nonzero().max()) + 1 if bool(needed.any()) else 1)
    return _with_rest(*first, terms), _with_rest(*second, terms)


def _with_rest(a: Tensor, energy: Tensor, terms: int) -> Tensor:
    kept = a[..., :terms]
    rest = energy - kept.square().sum(-1)
    significant = rest > 1e-13 * energy
    root = torch.where(significant, torch.sqrt(torch.where(significant, rest, 1.0)), 0.0)
    return torch.cat([kept, root.unsqueeze(-1)], dim=-1)


class _Mehler(torch.autograd.Function):
    """`sum_k a_k b_k c^k` by Horner's rule, for coefficients that broadcast against `c`."""

    @staticmethod
    def forward(ctx: Any, c: Tensor, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(c, a, b)
        value = torch.zeros_like(c)
        for k in range(a.shape[-1] - 1, -1, -1):
            value.mul_(c).addcmul_(a[..., k], b[..., k])
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c, a, b = ctx.saved_tensors
        (weights,) = gradients
        slope = torch.zeros_like(c)
        for k in range(a.shape[-1] - 1, 0, -1):
            slope.mul_(c).addcmul_(a[..., k], b[..., k], value=float(k))
        slope.mul_(weights)
        left, right = torch.empty_like(a), torch.empty_like(b)
        power = weights.clone()
        for k in range(a.shape[-1]):
            left[..., k] = (power * b[..., k]).sum_to_size(a.shape[:-1])
            right[..., k] = (power * a[..., k]).sum_to_size(b.shape[:-1])
            power.mul_(c)
        return slope, left, right
