"""The arc-cosine functions of Cho and Saul, with derivatives that are safe where two inputs coincide."""

from __future__ import annotations

from math import pi
from typing import Any

import torch
from torch import Tensor

#: Correlations closer to 1 than this are of one and the same input: rounding leaves no more.
COINCIDENT = 4e-15


def arc_cosine(c: Tensor) -> Tensor:
    r"""`kappa_1(c) = (sin t + (pi - t) cos t) / pi` with `cos t = c`; clipped to `-1 <= c <= 1`.

    Its derivative is `arc_cosine_slope`. Source: Cho and Saul (2009), eq. 6.
    """
    return _ArcCosine.apply(c)


def arc_cosine_slope(c: Tensor) -> Tensor:
    """`kappa_0(c) = 1 - arccos(c) / pi`, whose derivative at `|c| = 1` (infinite) is taken as 0."""
    return _ArcCosineSlope.apply(c)


class _ArcCosine(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, c: Tensor) -> Tensor:
        ctx.save_for_backward(c)
        c = c.clamp(-1.0, 1.0)
        return (torch.sqrt(1.0 - c * c) + (pi - torch.acos(c)) * c) / pi

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (c,) = ctx.saved_tensors
        return gradients[0] * arc_cosine_slope(c)


class _ArcCosineSlope(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, c: Tensor) -> Tensor:
        ctx.save_for_backward(c)
        angle = torch.acos(c.clamp(-1.0, 1.0))
        return 1.0 - torch.where(c > 1.0 - COINCIDENT, 0.0, angle) / pi

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (c,) = ctx.saved_tensors
        squared_sine = 1.0 - c * c
        apart = squared_sine > 2.0 * COINCIDENT
        safe = torch.where(apart, squared_sine, 1.0)
        return torch.where(apart, gradients[0] / (pi * torch.sqrt(safe)), 0.0)
