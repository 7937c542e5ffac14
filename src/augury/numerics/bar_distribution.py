"""The bar (Riemann) distribution: a histogram with half-normal tails, its scale free for each prediction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log, pi, sqrt
from typing import Self

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.numerics import half_normal

_SQRT_2_PI = sqrt(2.0 / pi)


@dataclass(frozen=True, eq=False)
class BarDistribution:
    r"""`y = loc + scale t`, and `t` has a density that is constant in each of `K` buckets.

    .. math::
        p(t) = \frac{p_k}{b_{k+1} - b_k}, \quad b_k \le t < b_{k+1}, \qquad
        p = \mathrm{softmax}(\text{logits})

    The first and the last bucket are half-normals that begin at `b_1` and `b_{K-1}`, with half of their mass
    inside the bucket, so that the support is the whole line.

    Args:
        borders: `K + 1` increasing numbers, `K >= 3`.
        logits: `batch_shape x K`, or broadcasting to it.
        loc: `batch_shape`, or broadcasting to it.
        scale: positive, likewise.

    Raises:
        InvalidInputError: borders that do not increase, or another number of logits than buckets.

    Source: Müller et al., "Transformers can do Bayesian inference", ICLR 2022, section 4; the expected
    improvement of the bucket that holds the best value has the factor that the paper's code omits.
    """

    borders: Tensor
    logits: Tensor
    loc: Tensor
    scale: Tensor

    def __post_init__(self) -> None:
        if self.borders.dim() != 1 or len(self.borders) < 4 or not bool((self.borders.diff() > 0).all()):
            raise InvalidInputError("borders must be at least four numbers, each above the last")
        if self.logits.shape[-1] != len(self.borders) - 1:
            raise InvalidInputError(
                f"{len(self.borders)} borders make {len(self.borders) - 1} buckets; "
                f"given {self.logits.shape[-1]} logits"
            )

    @classmethod
    def standard(cls, borders: Tensor, logits: Tensor) -> Self:
        """The distribution with location 0 and scale 1."""
        return cls(borders, logits, logits.new_zeros(()), logits.new_ones(()))

    @property
    def batch_shape(self) -> torch.Size:
        return torch.broadcast_shapes(self.logits.shape[:-1], self.loc.shape, self.scale.shape)

    @cached_property
    def log_probabilities(self) -> Tensor:
        """`batch_shape x K` logarithms of the buckets' probabilities."""
        return self.logits.log_softmax(dim=-1)

    @property
    def probabilities(self) -> Tensor:
        """`batch_shape x K` probabilities of the buckets."""
        return self.log_probabilities.exp()

    @cached_property
    def widths(self) -> Tensor:
        """`K` widths."""
        return self.borders.diff()

    @cached_property
    def tails(self) -> tuple[Tensor, Tensor]:
        """The scales of the first and the last half-normal."""
        return self.widths[0] / half_normal.MEDIAN, self.widths[-1] / half_normal.MEDIAN

    @cached_property
    def centres(self) -> Tensor:
        """`K` means of the buckets."""
        middle = self.borders[:-1] + 0.5 * self.widths
        first, last = self.tails
        ends = self.borders[1] - _SQRT_2_PI * first, self.borders[-2] + _SQRT_2_PI * last
        return torch.cat([ends[0][None], middle[1:-1], ends[1][None]])

    @cached_property
    def log_heights(self) -> Tensor:
        """`K` log densities of the buckets in their own units; those of half-normals at their border."""
        first, last = self.tails
        peak = log(_SQRT_2_PI)
        return torch.cat([(peak - first.log())[None], -self.widths[1:-1].log(), (peak - last.log())[None]])

    # -- densities ---------------------------------------------------------------------------------------

    def log_prob(self, y: Tensor) -> Tensor:
        """Log density at `y`, broadcasting to `batch_shape`; finite for every finite `y`."""
        t = (y - self.loc) / self.scale
        bucket = self.bucket(t)
        shape = torch.broadcast_shapes(t.shape, self.batch_shape)
        logs = self.log_probabilities.expand(*shape, -1)
        bucket = bucket.expand(shape)
        chosen = logs.gather(-1, bucket.unsqueeze(-1)).squeeze(-1)
        first, last = self.tails
        below = (self.borders[1] - t).clamp_min(0.0) / first
        above = (t - self.borders[-2]).clamp_min(0.0) / last
        return chosen + self.log_heights[bucket] - 0.5 * (below.square() + above.square()) - self.scale.log()

    def bucket(self, t: Tensor) -> Tensor:
        """The bucket of each standardised value (any shape); the ends reach to infinity."""
        return torch.searchsorted(self.borders[1:-1].contiguous(), t.detach().contiguous(), right=True)

    @cached_property
    def mean(self) -> Tensor:
        """`batch_shape` means."""
        return self.loc + self.scale * (self.probabilities @ self.centres)

    @cached_property
    def variance(self) -> Tensor:
        """`batch_shape` variances."""
        first, last = self.tails
        shrink = 1.0 - 2.0 / pi
        within = self.widths.square() / 12.0
        within = torch.cat([(shrink * first**2)[None], within[1:-1], (shrink * last**2)[None]])
        p = self.probabilities
        spread = (self.centres - (p @ self.centres).unsqueeze(-1)).square()
        return self.scale.square() * (p * (within + spread)).sum(-1)

    def cdf(self, y: Tensor) -> Tensor:
        """`Pr(Y <= y)`, broadcasting to `batch_shape`."""
        t = ((y - self.loc) / self.scale).unsqueeze(-1)
        first, last = self.tails
        inside = ((t - self.borders[1:-2]) / self.widths[1:-1]).clamp(0.0, 1.0)
        lower = torch.erfc((self.borders[1] - t).clamp_min(0.0) / first / sqrt(2.0))
        upper = torch.erf((t - self.borders[-2]).clamp_min(0.0) / last / sqrt(2.0))
        return (self.probabilities * torch.cat([lower, inside, upper], dim=-1)).sum(-1)

    def icdf(self, probability: Tensor) -> Tensor:
        """The quantile of each probability in (0, 1), broadcasting to `batch_shape`; differentiable in the
        logits, the location and the scale.

        Raises:
            InvalidInputError: a probability outside (0, 1).
        """
        if not bool(((probability > 0.0) & (probability < 1.0)).all()):
            raise InvalidInputError("quantiles are of probabilities between 0 and 1, both excluded")
        shape = torch.broadcast_shapes(probability.shape, self.batch_shape)
        inner = len(self.batch_shape)
        lead = shape[: len(shape) - inner]
        # draws last, so that the buckets of a batch are not repeated for each of its draws
        u = probability.expand(shape).to(self.logits.dtype).reshape(-1, *shape[len(lead) :]).movedim(0, -1)
        p = self.probabilities.expand(*u.shape[:-1], -1)
        upper = p.cumsum(-1)
        bucket = torch.searchsorted(upper.detach()[..., :-1].contiguous(), u.detach().contiguous())
        share = 1.0 - (upper.gather(-1, bucket) - u) / p.gather(
            -1, bucket
        )  # of the bucket's mass, from below
        share = share.clamp(torch.finfo(p.dtype).tiny, 1.0 - torch.finfo(p.dtype).eps)
        first, last = self.tails
        t = self.borders[bucket] + share * self.widths[bucket]
        is_first, is_last = bucket == 0, bucket == len(self.widths) - 1
        t = torch.where(is_first, self.borders[1] - first * half_normal.icdf(1.0 - share, share), t)
        t = torch.where(is_last, self.borders[-2] + last * half_normal.icdf(share, 1.0 - share), t)
        return self.loc + self.scale * t.movedim(-1, 0).reshape(shape)

    def sample(self, sample_shape: torch.Size, generator: torch.Generator) -> Tensor:
        """`sample_shape x batch_shape` independent draws."""
        shape = (*sample_shape, *self.batch_shape)
        uniform = torch.rand(shape, dtype=self.logits.dtype, generator=generator)
        eps = torch.finfo(uniform.dtype).eps
        return self.icdf(uniform.clamp(eps, 1.0 - eps))

    # -- expected improvement ----------------------------------------------------------------------------

    def expected_improvement(self, best_f: Tensor | float, maximize: bool = True) -> Tensor:
        """`E[max(Y - best_f, 0)]`, or `E[max(best_f - Y, 0)]` without `maximize`: `batch_shape`."""
        return self.log_expected_improvement(best_f, maximize).exp()

    def log_expected_improvement(self, best_f: Tensor | float, maximize: bool = True) -> Tensor:
        """The logarithm of `expected_improvement`; finite wherever the squared standardised gap is."""
        if not maximize:
            return self.mirrored().log_expected_improvement(-torch.as_tensor(best_f, dtype=self.logits.dtype))
        f = ((torch.as_tensor(best_f, dtype=self.logits.dtype) - self.loc) / self.scale).unsqueeze(-1)
        first, last = self.tails
        lower, width = self.borders[1:-2], self.widths[1:-1]
        above = (lower + width - f).clamp_min(0.0)  # of the bucket above f
        part = torch.minimum(above, width)
        # E(y - f)+ in a bucket: what is above, averaged: part / width (above - part / 2)
        tiny = torch.finfo(self.logits.dtype).tiny
        inside = torch.where(
            above > 0.0,
            (part / width).clamp_min(tiny).log() + (above - 0.5 * part).clamp_min(tiny).log(),
            -torch.inf,
        )
        below = half_normal.log_expected_shortfall((self.borders[1] - f) / first) + first.log()
        beyond = half_normal.log_expected_excess((f - self.borders[-2]) / last) + last.log()
        logs = self.log_probabilities + torch.cat([below, inside, beyond], dim=-1)
        return logs.logsumexp(-1) + self.scale.log()

    def mirrored(self) -> Self:
        """The distribution of `-Y`."""
        return type(self)(-self.borders.flip(0), self.logits.flip(-1), -self.loc, self.scale)

    def rescaled(self, loc: Tensor | float, scale: Tensor | float) -> Self:
        """The distribution of `loc + scale Y`."""
        return type(self)(self.borders, self.logits, loc + scale * self.loc, scale * self.scale)
