"""Squeeze and excitation: channels weighted by what the whole map holds."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.networks.encoders.spatial import convolution


@final
class SqueezeExcitation(nn.Module):
    r"""`y = x * sigmoid(W2 relu(W1 mean(x) + b1) + b2)`, the mean over places, the product per channel.

    Source: Hu et al. (2018), "Squeeze-and-Excitation Networks".

    Args:
        channels: `C`.
        reduction: `W1` has `C // reduction` rows (at least one).
        spatial_dims: 1 or 2.
        generator: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 4,
        spatial_dims: int = 2,
        *,
        generator: torch.Generator,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        inner = max(channels // reduction, 1)
        self.down = convolution(
            spatial_dims, channels, inner, 1, generator=generator, device=device, dtype=dtype
        )
        self.up = convolution(
            spatial_dims, inner, channels, 1, generator=generator, device=device, dtype=dtype
        )

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`."""
        mean = x.mean(tuple(range(2, x.dim())), keepdim=True)
        return x * torch.sigmoid(self.up(torch.relu(self.down(mean))))
