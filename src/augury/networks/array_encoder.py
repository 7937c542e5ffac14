"""An encoder of rows that hold arrays: images, fields, series."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Self, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.space.space import Space


@final
class ArrayEncoder(nn.Module):
    """A network of arrays as an encoder of flat rows, as `DeepKernelGP(encoder=...)` takes.

    Where an array is a part of the row only, the other numbers are passed on beside its features.

    Args:
        network: from `B x shape` to `B x features`.
        shape: of the array in a row, as the network takes it: `(channels, height, width)` for images,
            `(channels, length)` for signals, `(length, channels)` for `SGConvEncoder`.
        first: the array's first column in rows that hold other numbers too; None where it is the whole row.

    Raises:
        InvalidInputError: a side below 1, or a negative column.
    """

    @remembers_construction
    def __init__(self, network: nn.Module, shape: Sequence[int], first: int | None = None) -> None:
        super().__init__()
        self.network, self.shape, self.first = network, tuple(int(side) for side in shape), first
        if not self.shape or min(self.shape) < 1:
            raise InvalidInputError(f"an array has sides of at least 1; given shape {self.shape}")
        if first is not None and first < 0:
            raise InvalidInputError(f"first is a column, 0 or more; given {first}")

    @classmethod
    def of(cls, space: Space, name: str, network: nn.Module) -> Self:
        """The encoder of an array of a space, in a model that has the space's columns as inputs.

        Args:
            space: in which `name` is an `Array`.
            name: of the array.
            network: from `B x 1 x (the array's shape)` to `B x features`.

        Raises:
            InvalidInputError: no array of that name.
        """
        if name not in space.arrays:
            known = ", ".join(space.arrays) or "none"
            raise InvalidInputError(f"there is no array {name!r}; there are {known}")
        column = space.columns.index(space.arrays.entries_of(name)[0])
        # a model has numbers first, then its categories one-hot
        before = sum(one < column for one in space.categorical_features)
        return cls(network, (1, *space.arrays[name].shape), column - before)

    def forward(self, x: Tensor) -> Tensor:
        """`... x features` for rows `... x prod(shape)`, or with `first` the other numbers after them.

        Raises:
            InvalidInputError: rows of another length, or with `first` of too few numbers.
        """
        entries, width = prod(self.shape), x.shape[-1]
        first = 0 if self.first is None else self.first
        if width < first + entries or (self.first is None and width != entries):
            raise InvalidInputError(
                f"an array of shape {self.shape} has {entries} entries, from column {first} on; given rows "
                f"of {width}"
            )
        array, others = x[..., first : first + entries], (x[..., :first], x[..., first + entries :])
        features = self.network(array.reshape(-1, *self.shape)).reshape(*x.shape[:-1], -1)
        return torch.cat([features, *others], dim=-1)
