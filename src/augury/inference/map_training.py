"""Maximum a posteriori training of many networks at once."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


def adam(
    gradient: Callable[[Tensor], Tensor],
    theta: Tensor,
    *,
    steps: int,
    lr: float,
    after_step: Callable[[int], None] | None = None,
) -> Tensor:
    """Minimise by Adam, all rows side by side, with a step size that falls to zero along a cosine.

    (Written out: `torch.optim` loads torch's compiler on first use, which takes longer than the training.)

    Args:
        gradient: `C x D` gradients at `C x D` parameters.
        theta: `C x D` starting points.
        steps: number of updates.
        lr: the first step size.
        after_step: called with the number of steps done.

    Returns:
        `C x D` parameters. A gradient that is not finite counts as zero, for its row only.

    Source: Kingma and Ba (2015), algorithm 1; Loshchilov and Hutter (2017) for the schedule.
    """
    theta = theta.clone()
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    for step in range(1, steps + 1):
        slope = gradient(theta)
        slope = torch.where(torch.isfinite(slope).all(dim=-1, keepdim=True), slope, 0.0)
        first.mul_(_BETAS[0]).add_(slope, alpha=1.0 - _BETAS[0])
        second.mul_(_BETAS[1]).addcmul_(slope, slope, value=1.0 - _BETAS[1])
        size = lr * 0.5 * (1.0 + math.cos(math.pi * (step - 1) / steps)) / (1.0 - _BETAS[0] ** step)
        root = second.div(1.0 - _BETAS[1] ** step).sqrt_().add_(_EPSILON)
        theta.addcdiv_(first, root, value=-size)
        if after_step is not None:
            after_step(step)
    return theta
