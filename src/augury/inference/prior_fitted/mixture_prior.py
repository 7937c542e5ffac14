"""A mixture of priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from augury.errors import InvalidInputError
from augury.inference.prior_fitted.draw import PriorDraw, PriorSampler


@dataclass(frozen=True)
class MixturePrior:
    """Each data set comes from one of several priors.

    Args:
        members: the priors.
        weights: their shares, positive; equal when None.

    Raises:
        InvalidInputError: no members, or weights that are not one positive number for each.
    """

    members: Sequence[PriorSampler]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidInputError("a mixture of priors needs at least one member")
        if self.weights is not None and (
            len(self.weights) != len(self.members) or not all(weight > 0.0 for weight in self.weights)
        ):
            raise InvalidInputError(
                f"weights must be {len(self.members)} positive numbers; given {tuple(self.weights)}"
            )

    def sample(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        """Data sets, grouped by member."""
        shares = torch.tensor(self.weights or [1.0] * len(self.members))
        chosen = torch.multinomial(shares, batch, replacement=True, generator=generator)
        counts = torch.bincount(chosen, minlength=len(self.members)).tolist()
        draws = [
            member.sample(count, context, queries, dim, generator)
            for member, count in zip(self.members, counts, strict=True)
            if count
        ]
        return PriorDraw.concatenate(draws)
