"""Stochastic depth: residual branches left out at random while training."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class StochasticDepth(nn.Module):
    """Drops the branch of a whole sample with probability `rate`, and scales the others by `1 / (1 - rate)`.

    The identity in evaluation mode. Like `torch.nn.Dropout` it draws from PyTorch's default generator.

    Source: Huang et al. (2016), "Deep Networks with Stochastic Depth".

    Args:
        rate: in `[0, 1)`.

    Raises:
        InvalidInputError: a rate outside `[0, 1)`.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise InvalidInputError(f"the rate of stochastic depth lies in [0, 1); given {rate}")
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """`B x ...` for `B x ...`."""
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        mask = torch.empty(x.shape[0], *(1,) * (x.dim() - 1), device=x.device, dtype=x.dtype)
        return x * mask.bernoulli_(keep) / keep


def depth_rates(rate: float, depths: tuple[int, ...]) -> list[list[float]]:
    """Rates that grow linearly from 0 to `rate` over all blocks, by stage."""
    rates = torch.linspace(0, rate, sum(depths), dtype=torch.float64, device="cpu")
    return [stage.tolist() for stage in rates.split(list(depths))]
