"""Landmarks: few tokens that stand for a grid of many."""

from __future__ import annotations

from math import prod
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError

_POOLS = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
_CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d}


@final
class Landmarks(nn.Module):
    """One landmark for each cell of `ratio` tokens along each axis of their grid.

    Args:
        features: `e`, entries of a token.
        ratio: length of a cell; divides each length of the grid.
        axes: of the grid, 1 or 2.
        sampling: "pool" (the cell's mean), "subset" (its first token) or "convolution" (a learnt map of the
            cell, layer norm and Gaussian error linear units, as in the released code; such landmarks are not
            among the tokens, and attention by them approximates nothing: it is another bilinear form).
        dtype: of the parameters.

    Raises:
        InvalidInputError: a size or name that is not allowed.
    """

    def __init__(
        self,
        features: int,
        ratio: int,
        axes: int = 1,
        sampling: str = "pool",
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if ratio < 1:
            raise InvalidInputError(f"ratio must be at least 1; given {ratio}")
        if axes not in _POOLS:
            raise InvalidInputError(f"tokens are on a grid of 1 or 2 axes; given {axes}")
        if sampling not in ("pool", "subset", "convolution"):
            raise InvalidInputError(f"sampling must be 'pool', 'subset' or 'convolution'; given {sampling!r}")
        self.ratio, self.axes, self.sampling = ratio, axes, sampling
        self.pool = _POOLS[axes](ratio)
        if sampling == "convolution":
            self.convolution = _CONVOLUTIONS[axes](features, features, ratio, ratio, bias=False, dtype=dtype)
            self.norm = nn.LayerNorm(features, dtype=dtype)

    def forward(self, tokens: Tensor, grid: tuple[int, ...]) -> Tensor:
        """`B x m x e` of `B x n x e`, `m = n / ratio^axes`.

        Raises:
            InvalidInputError: a grid of another size, or that cells do not tile.
        """
        require_grid(tokens.shape[-2], grid, self.axes)
        if any(length % self.ratio for length in grid):
            raise InvalidInputError(
                f"cells of {self.ratio} do not tile a grid of {grid}; choose a ratio that divides each length"
            )
        field = tokens.mT.unflatten(-1, grid)
        if self.sampling == "pool":
            return self.pool(field).flatten(2).mT
        if self.sampling == "subset":
            step = (slice(None, None, self.ratio),) * self.axes
            return field[(..., *step)].flatten(2).mT
        activated: Tensor = nn.functional.gelu(self.norm(self.convolution(field).flatten(2).mT))
        return activated


def require_grid(tokens: int, grid: tuple[int, ...], axes: int) -> None:
    """Refuse a grid that does not hold the tokens.

    Raises:
        InvalidInputError: another number of axes or of tokens.
    """
    if len(grid) != axes or prod(grid) != tokens:
        raise InvalidInputError(f"grid must have {axes} lengths with product {tokens}; given {grid}")
