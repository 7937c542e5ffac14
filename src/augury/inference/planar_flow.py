"""Planar normalising flows that can be run both ways."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

_NEWTON_STEPS = 60


def constrained_direction(u: Tensor, w: Tensor) -> Tensor:
    r"""The direction next to `u` (`D`) along which the planar map is invertible.

    .. math::
        \hat u = u + \bigl(m(w \cdot u) - w \cdot u\bigr) \frac{w}{\lVert w \rVert^2}, \qquad
        m(a) = \log(1 + e^a) - 1 + 10^{-6} > -1

    Source: Rezende and Mohamed (2015), appendix A.1.
    """
    product = w @ u
    return u + (softplus(product) - 1.0 + 1e-6 - product) * w / w.square().sum().clamp_min(1e-12)


def planar_forward(z: Tensor, u: Tensor, w: Tensor, b: Tensor) -> Tensor:
    r""":math:`z + \hat u \tanh(w \cdot z + b)` for each row of `z` (`... x D`)."""
    return z + torch.tanh(z @ w + b).unsqueeze(-1) * constrained_direction(u, w)


def planar_inverse(y: Tensor, u: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    r"""The `z` that `planar_forward` sends to each row of `y` (`... x D`), and `log |dy/dz|` there.

    With :math:`s = w \cdot z + b` and :math:`c = w \cdot \hat u > -1`, `s` is the root of the increasing
    function :math:`s + c \tanh s - (w \cdot y + b)`: safeguarded Newton finds it, and one more Newton step
    outside of the search makes it differentiable in all arguments (implicit function theorem).

    Returns:
        `z`, like `y`, and the log determinant, one number a row.
    """
    direction = constrained_direction(u, w)
    c = w @ direction
    target = y @ w + b
    root = _root(target.detach(), c.detach())
    s = root - (root + c * torch.tanh(root) - target) / (1.0 + c.detach() * (1.0 - torch.tanh(root).square()))
    z = y - torch.tanh(s).unsqueeze(-1) * direction
    return z, torch.log1p(c * (1.0 - torch.tanh(s).square()))


@torch.no_grad()
def _root(target: Tensor, c: Tensor) -> Tensor:
    """The root `s` of `s + c tanh s = target`, which lies within `|c|` of the target."""
    lower, upper = target - c.abs(), target + c.abs()
    s = target.clone()
    for _ in range(_NEWTON_STEPS):
        tanh = torch.tanh(s)
        residual = s + c * tanh - target
        if bool((residual.abs() <= 1e-14 * (1.0 + target.abs())).all()):
            break
        lower, upper = torch.where(residual < 0, s, lower), torch.where(residual > 0, s, upper)
        newton = s - residual / (1.0 + c * (1.0 - tanh.square())).clamp_min(1e-12)
        inside = (newton > lower) & (newton < upper)
        s = torch.where(inside, newton, 0.5 * (lower + upper))
    return s
