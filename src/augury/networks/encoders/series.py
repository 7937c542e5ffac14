"""Time series of many sensors as images: one image a sensor."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.spatial import linear


@final
class SeriesStandardization(nn.Module):
    r"""Each series in its own units, and back: `z = w (x - mean) / sqrt(var + eps) + b` over time.

    Source: Kim et al. (2022), "Reversible instance normalization".

    Args:
        features: `D`.
        eps: added to the variance.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        features: int,
        eps: float = 1e-5,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.zeros(features, device=device, dtype=dtype))
        self.eps = eps

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The standardised series, their means and deviations.

        Args:
            x: `B x L x D`.

        Returns:
            `B x L x D`, `B x 1 x D` and `B x 1 x D`.
        """
        mean = x.mean(1, keepdim=True)
        deviation = (x.var(1, unbiased=False, keepdim=True) + self.eps).sqrt()
        return self.weight * ((x - mean) / deviation) + self.bias, mean, deviation

    def inverse(self, z: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
        """Outputs in the units of the inputs they were computed from.

        Args:
            z: `B x L' x D`.
            mean: as from `forward`.
            deviation: as from `forward`.
        """
        return (z - self.bias) / self.weight * deviation + mean


@final
class SeriesMap(nn.Module):
    """Standardised series as images of one channel, for an encoder of images.

    The features are those of `n` nodes (sensors), side by side; the `d` features of a node at each of `L`
    times are embedded in `E` numbers, and the `L x E` numbers of a node are read as its image, row by row.

    Source: Ding et al. (2024), "UniRepLKNet", after Wu et al. (2023), "Corrformer".

    Args:
        length: `L`.
        features: `d`, of one node.
        embedding: `E`.
        side: `H` and `W` of the image, with `H W = L E`.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: an image of another number of places.
    """

    def __init__(
        self,
        length: int,
        features: int,
        embedding: int,
        side: tuple[int, int],
        *,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if side[0] * side[1] != length * embedding:
            raise InvalidInputError(
                f"an image of {side[0]} x {side[1]} has {side[0] * side[1]} places, {length} times of "
                f"{embedding} embedded numbers are {length * embedding}: they must be as many"
            )
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.length, self.features, self.side = length, features, side
        self.embed = linear(features, embedding, generator=torch.Generator().manual_seed(seed), **at)

    def forward(self, x: Tensor) -> Tensor:
        """`(B n) x 1 x H x W`, the nodes of a series one after the other, for `B x L x (n d)`.

        Raises:
            InvalidInputError: series of another length, or features that do not divide among nodes.
        """
        if x.dim() != 3 or x.shape[1] != self.length or x.shape[2] % self.features:
            raise InvalidInputError(
                f"series are B x {self.length} x D with D a multiple of {self.features}; "
                f"given {tuple(x.shape)}"
            )
        nodes = x.unflatten(2, (-1, self.features)).movedim(2, 1).flatten(0, 1)  # (B n) x L x d
        embedded: Tensor = self.embed(nodes)
        return embedded.reshape(-1, 1, *self.side)
