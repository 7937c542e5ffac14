"""The posterior of a prior-fitted network: bar distributions, made joint by a Gaussian copula."""

from __future__ import annotations

from typing import final

import torch
from botorch.posteriors import Posterior
from botorch.sampling.get_sampler import GetSampler
from botorch.sampling.normal import SobolQMCNormalSampler
from torch import Tensor

from augury.numerics.bar_distribution import BarDistribution

_TINY = 1e-12


@final
class BarPosterior(Posterior):
    """A bar distribution for each point and outcome.

    The marginals are exact for the network; their joint is a Gaussian copula. Base samples are standard
    normal numbers, and with fixed ones samples are a differentiable function of the points.

    Args:
        bars: of batch shape `batch_shape x q x m`.
        root: `batch_shape x m x q x q` Cholesky factors of the copula's correlations; None for independent
            points.
    """

    def __init__(self, bars: BarDistribution, root: Tensor | None = None) -> None:
        self.bars = bars
        self.root = root

    @property
    def mean(self) -> Tensor:
        """`batch_shape x q x m`."""
        return self.bars.mean

    @property
    def variance(self) -> Tensor:
        """`batch_shape x q x m`."""
        return self.bars.variance

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def dtype(self) -> torch.dtype:
        return self.mean.dtype

    def _extended_shape(self, sample_shape: torch.Size = torch.Size()) -> torch.Size:  # noqa: B008
        return sample_shape + self.bars.batch_shape

    @property
    def base_sample_shape(self) -> torch.Size:
        """`batch_shape x q x m`."""
        return self.bars.batch_shape

    @property
    def batch_shape(self) -> torch.Size:
        """Without the points and the outcomes."""
        return self.mean.shape[:-2]

    @property
    def batch_range(self) -> tuple[int, int]:
        return (0, -2)

    def rsample_from_base_samples(self, sample_shape: torch.Size, base_samples: Tensor) -> Tensor:
        """Samples `sample_shape x batch_shape x q x m` from normal numbers of the same shape."""
        if base_samples.shape[: len(sample_shape)] != sample_shape:
            raise RuntimeError(
                f"base samples of shape {tuple(base_samples.shape)} do not begin with {tuple(sample_shape)}"
            )
        normal = base_samples
        if self.root is not None:
            normal = (self.root @ normal.mT.unsqueeze(-1)).squeeze(-1).mT
        return self.bars.icdf(torch.special.ndtr(normal).clamp(_TINY, 1.0 - _TINY))

    def rsample(self, sample_shape: torch.Size | None = None) -> Tensor:
        shape = torch.Size([1]) if sample_shape is None else sample_shape
        base = torch.randn(*shape, *self.base_sample_shape, dtype=self.dtype, device=self.device)
        return self.rsample_from_base_samples(shape, base)

    def log_prob(self, Y: Tensor) -> Tensor:
        """The marginal log densities at `Y`, broadcasting to `batch_shape x q x m`."""
        return self.bars.log_prob(Y)

    def density(self, value: Tensor) -> Tensor:
        """The marginal densities at `value` (one number, or several as the first dimension)."""
        return self.log_prob(_leading(value, self.bars)).exp()

    def quantile(self, value: Tensor) -> Tensor:
        """The marginal quantiles at probabilities `value` (one, or several as the first dimension)."""
        return self.bars.icdf(_leading(value, self.bars))


@final
class CombinedBarPosterior(Posterior):
    """A linear combination of independent outcomes with bar distributions.

    Args:
        outcomes: the posterior of the outcomes.
        weights: `m`.
        offset: added.
    """

    def __init__(self, outcomes: BarPosterior, weights: Tensor, offset: float = 0.0) -> None:
        self.outcomes, self.weights, self.offset = outcomes, weights, offset

    @property
    def mean(self) -> Tensor:
        """`batch_shape x q x 1`."""
        return (self.outcomes.mean @ self.weights).unsqueeze(-1) + self.offset

    @property
    def variance(self) -> Tensor:
        """`batch_shape x q x 1`."""
        return (self.outcomes.variance @ self.weights.square()).unsqueeze(-1)

    @property
    def device(self) -> torch.device:
        return self.outcomes.device

    @property
    def dtype(self) -> torch.dtype:
        return self.outcomes.dtype

    def _extended_shape(self, sample_shape: torch.Size = torch.Size()) -> torch.Size:  # noqa: B008
        return self.outcomes._extended_shape(sample_shape)[:-1] + torch.Size([1])

    @property
    def base_sample_shape(self) -> torch.Size:
        """`batch_shape x q x m`, as of the outcomes."""
        return self.outcomes.base_sample_shape

    @property
    def batch_shape(self) -> torch.Size:
        """Without the points and the outcomes."""
        return self.mean.shape[:-2]

    @property
    def batch_range(self) -> tuple[int, int]:
        return (0, -2)

    def rsample_from_base_samples(self, sample_shape: torch.Size, base_samples: Tensor) -> Tensor:
        """Samples `sample_shape x batch_shape x q x 1`."""
        samples = self.outcomes.rsample_from_base_samples(sample_shape, base_samples)
        return (samples @ self.weights).unsqueeze(-1) + self.offset

    def rsample(self, sample_shape: torch.Size | None = None) -> Tensor:
        return (self.outcomes.rsample(sample_shape) @ self.weights).unsqueeze(-1) + self.offset


def _leading(value: Tensor, distribution: BarDistribution) -> Tensor:
    """Several numbers as a first dimension before the batch; one as it is."""
    if value.numel() == 1:
        return value.reshape(())
    return value.reshape(-1, *[1] * len(distribution.batch_shape))


@GetSampler.register(BarPosterior)
@GetSampler.register(CombinedBarPosterior)
def _sampler(
    posterior: BarPosterior | CombinedBarPosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> SobolQMCNormalSampler:
    return SobolQMCNormalSampler(sample_shape, seed=seed)
