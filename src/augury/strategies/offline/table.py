"""The table that offline optimisation learns from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.strategies.offline.coordinates import DesignCoordinates

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space


@dataclass(frozen=True)
class OfflineTable:
    """Designs with a measured score, larger being better.

    Args:
        space: of the designs.
        goals: one objective, and any limits.
        observations: the n rows with a score that keep the limits, and no others.
        coordinates: the designs as vectors.
        Z: `n x D`, these vectors, in single precision.
        y: n scores (maximised) with mean 0 and variance 1.
        location, unit: the mean and the standard deviation of the scores (maximised).
    """

    space: Space
    goals: Goals
    observations: Observations
    coordinates: DesignCoordinates
    Z: Tensor
    y: Tensor
    location: float
    unit: float

    @classmethod
    def of(cls, space: Space, goals: Goals, observations: Observations) -> Self:
        """The rows of observations with a score that keep every limit on outcomes.

        Raises:
            InvalidInputError: fewer than two rows, or scores that are all the same.
        """
        observations = observations.rows(goals.competing(observations.Y, observations.complete))
        y = goals.objective_values(observations.Y)[:, 0]
        if len(y) < 2 or not np.ptp(y) > 0.0:
            raise InvalidInputError(
                f"offline optimisation needs at least two scores that differ; given {len(y)} rows"
            )
        coordinates = DesignCoordinates.of(space, observations.X)
        location, unit = float(y.mean()), float(y.std())
        Z = torch.from_numpy(coordinates.encode(observations.X)).float()
        standardised = torch.from_numpy((y - location) / unit).float()
        return cls(space, goals, observations, coordinates, Z, standardised, location, unit)

    @cached_property
    def order(self) -> Tensor:
        """The rows, best first (of equal ones the first)."""
        return torch.sort(self.y, descending=True, stable=True).indices

    @cached_property
    def box(self) -> tuple[Tensor, Tensor]:
        """The least and the largest value (each D) of each coordinate; logits have none."""
        low, high = self.coordinates.box
        return torch.from_numpy(low).float(), torch.from_numpy(high).float()

    def clamped(self, Z: Tensor) -> Tensor:
        """Vectors (`... x D`) moved into the box."""
        low, high = self.box
        return torch.minimum(torch.maximum(Z, low), high)

    def decode(self, Z: Tensor) -> np.ndarray:
        """The encoded designs (`N x dim`) of vectors (`N x D`)."""
        return self.coordinates.decode(Z.double().numpy())
