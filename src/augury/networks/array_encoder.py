"""An encoder of rows that hold arrays: images, fields, series."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import final

from torch import Tensor, nn

from augury.errors import InvalidInputError


@final
class ArrayEncoder(nn.Module):
    """A network of arrays as an encoder of flat rows, as `DeepKernelGP(encoder=...)` takes.

    Args:
        network: from `B x shape` to `B x features`.
        shape: of the array in a row, as the network takes it: `(channels, height, width)` for images,
            `(channels, length)` for signals, `(length, channels)` for `SGConvEncoder`.

    Raises:
        InvalidInputError: a side below 1.
    """

    def __init__(self, network: nn.Module, shape: Sequence[int]) -> None:
        super().__init__()
        self.network, self.shape = network, tuple(int(side) for side in shape)
        if not self.shape or min(self.shape) < 1:
            raise InvalidInputError(f"an array has sides of at least 1; given shape {self.shape}")

    def forward(self, x: Tensor) -> Tensor:
        """`... x features` for rows `... x prod(shape)`.

        Raises:
            InvalidInputError: rows of another length.
        """
        if x.shape[-1] != prod(self.shape):
            raise InvalidInputError(
                f"an array of shape {self.shape} has {prod(self.shape)} entries; given rows of {x.shape[-1]}"
            )
        features: Tensor = self.network(x.reshape(-1, *self.shape))
        return features.reshape(*x.shape[:-1], -1)
