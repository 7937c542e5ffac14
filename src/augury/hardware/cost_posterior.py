"""Predicted costs: a mixture of log-normal laws."""

from __future__ import annotations

from typing import Any, final

import torch
from botorch.posteriors import Posterior, TransformedPosterior
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import GetSampler
from torch import Tensor

from augury.hardware.targets import LogStandardize
from augury.inference.member_posterior import MemberPosterior, MemberSampler
from augury.models.posteriors.marginals import log_density_and_cdf

_BISECTIONS = 50
_REACH = 10.0


@final
class CostPosterior(TransformedPosterior):
    r"""Costs whose standardised logarithms each of `S` networks predicts with a normal law.

    .. math::
        \mathbb E y = \frac 1 S \sum_k e^{\mu_k + \sigma_k^2 / 2} - \text{shift}

    (`mu`, `sigma` of the logarithm); moments as if there were no ceiling, then held to it.

    Args:
        logs: the members' predictions, `batch x S x q x m` with noise, as `LogStandardize` scales them.
        targets: that scaling.
    """

    def __init__(self, logs: MemberPosterior, targets: LogStandardize) -> None:
        super().__init__(logs, targets.inverse)
        assert logs.noise_variance is not None
        self.logs, self.targets = logs, targets
        self._mu = targets.mean + targets.deviation * logs.values
        self._variance = targets.deviation.square() * logs.noise_variance

    @property
    def mean(self) -> Tensor:
        """`batch x q x m`."""
        mean = torch.exp(self._mu + 0.5 * self._variance).mean(dim=-3) - self.targets.shift
        return torch.minimum(mean.clamp(min=0.0), self.targets.ceiling)

    @property
    def variance(self) -> Tensor:
        """`batch x q x m`, by the law of total variance."""
        means = torch.exp(self._mu + 0.5 * self._variance)
        within = (torch.expm1(self._variance) * means.square()).mean(dim=-3)
        return within + means.var(dim=-3, correction=0)

    @property
    def extrapolates(self) -> Tensor:
        """`batch x q x m`: the median is beyond the largest training value's ceiling."""
        return self.targets.beyond(self._log_quantile(0.5))

    def quantile(self, value: Tensor) -> Tensor:
        """The marginal quantiles at probabilities `value` (one, or several as the first dimension)."""
        if value.numel() > 1:
            return torch.stack([self.quantile(one) for one in value])
        return self.targets.inverse(self._log_quantile(float(value)))

    def _log_quantile(self, probability: float) -> Tensor:
        """`batch x q x m`, by bisection of the mixture's distribution function."""
        values, deviation = self.logs.values.detach(), self._noise.detach().sqrt()
        low = (values - _REACH * deviation).amin(dim=-3)
        high = (values + _REACH * deviation).amax(dim=-3)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            below = torch.special.ndtr((middle.unsqueeze(-3) - values) / deviation).mean(dim=-3) < probability
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return 0.5 * (low + high)

    @property
    def _noise(self) -> Tensor:
        assert self.logs.noise_variance is not None
        return self.logs.noise_variance


@log_density_and_cdf.register(CostPosterior)
def _costs(posterior: CostPosterior, Y: Tensor) -> tuple[Tensor, Tensor]:
    """By the change of variables; costs are above `-shift`."""
    log_density, cdf = log_density_and_cdf(posterior.logs, posterior.targets(Y))
    stretch: Any = posterior.targets.deviation.log() + torch.log(Y + posterior.targets.shift)
    return log_density - stretch, cdf


class CostSampler(MCSampler):
    """Costs at the members that `MemberSampler` picks."""

    def __init__(self, sample_shape: torch.Size, seed: int | None = None) -> None:
        super().__init__(sample_shape=sample_shape, seed=seed)
        self._members = MemberSampler(sample_shape, seed=seed)

    def forward(self, posterior: Posterior) -> Tensor:
        """`sample_shape x batch x q x m` samples of a `CostPosterior`, the same for every call."""
        assert isinstance(posterior, CostPosterior)
        return posterior.targets.inverse(self._members(posterior.logs))

    def _update_base_samples(self, posterior: Posterior, base_sampler: MCSampler) -> None:
        assert isinstance(posterior, CostPosterior)
        assert isinstance(base_sampler, CostSampler)
        self._members._update_base_samples(posterior.logs, base_sampler._members)


@GetSampler.register(CostPosterior)
def _sampler(posterior: CostPosterior, sample_shape: torch.Size, *, seed: int | None = None) -> MCSampler:
    return CostSampler(sample_shape, seed=seed)
