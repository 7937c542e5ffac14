"""What several Gaussian processes say of new outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Opinions:
    """Predictions of standardised outcomes at `m` points.

    Args:
        mean: `B x m x E` predictive means.
        variance: `B x m x E` predictive variances, noise included.
        weights: `B x E` weights, of sum 1.
    """

    mean: Tensor
    variance: Tensor
    weights: Tensor

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of the mixture, `B x m` each."""
        share = self.weights.unsqueeze(1)
        mean = (share * self.mean).sum(-1)
        spread = (self.mean - mean.unsqueeze(-1)).square()
        return mean, (share * (self.variance + spread)).sum(-1)

    def features(self) -> Tensor:
        """`B x m x (3 E + 2)` numbers of order one."""
        mean, variance = self.moments()
        deviation = variance.sqrt()
        parts = [
            ((self.mean - mean.unsqueeze(-1)) / deviation.unsqueeze(-1)),
            0.5 * (self.variance.log() - variance.log().unsqueeze(-1)),
            self.weights.unsqueeze(1).expand_as(self.mean),
            mean.unsqueeze(-1),
            0.5 * deviation.log().unsqueeze(-1),
        ]
        return torch.cat(parts, dim=-1)

    @staticmethod
    def width(experts: int) -> int:
        """The number of features."""
        return 3 * experts + 2

    def grouped(self, groups: int) -> Opinions:
        """Neighbouring processes brought to `groups` of them, by their moments."""
        share = self.weights.unflatten(-1, (groups, -1))
        total = share.sum(-1)
        share = (share / total.clamp_min(1e-30).unsqueeze(-1)).unsqueeze(1)
        means, variances = (part.unflatten(-1, (groups, -1)) for part in (self.mean, self.variance))
        mean = (share * means).sum(-1)
        variance = (share * (variances + (means - mean.unsqueeze(-1)).square())).sum(-1)
        return Opinions(mean, variance, total)
