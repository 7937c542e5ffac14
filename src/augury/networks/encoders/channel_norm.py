"""Layer normalisation over the channels of a map."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.networks.encoders.spatial import per_channel


@final
class ChannelNorm(nn.Module):
    r"""Layer normalisation over channels, at each place of a map on its own.

    .. math:: y_c = w_c \frac{x_c - \bar x}{\sqrt{\frac 1C \sum_c (x_c - \bar x)^2 + \epsilon}} + b_c

    Source: Liu et al. (2022), "A ConvNet for the 2020s".

    Args:
        channels: `C`.
        eps: `epsilon`.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        channels: int,
        eps: float = 1e-6,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.zeros(channels, device=device, dtype=dtype))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`."""
        centred = x - x.mean(1, keepdim=True)
        variance = centred.square().mean(1, keepdim=True)
        dims = x.dim() - 2
        return per_channel(self.weight, dims) * (centred * (variance + self.eps).rsqrt()) + per_channel(
            self.bias, dims
        )
