"""Two classes as a prior: functions of another one, cut at a level."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from augury.inference.prior_fitted.draw import PriorDraw, PriorSampler


@dataclass(frozen=True)
class ClassPrior:
    """The outcomes of another prior, noise included, above or below one of their own quantiles.

    In a draw, `y` and `mean` are the codes 0 and 1 of old and new rows.

    Args:
        functions: the prior that is cut.
        least: share of the rarer class, at least; the quantile is uniform from there to one minus it.

    Source: Müller et al. (2022), section 6 (there cut at the median).
    """

    functions: PriorSampler
    least: float = 0.2

    def sample(
        self, batch: int, context: int, queries: int, dim: int, generator: torch.Generator
    ) -> PriorDraw:
        """Data sets of two classes."""
        draw = self.functions.sample(batch, context, queries, dim, generator)
        values = torch.cat([draw.y, draw.outcomes(generator)], dim=-1)
        level = torch.rand(batch, dtype=values.dtype, generator=generator)
        rank = ((self.least + (1.0 - 2.0 * self.least) * level) * (values.shape[-1] - 1)).long()
        cut = values.sort(dim=-1).values.gather(-1, rank.unsqueeze(-1))
        codes = (values > cut).to(values.dtype)
        zero = torch.zeros_like(draw.mean)
        return PriorDraw(draw.X, codes[:, :context], draw.X_new, codes[:, context:], zero, zero)
