"""A field of tokens from an image or a series."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.numerics.seeding import global_generator

_LAYERS = {1: (nn.Conv1d, nn.BatchNorm1d), 2: (nn.Conv2d, nn.BatchNorm2d)}


@final
class ConvolutionalEmbedding(nn.Module):
    """Convolutions of three taps along each axis, each with batch normalisation and a rectifier.

    All but the second halve the field: after two of them or three there are a quarter as many tokens along
    each axis as the field has places.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity; the released code.

    Args:
        channels: of the field, then of each layer.
        axes: of the field, 1 or 2.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: other axes, no layer, or a number of channels below 1.
    """

    @remembers_construction
    def __init__(
        self,
        channels: Sequence[int],
        axes: int = 2,
        *,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if axes not in _LAYERS or len(channels) < 2 or min(channels) < 1:
            raise InvalidInputError(
                "channels are those of the field and of a layer at least, each 1 or more, and axes 1 or 2; "
                f"given {tuple(channels)}, axes {axes}"
            )
        convolution, normalisation = _LAYERS[axes]
        layers: list[nn.Module] = []
        with global_generator(torch.Generator().manual_seed(seed)):
            for layer, (before, after) in enumerate(pairwise(channels)):
                stride = 1 if layer == 1 else 2
                layers += [
                    convolution(before, after, 3, stride, 1, dtype=dtype),
                    normalisation(after, dtype=dtype),
                    nn.ReLU(),
                ]
        self.proj = nn.Sequential(*layers)
        self.to(device)

    def forward(self, field: Tensor) -> Tensor:
        """`B x channels[-1] x ...` of a field `B x channels[0] x ...`."""
        embedded: Tensor = self.proj(field)
        return embedded
