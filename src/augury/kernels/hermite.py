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
_FEWEST_TERMS = 32
_TOLERANCE = 1e-12
#: So many powers are taken at once, of parts whose powers have so many entries (4 MiB).
_GROUP = 16
_ENTRIES = 1 << 19


@cache
def gaussian_nodes() -> tuple[Tensor, Tensor]:
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
    z, weights = (values.numpy() for values in gaussian_nodes())
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
        return function(deviation.unsqueeze(-1) * gaussian_nodes()[0].to(q))

    def _series(self, function: Callable[[Tensor], Tensor], K: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        first = self._values(function, q1)
        second = first if q2 is q1 else self._values(function, q2)
        a, b = _coefficients(first, second)
        scale = q1 * q2
        positive = scale > 0
        c = torch.where(positive, K * torch.rsqrt(torch.where(positive, scale, 1.0)), 0.0)
        c = c.clamp(-1.0, 1.0)
        parity = _parity(first)
        if parity is None:
            return _Mehler.apply(c, a, b)
        a, b = (torch.cat([t[..., parity:-1:2], t[..., -1:]], dim=-1) for t in (a, b))
        series: Tensor = _Mehler.apply(c * c, a, b)
        return c * series if parity else series


def _mean(values: Tensor) -> Tensor:
    return values @ gaussian_nodes()[1].to(values)


def _parity(values: Tensor) -> int | None:
    """0 of values at the nodes of an even function, 1 of an odd one, else None."""
    rows = values.detach().reshape(-1, values.shape[-1])
    mirrored, scale = rows.flip(-1), 1e-14 * float(rows.abs().max())
    if bool(((rows - mirrored).abs() <= scale).all()):
        return 0
    return 1 if bool(((rows + mirrored).abs() <= scale).all()) else None


def _coefficients(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """The coefficients of both sides up to the first negligible one, from values at the nodes.

    One more holds the root of the energy that is left, if any is.
    """
    polynomials = _weighted_polynomials().to(first)
    energies = [_mean(values.square()) for values in (first, second)]
    terms = _FEWEST_TERMS
    while True:
        kept = [values @ polynomials[:, :terms] for values in (first, second)]
        rests = [energy - a.square().sum(-1) for energy, a in zip(energies, kept, strict=True)]
        pairs = zip(rests, energies, strict=True)
        left = [rest.detach() > _TOLERANCE * energy.detach() for rest, energy in pairs]
        if terms == _MOST_TERMS or not any(bool(where.any()) for where in left):
            break
        terms *= 2
    sides = []
    for a, rest, where in zip(kept, rests, left, strict=True):
        root = torch.where(where, torch.sqrt(torch.where(where, rest, 1.0)), 0.0)
        sides.append(torch.cat([a, root.unsqueeze(-1)], dim=-1))
    return sides[0], sides[1]


class _Mehler(torch.autograd.Function):
    """`sum_k a_k b_k c^k` for coefficients that broadcast against `c`, `_GROUP` powers at a time."""

    @staticmethod
    def forward(ctx: Any, c: Tensor, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(c, a, b)
        return torch.cat([_series(*part) for part in _parts(c, a, b)]).reshape(c.shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c, a, b = ctx.saved_tensors
        slope, left, right = torch.zeros_like(c), torch.zeros_like(a), torch.zeros_like(b)
        targets = _parts(slope, left, right)
        for part, weights, target in zip(
            _parts(c, a, b), _parts(gradients[0].contiguous(), a, b), targets, strict=True
        ):
            for value, into in zip(_series_gradient(part, weights[0]), target, strict=True):
                into += value.reshape(into.shape)
        return slope, left, right


def _parts(c: Tensor, a: Tensor, b: Tensor) -> list[tuple[Tensor, ...]]:
    """Views of rows of `c` with their coefficients, so that `_GROUP` powers of a part stay in cache."""
    if c.dim() == 0:
        return [(c.reshape(1), a.reshape(1, -1), b.reshape(1, -1))]
    rows = max(1, _ENTRIES // max(_GROUP * c[0].numel(), 1))
    return [
        (c[part], *(t if t.shape[0] == 1 or t.dim() <= c.dim() else t[part] for t in (a, b)))
        for part in (slice(start, start + rows) for start in range(0, len(c), rows))
    ]


def _powers(c: Tensor) -> Tensor:
    """`... x _GROUP`: the powers 0, 1, ... of `c`."""
    powers = [torch.ones_like(c), c]
    while len(powers) < _GROUP:
        powers.append(powers[-1] * c)
    return torch.stack(powers, dim=-1)


def _series(c: Tensor, a: Tensor, b: Tensor) -> Tensor:
    powers = _powers(c)
    step = powers[..., -1] * c
    value = torch.zeros_like(c)
    for start in reversed(range(0, a.shape[-1], _GROUP)):
        group = a[..., start : start + _GROUP] * b[..., start : start + _GROUP]
        value = value * step + (group * powers[..., : group.shape[-1]]).sum(-1)
    return value


def _series_gradient(part: tuple[Tensor, ...], weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the weighted sum of the series with respect to `c`, `a` and `b`."""
    c, a, b = part
    powers = _powers(c)
    step = powers[..., -1] * c
    order = torch.arange(a.shape[-1], dtype=c.dtype)
    slope = _series(c, a[..., 1:] * order[1:], b[..., 1:]) * weights
    left, right = torch.zeros_like(a), torch.zeros_like(b)
    weighted = powers * weights.unsqueeze(-1)
    for start in range(0, a.shape[-1], _GROUP):
        group = slice(start, start + _GROUP)
        size = a[..., group].shape[-1]
        left[..., group] = (weighted[..., :size] * b[..., group]).sum_to_size(a[..., group].shape)
        right[..., group] = (weighted[..., :size] * a[..., group]).sum_to_size(b[..., group].shape)
        weighted = weighted * step.unsqueeze(-1)
    return slope, left, right
