"""What a prior is to a prior-fitted network: a sampler of data sets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class PriorDraw:
    """A batch of data sets, and the law of new outcomes given everything that was drawn.

    The law of an outcome at `X_new` is normal given the latent function (or the covariance and the context,
    for a Gaussian process); training on it instead of on one draw of it has the same expected gradient and
    less variance.

    Args:
        X: `B x n x d` inputs in the unit cube.
        y: `B x n` outcomes.
        X_new: `B x m x d` new inputs.
        mean: `B x m` means of the new outcomes given all that was drawn.
        deviation: `B x m` standard deviations, not negative; zero where a prior gives outcomes only.
        noise: `B x m` standard deviations of the noise within.
    """

    X: Tensor
    y: Tensor
    X_new: Tensor
    mean: Tensor
    deviation: Tensor
    noise: Tensor

    def outcomes(self, generator: torch.Generator) -> Tensor:
        """`B x m` new outcomes, drawn."""
        normal = torch.randn(self.mean.shape, dtype=self.mean.dtype, generator=generator)
        return self.mean + self.deviation * normal

    def map(self, change: PriorMap) -> Self:
        """The draw with every tensor changed."""
        return type(self)(*(change(getattr(self, field.name)) for field in fields(self)))

    @staticmethod
    def concatenate(draws: list[PriorDraw]) -> PriorDraw:
        """One batch of several, of the same sizes."""
        names = [field.name for field in fields(PriorDraw)]
        return PriorDraw(*(torch.cat([getattr(draw, name) for draw in draws]) for name in names))


class PriorMap(Protocol):
    """A change of a tensor."""

    def __call__(self, values: Tensor, /) -> Tensor: ...


class PriorSampler(Protocol):
    """A prior over functions, given as a sampler of data sets."""

    def sample(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        """`batch` data sets of `context` rows and `queries` new inputs, with `dim` inputs each."""
