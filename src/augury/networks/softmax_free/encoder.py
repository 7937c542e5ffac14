"""A transformer encoder without softmax, for series and fields of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.networks.softmax_free.attention import SoftmaxFreeAttention
from augury.numerics.seeding import global_generator


@final
class SoftmaxFreeLayer(nn.Module):
    """Softmax-free attention, then two dense layers of four times the width; each added, then normalised.

    Source: Lu et al. (2021), SOFT; the layers are post-norm, dropout is of single entries.

    Args:
        width: of the tokens.
        dropout: of what is added.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        attention: arguments of `SoftmaxFreeAttention`: `heads`, `ratio`, `axes`, ...
    """

    def __init__(
        self,
        width: int,
        *,
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **attention: Any,
    ) -> None:
        super().__init__()
        self.attention = SoftmaxFreeAttention(width, seed=seed, dtype=dtype, **attention)
        self.attention_norm = nn.LayerNorm(width, dtype=dtype)
        with global_generator(torch.Generator().manual_seed(seed + 1)):
            self.dense = nn.Sequential(
                nn.Linear(width, 4 * width, dtype=dtype),
                nn.GELU(approximate="tanh"),
                nn.Linear(4 * width, width, dtype=dtype),
            )
        self.dense_norm = nn.LayerNorm(width, dtype=dtype)
        self.dropout = nn.Dropout(dropout)
        self.to(device)

    def forward(self, tokens: Tensor, grid: tuple[int, ...] | None = None) -> Tensor:
        """`B x n x width` for `B x n x width` tokens on a grid, as in `SoftmaxFreeAttention`."""
        attended = self.attention_norm(tokens + self.dropout(self.attention(tokens, grid)))
        result: Tensor = self.dense_norm(attended + self.dropout(self.dense(attended)))
        return result


@final
class SoftmaxFreeEncoder(nn.Module):
    """Features of tokens on a grid: a series, a spectrum, a field or an image.

    A linear map, a learnt table of positions, layers of softmax-free attention, the mean, a linear map. The
    cost is linear in the number of tokens. Behind `nn.Unflatten(-1, (n, in_features))` it is an encoder of
    flat rows, as `DeepKernelGP(encoder=...)` takes.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity.

    Args:
        grid: lengths of the grid, of 1 or 2 axes.
        in_features: entries of a token.
        width: of the layers.
        heads: of the attention.
        depth: number of layers.
        out_features: number of features.
        ratio: tokens for each landmark, along each axis.
        dropout: within the layers.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        attention: further arguments of `SoftmaxFreeAttention`: `normalize`, `inverse`, `sampling`, ...

    Raises:
        InvalidInputError: sizes out of range, a grid that landmarks do not tile.
    """

    @remembers_construction
    def __init__(
        self,
        grid: int | Sequence[int],
        in_features: int = 1,
        width: int = 32,
        heads: int = 2,
        depth: int = 2,
        out_features: int = 8,
        ratio: int = 4,
        *,
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **attention: Any,
    ) -> None:
        super().__init__()
        self.grid = (grid,) if isinstance(grid, int) else tuple(grid)
        if min((in_features, width, out_features, *self.grid)) < 1 or depth < 0:
            raise InvalidInputError(
                "features, width and grid must be at least 1 and depth at least 0; given "
                f"{in_features}, {out_features}, {width}, {self.grid}, {depth}"
            )
        if ratio < 1 or any(length % ratio for length in self.grid):
            raise InvalidInputError(f"ratio must divide each length of the grid {self.grid}; given {ratio}")
        self.in_features = in_features
        with global_generator(torch.Generator().manual_seed(seed)):
            self.input = nn.Linear(in_features, width, dtype=dtype)
            self.position = nn.Parameter(0.02 * torch.randn(prod(self.grid), width, dtype=dtype))
            self.layers = nn.ModuleList(
                SoftmaxFreeLayer(
                    width,
                    dropout=dropout,
                    seed=int(torch.randint(2**62, ())),
                    dtype=dtype,
                    heads=heads,
                    ratio=ratio,
                    axes=len(self.grid),
                    **attention,
                )
                for _ in range(depth)
            )
            self.output = nn.Linear(width, out_features, dtype=dtype)
        self.to(device)

    def forward(self, tokens: Tensor) -> Tensor:
        """`... x out_features` for `... x n x in_features`, in the grid's order, its last axis fastest.

        Raises:
            InvalidInputError: a shape without `n x in_features` at its end.
        """
        expected = (len(self.position), self.in_features)
        if tokens.ndim < 2 or tokens.shape[-2:] != expected:
            raise InvalidInputError(
                f"the encoder takes ... x {expected[0]} x {expected[1]}; given {tuple(tokens.shape)}"
            )
        state = self.input(tokens.reshape(-1, *expected)) + self.position
        for layer in self.layers:
            state = layer(state, self.grid)
        features: Tensor = self.output(state.mean(-2))
        return features.reshape(*tokens.shape[:-2], -1)
