"""Synthetic functions of a table: posterior means with random hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch

from augury.errors import InvalidInputError
from augury.strategies.offline.posterior_means import PosteriorMeans
from augury.strategies.offline.table import OfflineTable


@final
@dataclass(frozen=True)
class SyntheticFunctions:
    """How functions that agree with a table are drawn.

    Lengthscale and variance of each are uniform within `spread` of their centres. Of a large table, each draw
    uses some of the rows, and of these some as the centres of the projected process: that is what makes
    hundreds of functions of tens of thousands of rows a matter of minutes.

    Args:
        lengthscale: its centre, in standard deviations of the table's coordinates; `None` for 6.25 where
            there are categories and 1 where there are none.
        outputscale: the centre of the variance of the functions; None as for the lengthscale.
        spread: half the width of both distributions.
        noise: the variance of the errors of the (standardised) scores.
        max_rows: that a function is conditioned on, drawn anew each time.
        max_centres: a table with more rows is approximated with so many centres.

    Raises:
        InvalidInputError: numbers that are not positive, or a spread that reaches the centre.

    Source: Dao et al., "ROOT: rethinking offline optimization as distributional translation via probabilistic
    bridge", arXiv:2509.16300 (NeurIPS 2025), which uses exact means of up to 15,000 rows.
    """

    lengthscale: float | None = None
    outputscale: float | None = None
    spread: float = 0.25
    noise: float = 0.01
    max_rows: int = 8192
    max_centres: int = 512

    def __post_init__(self) -> None:
        centres = [value for value in (self.lengthscale, self.outputscale) if value is not None]
        if min([*centres, self.noise, self.max_rows, self.max_centres]) <= 0:
            raise InvalidInputError("scales, noise, max_rows and max_centres must be positive")
        if not 0.0 <= self.spread < min([*centres, 1.0]):
            raise InvalidInputError(f"spread={self.spread} must be at least 0 and below the scales")

    def draw(self, table: OfflineTable, count: int, generator: torch.Generator) -> PosteriorMeans:
        """`count` functions on one choice of rows."""
        default = 6.25 if table.coordinates.sizes else 1.0
        scales = [
            (default if centre is None else centre)
            + self.spread * (2.0 * torch.rand(count, generator=generator, dtype=torch.float64) - 1.0)
            for centre in (self.lengthscale, self.outputscale)
        ]
        order = torch.randperm(len(table.Z), generator=generator)[: self.max_rows]
        centres = table.Z[order[: self.max_centres]] if len(order) > self.max_centres else None
        return PosteriorMeans.fit(
            table.Z[order], table.y[order], scales[0], scales[1], noise=self.noise, centres=centres
        )
