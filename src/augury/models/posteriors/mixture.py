"""A mixture of posteriors of any kinds, and its sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from botorch.posteriors import Posterior
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import GetSampler, get_sampler
from torch import Tensor

from augury.models.posteriors.marginals import log_density_and_cdf

_BISECTIONS = 80
#: A quantile is looked for within so many standard deviations of the members' means.
_REACH = 60.0


@final
class MixturePosterior(Posterior):
    r"""One of several posteriors, it is not known which.

    .. math::
        p(f) = \sum_k w_k\, p_k(f), \qquad \mathbb E f = \sum_k w_k \mu_k, \qquad
        \operatorname{Var} f = \sum_k w_k (\sigma_k^2 + (\mu_k - \mathbb E f)^2)

    Draws are joint: each is of one member for all its points.

    Args:
        members: posteriors of the same shape `batch_shape x q x m`.
        weights: their positive weights, of sum 1.
    """

    def __init__(self, members: Sequence[Any], weights: Sequence[float]) -> None:
        self.members = list(members)
        self.weights = [float(weight) for weight in weights]

    @property
    def mean(self) -> Tensor:
        """`batch_shape x q x m`."""
        return self._mixed([member.mean for member in self.members])

    @property
    def variance(self) -> Tensor:
        """`batch_shape x q x m`, by the law of total variance."""
        mean = self.mean
        return self._mixed([member.variance + (member.mean - mean).square() for member in self.members])

    def _mixed(self, values: Sequence[Tensor]) -> Tensor:
        total = self.weights[0] * values[0]
        for weight, value in zip(self.weights[1:], values[1:], strict=True):
            total = total + weight * value
        return total

    @property
    def device(self) -> torch.device:
        return self.members[0].device

    @property
    def dtype(self) -> torch.dtype:
        return self.members[0].dtype

    def _extended_shape(self, sample_shape: torch.Size = torch.Size()) -> torch.Size:  # noqa: B008
        return self.members[0]._extended_shape(sample_shape)

    def rsample(self, sample_shape: torch.Size | None = None) -> Tensor:
        """Joint draws, from each member as many as its weight says, to the nearest whole number."""
        shape = torch.Size([1]) if sample_shape is None else sample_shape
        draws = [
            member.rsample(torch.Size([count]))
            for member, count in zip(self.members, allotted(self.weights, shape.numel()), strict=True)
            if count
        ]
        return torch.cat(draws).reshape(*shape, *self._extended_shape())

    def density(self, value: Tensor) -> Tensor:
        """The marginal densities at `value` (one number, or several as the first dimension)."""
        leading = () if value.numel() == 1 else (-1, *[1] * len(self._extended_shape()))
        return log_density_and_cdf(self, value.reshape(leading))[0].exp()

    def quantile(self, value: Tensor) -> Tensor:
        """The marginal quantiles at probabilities `value` (one, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.quantile(v) for v in value])
        means = torch.stack([member.mean for member in self.members]).detach()
        widest = torch.stack([member.variance for member in self.members]).detach().amax(0).sqrt()
        low, high = means.amin(0) - _REACH * widest, means.amax(0) + _REACH * widest
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            below = log_density_and_cdf(self, middle)[1] < value
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return 0.5 * (low + high)


@log_density_and_cdf.register(MixturePosterior)
def _mixture(posterior: MixturePosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    parts = [log_density_and_cdf(member, Y) for member in posterior.members]
    logs = torch.stack([density for density, _ in parts])
    weights = torch.tensor(posterior.weights, dtype=logs.dtype).reshape(-1, *[1] * (logs.dim() - 1))
    return (weights.log() + logs).logsumexp(dim=0), posterior._mixed([cdf for _, cdf in parts])


class MixtureSampler(MCSampler):
    """Draws from each member by the sampler of its kind, as many as its weight says."""

    def __init__(self, sample_shape: torch.Size, seed: int | None = None) -> None:
        super().__init__(sample_shape=sample_shape, seed=seed)
        self._samplers: dict[int, MCSampler] = {}

    def forward(self, posterior: Posterior) -> Tensor:
        """`sample_shape x batch_shape x q x m` samples of a `MixturePosterior`, the same for every call."""
        assert isinstance(posterior, MixturePosterior)
        draws = []
        counts = allotted(posterior.weights, self.sample_shape.numel())
        for index, (member, count) in enumerate(zip(posterior.members, counts, strict=True)):
            if not count:
                continue
            if index not in self._samplers:
                shape = torch.Size([count])
                self._samplers[index] = get_sampler(member, shape, seed=self.seed + index)
            draws.append(self._samplers[index](member))
        drawn = torch.cat(draws)
        return drawn.reshape(*self.sample_shape, *drawn.shape[1:])

    def _update_base_samples(self, posterior: Posterior, base_sampler: MCSampler) -> None:
        """Base samples of members are theirs alone; draws at more points are drawn afresh."""


@GetSampler.register(MixturePosterior)
def _sampler(
    posterior: MixturePosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> MixtureSampler:
    return MixtureSampler(sample_shape, seed=seed)


def allotted(weights: Sequence[float], count: int) -> list[int]:
    """`count` things divided by weights, to whole numbers: the largest remainders are rounded up."""
    shares = np.asarray(weights) * count
    whole = np.floor(shares).astype(int)
    largest = np.argsort(-(shares - whole), kind="stable")[: count - int(whole.sum())]
    whole[largest] += 1
    return [int(number) for number in whole]
