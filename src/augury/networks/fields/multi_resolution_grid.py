"""Grids of learnt features at several resolutions, interpolated at coordinates."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


class CoordinateWarning(UserWarning):
    """Coordinates outside the cube that a field is defined on."""


@final
class MultiResolutionGrid(nn.Module):
    r"""Features of a point: learnt values of regular grids, each interpolated (multi-)linearly.

    .. math:: f(x) = \big( G_1(u_1(x)), \ldots, G_L(u_L(x)) \big)

    with `u_l(x) = x`, or for a level with a frequency a periodic map of `[-1, 1]` onto itself, period
    `2 / frequency`, so that one small grid serves many places: "sawtooth", `((x + 1) mod p) / (p / 2) - 1`,
    or "triangle", each second period mirrored, which is continuous. With a coefficient grid, features are
    multiplied by coefficients interpolated at `x` itself. Grids have nodes at -1 and 1 (the published ones
    end half a cell before: a plateau at the border).

    Source: Chen et al. (2023), Factor fields; as in Bouzidi et al. (2025), GNF.

    Args:
        in_dim: number of coordinates, 2 or 3.
        channels: features of each level.
        resolutions: nodes along each axis, of each level.
        frequencies: of each level, at least 1; None for grids of the whole cube.
        wrap: "triangle" or "sawtooth".
        coefficient_resolution: nodes along each axis of the coefficient grid; None for no such grid.
        scale: standard deviation of the initial values.
        seed: of the initial values.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: another number of coordinates, levels that do not agree, numbers out of range.
    """

    def __init__(
        self,
        in_dim: int,
        channels: Sequence[int] = (4, 4, 4, 2, 2, 2),
        resolutions: Sequence[int] = (32, 51, 70, 89, 108, 128),
        frequencies: Sequence[float] | None = None,
        wrap: str = "triangle",
        coefficient_resolution: int | None = None,
        scale: float = 1.0,
        *,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if in_dim not in (2, 3):
            raise InvalidInputError(f"in_dim must be 2 or 3; given {in_dim}")
        if not len(channels) == len(resolutions) > 0 or len(frequencies or channels) != len(channels):
            raise InvalidInputError(
                f"each level has channels, a resolution and, where given, a frequency; given {channels}, "
                f"{resolutions}, {frequencies}"
            )
        sizes = [*resolutions] if coefficient_resolution is None else [*resolutions, coefficient_resolution]
        if min(channels) < 1 or min(sizes) < 2 or min(frequencies or [1.0]) < 1.0 or not scale > 0.0:
            raise InvalidInputError(
                "channels must be at least 1, resolutions 2, frequencies 1 and the scale above 0; given "
                f"{channels}, {sizes}, {frequencies}, {scale}"
            )
        if wrap not in ("triangle", "sawtooth"):
            raise InvalidInputError(f"wrap must be 'triangle' or 'sawtooth'; given {wrap!r}")
        self.in_dim, self.wrap, self.out_features = in_dim, wrap, sum(channels)
        self.frequencies = None if frequencies is None else tuple(map(float, frequencies))
        generator = torch.Generator().manual_seed(seed)
        self.grids = nn.ParameterList(
            scale * torch.randn((1, count, *(nodes,) * in_dim), generator=generator, dtype=dtype)
            for count, nodes in zip(channels, resolutions, strict=True)
        )
        self.coefficients: nn.Parameter | None = None
        if coefficient_resolution is not None:
            shape = (1, self.out_features, *(coefficient_resolution,) * in_dim)
            self.coefficients = nn.Parameter(torch.ones(shape, dtype=dtype))
        self.to(device)

    def forward(self, x: Tensor) -> Tensor:
        """`... x features` of coordinates `... x in_dim` in [-1, 1], the first along a grid's first axis.

        Raises:
            InvalidInputError: another number of coordinates.

        Warns:
            CoordinateWarning: some lie outside; they count as the nearest ones inside.
        """
        if x.shape[-1:] != (self.in_dim,):
            raise InvalidInputError(f"the field has {self.in_dim} coordinates; given {tuple(x.shape)}")
        if bool((x.detach().abs() > 1.0 + 1e-6).any()):
            warnings.warn(
                "some coordinates lie outside [-1, 1] and count as the nearest ones inside",
                CoordinateWarning,
                stacklevel=2,
            )
        points = x.reshape(-1, self.in_dim).clamp(-1.0, 1.0)
        features = torch.cat(
            [_interpolate(grid, self._local(points, level)) for level, grid in enumerate(self.grids)], dim=-1
        )
        if self.coefficients is not None:
            features = features * _interpolate(self.coefficients, points)
        return features.reshape(*x.shape[:-1], -1)

    def _local(self, points: Tensor, level: int) -> Tensor:
        if self.frequencies is None:
            return points
        phase = (points + 1.0) * (0.5 * self.frequencies[level])  # in periods
        within = 2.0 * (phase - phase.detach().floor()) - 1.0
        if self.wrap == "sawtooth":
            return within
        mirrored = phase.detach().floor() % 2.0 == 1.0
        return torch.where(mirrored, -within, within)


def _interpolate(grid: Tensor, points: Tensor) -> Tensor:
    """`B x C` values of a grid (`1 x C x R x ... x R`) at points (`B x d`) of [-1, 1]."""
    d = points.shape[-1]
    # torch takes coordinates of the last axis first
    places = points.flip(-1).reshape(1, *(1,) * (d - 1), -1, d)
    values = nn.functional.grid_sample(
        grid, places, mode="bilinear", padding_mode="border", align_corners=True
    )
    return values.reshape(grid.shape[1], -1).mT
