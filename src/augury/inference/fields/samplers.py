"""Where a field's training points come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, final

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError

_PROJECTIONS = 3  # steps onto the surface; one is exact where the distance is


class FieldSampler(Protocol):
    """Draws coordinates and the values of a signal there."""

    in_dim: int
    out_features: int

    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count x in_dim` coordinates in [-1, 1] and `count x out_features` values, float64 on the CPU."""


@final
class ImageSampler:
    """Random pixels of an image; rows and columns are the coordinates, the outermost at -1 and 1.

    Args:
        image: `H x W` or `H x W x C` finite numbers, at least 2 x 2 pixels.

    Raises:
        InvalidInputError: another shape, or numbers that are not finite.
    """

    in_dim = 2

    def __init__(self, image: Any) -> None:
        pixels = np.asarray(image, dtype=np.float64)
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        if pixels.ndim != 3 or min(pixels.shape[:2]) < 2 or not pixels.shape[2]:
            raise InvalidInputError(
                f"an image is H x W or H x W x C with 2 x 2 pixels at least; its shape is {pixels.shape}"
            )
        if not np.isfinite(pixels).all():
            raise InvalidInputError("an image must have finite values; some are not")
        self.shape = pixels.shape
        self.out_features = pixels.shape[2]
        rows, columns = (torch.linspace(-1.0, 1.0, n, dtype=torch.float64) for n in pixels.shape[:2])
        self.coordinates = torch.cartesian_prod(rows, columns)
        self.values = torch.from_numpy(pixels).flatten(0, 1)

    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pixels drawn with replacement; see `FieldSampler`."""
        chosen = torch.randint(len(self.values), (count,), generator=generator)
        return self.coordinates[chosen], self.values[chosen]


@final
class SignedDistanceSampler:
    """Points of the cube, and of the surface of a body, with their distances to it: negative inside.

    Surface points are uniform points moved along the gradient of the distance.

    Args:
        distance: of `n x d` points, `n` numbers; differentiable by torch.
        in_dim: `d`, 2 or 3.
        surface_share: of the points.
    """

    out_features = 1

    def __init__(
        self, distance: Callable[[Tensor], Tensor], in_dim: int = 3, surface_share: float = 0.125
    ) -> None:
        if not 0.0 <= surface_share <= 1.0:
            raise InvalidInputError(f"surface_share must be in [0, 1]; given {surface_share}")
        self.distance, self.in_dim, self.surface_share = distance, in_dim, surface_share

    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See `FieldSampler`.

        Raises:
            InvalidInputError: distances that are not finite, or not one for each point.
        """
        points = 2.0 * torch.rand(count, self.in_dim, generator=generator, dtype=torch.float64) - 1.0
        near = round(self.surface_share * count)
        for _ in range(_PROJECTIONS if near else 0):
            moved = points[:near].detach().requires_grad_(True)
            distances = self.distance(moved)
            (slope,) = torch.autograd.grad(distances.sum(), moved)
            points[:near] = (moved - distances.detach()[:, None] * slope).clamp(-1.0, 1.0).detach()
        with torch.no_grad():
            values = self.distance(points)
        if values.shape != (count,) or not bool(values.isfinite().all()):
            raise InvalidInputError(
                f"the distance must be a finite number for each of {count} points; its shape is "
                f"{tuple(values.shape)}"
            )
        return points, values[:, None]
