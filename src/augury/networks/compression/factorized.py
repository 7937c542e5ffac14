"""Linear and convolutional layers as products of two factors with ordered ranks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn

_CONVOLUTIONS = {nn.Conv1d: nn.functional.conv1d, nn.Conv2d: nn.functional.conv2d}


class FactorizedLayer(nn.Module, ABC):
    r"""A layer with weights `W = U V^T`, of which only the first ranks may take part.

    It begins with `U = P S^{1/2}` and `V = Q S^{1/2}` of the singular value decomposition `W = P S Q^T`, so
    that the function is unchanged.

    Args:
        weight: `out x ...`, of the layer.
        bias: of the layer.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        with torch.no_grad():
            P, S, Qh = torch.linalg.svd(weight.detach().flatten(1), full_matrices=False)
            self.left = nn.Parameter(P * S.sqrt())
            self.right = nn.Parameter((S.sqrt()[:, None] * Qh).unflatten(1, weight.shape[1:]))
            self.bias = None if bias is None else nn.Parameter(bias.detach().clone())
        #: The number of ranks that are left; the others are masked.
        self.rank = len(S)
        #: The number of ranks that take part now, where fewer than are left.
        self.sampled: int | None = None

    @property
    def active(self) -> int:
        """The number of ranks that take part."""
        return self.rank if self.sampled is None else min(self.rank, self.sampled)

    def size(self, rank: int) -> int:
        """The number of weights of the layer at a rank: of the factors or, where fewer, of their product."""
        rows, columns = len(self.left), self.right[0].numel()
        return min(rank * (rows + columns), rows * columns)

    @property
    def largest_saving_rank(self) -> int:
        """The largest rank at which the factors have fewer weights than their product; 0 if none."""
        rows, columns = len(self.left), self.right[0].numel()
        return (rows * columns - 1) // (rows + columns)

    def product(self) -> Tensor:
        """The weight at the ranks that are left, in the shape of the layer's."""
        flat = self.left[:, : self.rank] @ self.right[: self.rank].flatten(1)
        return flat.unflatten(1, self.right.shape[1:])

    @abstractmethod
    def plain(self) -> nn.Module:
        """The same function as layers of torch: the product, or two layers where these have fewer weights."""

    def get_extra_state(self) -> Tensor:
        """The rank, for `state_dict`."""
        return torch.tensor(self.rank)

    def set_extra_state(self, state: Tensor) -> None:
        """Take the rank of a `state_dict`."""
        self.rank = int(state)


@final
class FactorizedLinear(FactorizedLayer):
    """A linear layer as two.

    Args:
        layer: whose function it begins with.
    """

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(layer.weight, layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """`... x out` for `... x in`."""
        b = self.active
        inner = nn.functional.linear(x, self.right[:b])
        return nn.functional.linear(inner, self.left[:, :b], self.bias)

    def plain(self) -> nn.Module:
        if self.rank > self.largest_saving_rank:
            return linear_of(self.product(), self.bias)
        inner = linear_of(self.right[: self.rank], None)
        return nn.Sequential(inner, linear_of(self.left[:, : self.rank], self.bias))


@final
class FactorizedConvolution(FactorizedLayer):
    """A convolution, without groups, as one to `r` channels with its window and a pointwise one.

    Args:
        layer: whose function it begins with.
    """

    def __init__(self, layer: nn.Conv1d | nn.Conv2d) -> None:
        super().__init__(layer.weight, layer.bias)
        self.kind = type(layer)
        self.stride, self.padding, self.dilation = layer.stride, layer.padding, layer.dilation

    def forward(self, x: Tensor) -> Tensor:
        """As of the layer."""
        b, convolve = self.active, _CONVOLUTIONS[self.kind]
        inner = convolve(x, self.right[:b], None, self.stride, self.padding, self.dilation)
        return convolve(inner, self._pointwise(b), self.bias)

    def plain(self) -> nn.Module:
        if self.rank > self.largest_saving_rank:
            return self._windowed(self.product(), self.bias)
        pointwise = self.kind(self.rank, len(self.left), 1, bias=self.bias is not None, device="meta")
        return nn.Sequential(
            self._windowed(self.right[: self.rank], None),
            _filled(pointwise, self._pointwise(self.rank), self.bias),
        )

    def _pointwise(self, rank: int) -> Tensor:
        return self.left[:, :rank].reshape(len(self.left), rank, *(1,) * (self.right.ndim - 2))

    def _windowed(self, weight: Tensor, bias: Tensor | None) -> nn.Module:
        layer = self.kind(
            weight.shape[1],
            len(weight),
            weight.shape[2:],  # type: ignore[arg-type]
            self.stride,  # type: ignore[arg-type]
            self.padding,  # type: ignore[arg-type]
            self.dilation,  # type: ignore[arg-type]
            bias=bias is not None,
            device="meta",
        )
        return _filled(layer, weight, bias)


def linear_of(weight: Tensor, bias: Tensor | None) -> nn.Module:
    """A linear layer with copies of these parameters."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    return _filled(layer, weight, bias)


def _filled(layer: nn.Module, weight: Tensor, bias: Tensor | None) -> nn.Module:
    """The layer with copies of these parameters, on their device."""
    layer.weight = nn.Parameter(weight.detach().clone().contiguous())
    if bias is not None:
        layer.bias = nn.Parameter(bias.detach().clone())
    return layer
