"""What the choice of a point has to take account of, whatever the objectives are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import torch

from augury.acquisition.base import Acquisition
from augury.acquisition.constrained import ConstrainedAcquisition, draw_feasible


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """The experiments that run, and what multiplies the worth of a further one.

    Args:
        pending: `p x d` points being evaluated, or already chosen for the same batch.
        constraints: logarithms of probabilities that multiply the acquisition.
        seed: of all random numbers.
    """

    pending: np.ndarray | None = None
    constraints: Sequence[Acquisition] = field(default=())
    seed: int = 0

    @property
    def running(self) -> np.ndarray | None:
        """The pending points, None where there is none."""
        return None if self.pending is None or len(self.pending) == 0 else self.pending

    def with_pending(self, points: np.ndarray) -> Self:
        """The same with more points pending (`p x d`)."""
        return replace(
            self, pending=points if self.running is None else np.concatenate([self.running, points])
        )

    def pending_feasible(self, count: int) -> np.ndarray | None:
        """In which of `count` fantasies each pending point keeps the constraints, None without
        constraints."""
        if self.running is None:
            return None
        return draw_feasible(self.constraints, self.running, count=count, seed=self.seed + 1)

    def constrained(self, objective: Acquisition, scale: float = 1.0) -> Acquisition:
        """The objective's acquisition, weighted with the constraints where there are any."""
        return (
            ConstrainedAcquisition(objective, self.constraints, scale=scale)
            if self.constraints
            else objective
        )


def as_tensor(points: np.ndarray | None) -> torch.Tensor | None:
    """The points as BoTorch takes them."""
    return None if points is None else torch.from_numpy(np.ascontiguousarray(points))
