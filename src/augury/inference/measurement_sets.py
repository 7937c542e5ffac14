"""Where functions are compared when one prior is matched to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: Draws `N x ...` inputs, the same `N` at each call.
MeasurementSampler = Callable[[torch.Generator], Tensor]


@final
class MeasurementSet:
    """Random inputs: some of the training inputs, the others uniform in a box around them.

    The box says where predictions are wanted; a prior is matched there and nowhere else.

    Args:
        train_X: `n x d` inputs that may be drawn.
        bounds: `2 x d` lower and upper corner; the bounding box of `train_X` when None.
        size: how many inputs a draw has.
        real_ratio: the share of training inputs among them (they are drawn without replacement, and all are
            taken where there are fewer).

    Raises:
        InvalidInputError: bounds of another shape, or a ratio outside `[0, 1]`.

    Source: Tran et al. (2022), section 4.3.
    """

    def __init__(
        self, train_X: Tensor, bounds: Tensor | None = None, *, size: int = 100, real_ratio: float = 0.7
    ) -> None:
        self.train_X = train_X.detach().to(torch.float64)
        if bounds is None:
            bounds = torch.stack([self.train_X.amin(0), self.train_X.amax(0)])
        if bounds.shape != (2, self.train_X.shape[-1]):
            raise InvalidInputError(
                f"bounds must be 2 x {self.train_X.shape[-1]}, as the inputs; given {tuple(bounds.shape)}"
            )
        if not 0.0 <= real_ratio <= 1.0 or size < 1:
            raise InvalidInputError(
                f"size must be positive and real_ratio in [0, 1]; given {size} and {real_ratio}"
            )
        self.bounds = bounds.to(torch.float64)
        self.size = size
        self.real_count = min(round(size * real_ratio), len(self.train_X))

    def __call__(self, generator: torch.Generator) -> Tensor:
        """`size x d` inputs."""
        rows = torch.randperm(len(self.train_X), generator=generator)[: self.real_count]
        lower, upper = self.bounds
        count = self.size - self.real_count
        uniform = torch.rand(count, len(lower), dtype=torch.float64, generator=generator)
        return torch.cat([self.train_X[rows], lower + (upper - lower) * uniform])


@final
class FixedMeasurementSet:
    """The same inputs at each call, such as a grid in one dimension.

    Args:
        X: `N x ...` inputs.
    """

    def __init__(self, X: Tensor) -> None:
        self.X = X.detach().to(torch.float64)

    def __call__(self, generator: torch.Generator) -> Tensor:
        """`N x ...` inputs."""
        return self.X
