"""The half-normal distribution's functions that tails of a bar distribution are made of, in torch.

`N` is standard normal, `|N|` half-normal, `h(z) = phi(z) + z Phi(z)`.
"""

from __future__ import annotations

from math import log, pi, sqrt

import torch
from torch import Tensor

#: The median of `|N|`.
MEDIAN = 0.6744897501960817

_FAR = -25.0  # below, 1 + z m(z) of the Mills ratio m loses its digits, and five terms of its expansion do
_NEAR = 0.3  # below, a difference of close numbers is replaced by its series
_LOG_SQRT_2PI = 0.5 * log(2.0 * pi)


def icdf(probability: Tensor, complement: Tensor) -> Tensor:
    """The quantile of `|N|`.

    Args:
        probability: in (0, 1), any shape.
        complement: one minus it, given apart so that both tails keep their digits.
    """
    central = torch.special.ndtri(0.5 + 0.5 * probability)
    return torch.where(complement < 0.5, -torch.special.ndtri(0.5 * complement), central)


def log_h(z: Tensor) -> Tensor:
    """`log h(z)`, any shape, with its gradient by autograd; `-z^2/2 - 2 log(-z)` far to the left."""
    near = z.clamp(min=_FAR, max=25.0)
    mills = sqrt(0.5 * pi) * torch.special.erfcx(-near / sqrt(2.0))
    central = (1.0 + near * mills).log()
    far = z.clamp_max(_FAR)
    inverse = far.square().reciprocal()
    series = 1.0 - inverse * (3.0 - inverse * (15.0 - inverse * (105.0 - inverse * 945.0)))
    tail = series.log() + inverse.log()
    right = z.clamp_min(25.0).log() + 0.5 * z.square() + _LOG_SQRT_2PI
    value = torch.where(z < _FAR, tail, torch.where(z > 25.0, right, central))
    return value - 0.5 * z.square() - _LOG_SQRT_2PI


def log_expected_excess(u: Tensor) -> Tensor:
    """`log E[max(|N| - u, 0)]`, any shape: `log 2 h(-u)` for `u >= 0`, `log(sqrt(2 / pi) - u)` below."""
    inside = (sqrt(2.0 / pi) - u.clamp_max(0.0)).log()
    return torch.where(u > 0.0, log(2.0) + log_h(-u.clamp_min(0.0)), inside)


def log_expected_shortfall(t: Tensor) -> Tensor:
    """`log E[max(t - |N|, 0)]`, any shape; minus infinity for `t <= 0`.

    `2 h(t) - t - 2 phi(0)`, for small `t` by its series `phi(0) t^2 (1 - t^2/12 + t^4/120 - t^6/1344)`.
    """
    positive = t.clamp_min(torch.finfo(t.dtype).tiny)
    small = positive.clamp_max(_NEAR)
    square = small.square()
    series = 1.0 - square * (1.0 / 12.0 - square * (1.0 / 120.0 - square / 1344.0))
    near = 2.0 * small.log() - _LOG_SQRT_2PI + series.log()
    large = positive.clamp_min(_NEAR)
    density = (-0.5 * large.square() - _LOG_SQRT_2PI).exp()
    direct = 2.0 * (density + large * torch.special.ndtr(large)) - large - sqrt(2.0 / pi)
    value = torch.where(positive < _NEAR, near, direct.log())
    return torch.where(t > 0.0, value, -torch.inf)
