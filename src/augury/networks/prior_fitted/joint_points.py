"""Joint points of which some are the same in every batch, as those of an acquisition's baseline are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class JointPoints:
    """`N` times `q` points, each different one once: what is computed of them is not computed `N` times.

    Args:
        own: `N x a x D`, the first of each `q`.
        shared: `(q - a) x D`, the last of each `q`.
    """

    own: Tensor
    shared: Tensor

    @classmethod
    def of(cls, points: Tensor) -> Self:
        """Those of `N x q x D` points; what the batches share at the end is found by comparison.

        Points whose gradient is asked for are all their own: each batch has its gradient, also where it meets
        another.
        """
        own = points.shape[1]
        if len(points) > 1 and not points.requires_grad:
            same = (points == points[:1]).all(-1).all(0)
            own -= int(same.flip(0).cumprod(0).sum())
        return cls(points[:, :own], points[:1, own:].flatten(0, 1))

    @property
    def flat(self) -> Tensor:
        """`M x D`, each point once."""
        return torch.cat([self.own.flatten(0, 1), self.shared])

    def joined(self, values: Tensor, dim: int) -> Tensor:
        """Values of the `M` points along a dimension, which becomes `N x q`."""
        dim %= values.dim()
        N, a, _ = self.own.shape
        if not len(self.shared):
            return values.unflatten(dim, (N, a))
        own, shared = values.split([N * a, len(self.shared)], dim=dim)
        repeated = shared.unsqueeze(dim).expand(*shared.shape[:dim], N, *shared.shape[dim:])
        return torch.cat([own.unflatten(dim, (N, a)), repeated], dim=dim + 1)
