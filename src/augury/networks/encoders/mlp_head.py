"""Outputs of pooled features by two layers."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from augury.networks.encoders.spatial import linear


@final
class MLPHead(nn.Module):
    """Outputs of pooled features: `W2 norm(gelu(W1 x + b1)) + b2`, three times as wide between.

    It combines averages over a picture, which a linear map cannot, and normalised as they are their ratios:
    for a response that grows with the input take a linear map.

    Source: Yu et al. (2024), "InceptionNeXt", of which it is the classifier.

    Args:
        features: of the pooled input.
        num_classes: of the output.
        dropout: before the last map.
        generator: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        features: int,
        num_classes: int,
        dropout: float = 0.0,
        *,
        generator: torch.Generator,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.fc1 = linear(features, 3 * features, generator=generator, **at)
        self.act = nn.GELU()
        self.norm = nn.LayerNorm(3 * features, eps=1e-6, **at)
        self.drop = nn.Dropout(dropout)
        self.fc2 = linear(3 * features, num_classes, generator=generator, **at)

    def forward(self, x: Tensor) -> Tensor:
        """`B x num_classes` for `B x features`."""
        y: Tensor = self.fc2(self.drop(self.norm(self.act(self.fc1(x)))))
        return y
