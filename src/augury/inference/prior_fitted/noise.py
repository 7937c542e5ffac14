"""How exact the outcomes of a drawn data set are."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Protocol

import torch
from torch import Tensor


class NoiseSampler(Protocol):
    """Draws the noise's deviation, in units of the function's."""

    def __call__(self, batch: int, rows: int, generator: torch.Generator) -> Tensor:
        """`batch x rows` standard deviations, float64."""


@dataclass(frozen=True)
class FixedNoise:
    """The same noise everywhere.

    Args:
        deviation: standard deviation.
    """

    deviation: float

    def __call__(self, batch: int, rows: int, generator: torch.Generator) -> Tensor:
        return torch.full((batch, rows), self.deviation, dtype=torch.float64)


@dataclass(frozen=True)
class LogUniformNoise:
    """A level for each data set, uniform on a logarithmic scale; outliers in some.

    Args:
        low: least standard deviation.
        high: largest.
        quiet: share of the data sets that have the least noise: deterministic functions.
        outliers: share of the data sets with outliers.
        outlier_rate: share of their rows that are outliers, at most.
        outlier_scale: how many times noisier those are (of at least a tenth of the function's deviation).
    """

    low: float = 1e-3
    high: float = 0.5
    quiet: float = 0.3
    outliers: float = 0.1
    outlier_rate: float = 0.1
    outlier_scale: float = 10.0

    def __call__(self, batch: int, rows: int, generator: torch.Generator) -> Tensor:
        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, dtype=torch.float64, generator=generator)

        level = (log(self.low) + uniform(batch, 1) * log(self.high / self.low)).exp()
        level = torch.where(uniform(batch, 1) < self.quiet, self.low, level)
        rate = torch.where(uniform(batch, 1) < self.outliers, self.outlier_rate * uniform(batch, 1), 0.0)
        wild = self.outlier_scale * level.clamp_min(0.1)
        return torch.where(uniform(batch, rows) < rate, wild, level)
