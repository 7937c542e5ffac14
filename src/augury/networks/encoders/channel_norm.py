"""Normalisation of the channels of a map: at each place on its own, or over a batch."""

from __future__ import annotations

from typing import Final, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.spatial import batch_norm, per_channel

NORMS: Final = ("batch", "layer")


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


def channel_normalisation(
    norm: str,
    channels: int,
    spatial_dims: int = 2,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> nn.Module:
    """Batch normalisation, or layer normalisation over channels (`norm="layer"`).

    Layer normalisation forgets how large its input was at a place, which a classifier of photographs can do
    without and the regression of a response to the input cannot; batch normalisation keeps it.

    Raises:
        InvalidInputError: another `norm`.
    """
    if norm not in NORMS:
        raise InvalidInputError(f"norm={norm!r}: one of {', '.join(NORMS)}")
    if norm == "layer":
        return ChannelNorm(channels, device=device, dtype=dtype)
    layer: nn.Module = batch_norm(spatial_dims, channels, device=device, dtype=dtype)
    return layer
