"""Expectations of functions of one Gaussian variable, to nearly full precision, kinks included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

#: Gauss-Legendre nodes in each panel.
_ORDER = 16
#: Panels reach this many standard deviations; the mass beyond is 4e-33.
_REACH = 12
#: Panels next to zero shrink to `2^-20` standard deviations: an activation bends there on a scale of 1.
_GRADES = 20
#: A larger share of the integral in the outermost panels means that more of it lies beyond (`exp`, wide `z`).
_NEGLIGIBLE = 1e-8


def gaussian_nodes(variance: Tensor | float, kinks: Sequence[float] = ()) -> tuple[Tensor, Tensor]:
    r"""Nodes and weights of a quadrature rule for `z ~ N(0, variance)`.

    A composite Gauss-Legendre rule in `u = z / sqrt(variance)`, panels graded towards zero and broken at
    each kink, so that it is as exact for ReLU as for a polynomial. Gauss-Hermite is not: it loses digits at a
    kink, and for sigmoidal functions of wide variables, whose poles come within one standard deviation.

    Args:
        variance: `...` positive variances.
        kinks: where the integrand has no derivative, apart from zero.

    Returns:
        `... x nodes` standardised nodes `u` and their weights, which sum to 1.
    """
    variance = torch.as_tensor(variance, dtype=torch.float64)
    breaks = _breaks().expand(*variance.shape, -1)
    if kinks:
        at = torch.tensor(list(kinks), dtype=torch.float64) / variance.sqrt().unsqueeze(-1)
        breaks = torch.cat([breaks, at.clamp(-_REACH, _REACH)], dim=-1).sort(dim=-1).values
    nodes, weights = _legendre()
    half = 0.5 * breaks.diff(dim=-1)
    middle = breaks[..., :-1] + half
    u = (middle.unsqueeze(-1) + half.unsqueeze(-1) * nodes).flatten(-2)
    density = torch.exp(-0.5 * u.square()) / (2.0 * torch.pi) ** 0.5
    return u, (half.unsqueeze(-1) * weights).flatten(-2) * density


def gaussian_expectation(
    function: Callable[[Tensor], Tensor], variance: Tensor | float, kinks: Sequence[float] = ()
) -> Tensor:
    r"""`<F(z)>_K = E[F(z)]` for `z ~ N(0, K)`.

    Args:
        function: `F`, elementwise on tensors.
        variance: `...` variances `K >= 0`; differentiable where positive.
        kinks: where `F` has no derivative, apart from zero.

    Returns:
        `...` expectations in float64, infinite where `F` outgrows the Gaussian within 12 standard deviations.
    """
    variance = torch.as_tensor(variance, dtype=torch.float64)
    u, weights = gaussian_nodes(variance, kinks)
    return integrate(function(variance.sqrt().unsqueeze(-1) * u), weights)


def integrate(values: Tensor, weights: Tensor) -> Tensor:
    """The expectation of `values` (`... x nodes`), infinite where it is decided beyond the nodes' reach."""
    parts = values * weights
    edge = parts[..., :_ORDER].abs().sum(dim=-1) + parts[..., -_ORDER:].abs().sum(dim=-1)
    return torch.where(edge <= _NEGLIGIBLE * parts.abs().sum(dim=-1), parts.sum(dim=-1), torch.inf)


@cache
def _breaks() -> Tensor:
    positive = [2.0**-k for k in range(_GRADES, 0, -1)] + [float(k) for k in range(1, _REACH + 1)]
    return torch.tensor([-b for b in reversed(positive)] + [0.0] + positive, dtype=torch.float64)


@cache
def _legendre() -> tuple[Tensor, Tensor]:
    nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
    return torch.from_numpy(nodes), torch.from_numpy(weights)
