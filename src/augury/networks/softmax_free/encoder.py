"""A transformer encoder without softmax, for series and fields of tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod
from typing import Any, final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.errors import InvalidInputError
from augury.networks.encoders.mlp_head import MLPHead
from augury.networks.softmax_free.attention import SoftmaxFreeAttention
from augury.numerics.seeding import global_generator


class _BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of tokens `B x n x width`, over all tokens of the batch."""

    def forward(self, tokens: Tensor) -> Tensor:
        return super().forward(tokens.flatten(0, -2)).view_as(tokens)


_NORMS: dict[str, type[nn.Module]] = {"layer": nn.LayerNorm, "batch": _BatchNorm}
_POOLS = ("mean", "last")
_HEADS = ("linear", "mlp")


@final
class SoftmaxFreeLayer(nn.Module):
    """Softmax-free attention, then two dense layers of four times the width; each added, then normalised.

    Source: Lu et al. (2021), SOFT; the layers are post-norm, dropout is of single entries.

    Args:
        width: of the tokens.
        norm: `"layer"` as published, each token on its own, or `"batch"`, which keeps amplitudes.
        dropout: of what is added.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        attention: arguments of `SoftmaxFreeAttention`: `heads`, `ratio`, `axes`, ...

    Raises:
        InvalidInputError: a `norm` that is unknown, and as `SoftmaxFreeAttention`.
    """

    def __init__(
        self,
        width: int,
        *,
        norm: str = "layer",
        dropout: float = 0.0,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
        **attention: Any,
    ) -> None:
        super().__init__()
        _require("norm", norm, _NORMS)
        self.attention = SoftmaxFreeAttention(width, seed=seed, dtype=dtype, **attention)
        self.attention_norm = _NORMS[norm](width, dtype=dtype)
        with global_generator(torch.Generator().manual_seed(seed + 1)):
            self.dense = nn.Sequential(
                nn.Linear(width, 4 * width, dtype=dtype),
                nn.GELU(approximate="tanh"),
                nn.Linear(4 * width, width, dtype=dtype),
            )
        self.dense_norm = _NORMS[norm](width, dtype=dtype)
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
    cost is linear in the number of tokens. In an `ArrayEncoder` it is an encoder of flat rows, as
    `DeepKernelGP(encoder=...)` takes. From few rows it learns better with tokens made by convolutions
    (`embedding`), `norm="batch"` and a `value_window`.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity.

    Args:
        grid: lengths of the grid, of 1 or 2 axes.
        in_features: entries of a token.
        width: of the layers.
        heads: of the attention.
        depth: number of layers.
        out_features: number of features.
        ratio: tokens for each landmark, along each axis.
        embedding: from arrays `B x channels x ...` to the field of tokens, `B x in_features x grid`; None
            where tokens are given.
        pool: `"mean"` of all tokens, or the `"last"`, for what a series comes to.
        head: from that to features: `"linear"`, or `"mlp"`, see `MLPHead`.
        norm: of the layers, as in `SoftmaxFreeLayer`.
        dropout: within the layers.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.
        attention: further arguments of `SoftmaxFreeAttention`: `normalize`, `inverse`, `sampling`, ...

    Raises:
        InvalidInputError: sizes out of range, a grid that landmarks do not tile, a `pool`, `head` or `norm`
            that is unknown.
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
        embedding: nn.Module | None = None,
        pool: str = "mean",
        head: str = "linear",
        norm: str = "layer",
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
        _require("pool", pool, _POOLS)
        _require("head", head, _HEADS)
        self.in_features, self.embedding, self.pool = in_features, embedding, pool
        with global_generator(torch.Generator().manual_seed(seed)):
            self.input = nn.Linear(in_features, width, dtype=dtype)
            self.position = nn.Parameter(0.02 * torch.randn(prod(self.grid), width, dtype=dtype))
            self.layers = nn.ModuleList(
                SoftmaxFreeLayer(
                    width,
                    norm=norm,
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
            self.output: nn.Module = nn.Linear(width, out_features, dtype=dtype)
            if head == "mlp":
                self.output = MLPHead(width, out_features, generator=torch.default_generator, dtype=dtype)
        self.to(device)

    def forward(self, tokens: Tensor) -> Tensor:
        """`... x out_features` for `... x n x in_features`, in the grid's order, its last axis fastest.

        With `embedding`, `B x out_features` for arrays.

        Raises:
            InvalidInputError: a shape without `n x in_features` at its end.
        """
        if self.embedding is not None:
            tokens = self.embedding(tokens).flatten(2).mT
        expected = (len(self.position), self.in_features)
        if tokens.ndim < 2 or tokens.shape[-2:] != expected:
            raise InvalidInputError(
                f"the encoder takes ... x {expected[0]} x {expected[1]}; given {tuple(tokens.shape)}"
            )
        state = self.input(tokens.reshape(-1, *expected)) + self.position
        for layer in self.layers:
            state = layer(state, self.grid)
        pooled = state.mean(-2) if self.pool == "mean" else state[:, -1]
        features: Tensor = self.output(pooled)
        return features.reshape(*tokens.shape[:-2], -1)


def _require(name: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        raise InvalidInputError(f"{name} must be one of {', '.join(known)}; given {given!r}")
