"""A posterior that is a set of equally likely functions, and the sampler that picks among them."""

from __future__ import annotations

import torch
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import GetSampler
from torch import Tensor


class MemberPosterior(EnsemblePosterior):
    """The joint posterior of `S` equally likely functions, each perhaps with normal noise.

    Args:
        values: `batch x S x q x m` function values.
        noise_variance: the same shape, or None without noise.
    """

    def __init__(self, values: Tensor, noise_variance: Tensor | None = None) -> None:
        super().__init__(values)
        self.noise_variance = noise_variance

    @property
    def variance(self) -> Tensor:
        """`batch x q x m`: the variance among members plus their average noise."""
        variance: Tensor = super().variance
        return variance if self.noise_variance is None else variance + self.noise_variance.mean(dim=-3)

    def scalarized(self, weights: Tensor, offset: float = 0.0) -> MemberPosterior:
        """The posterior of one linear combination of the outcomes.

        Args:
            weights: `m`.
            offset: added.
        """
        noise = None
        if self.noise_variance is not None:
            noise = (self.noise_variance @ weights.square()).unsqueeze(-1)
        return MemberPosterior((self.values @ weights).unsqueeze(-1) + offset, noise)

    def untransformed(self, transform: OutcomeTransform, X: Tensor) -> MemberPosterior:
        """The posterior in the units before an outcome transform.

        Args:
            transform: what was applied to the outcomes.
            X: `batch x q x d`, where this is the posterior.
        """
        points = X.unsqueeze(-3)
        values, _ = transform.untransform(self.values, X=points)
        if self.noise_variance is None:
            return MemberPosterior(values)
        # by the slope of an affine transform; exact for Standardize
        unit, _ = transform.untransform(self.values + 1.0, X=points)
        return MemberPosterior(values, self.noise_variance * (unit - values).square())

    def rsample_from_base_samples(self, sample_shape: torch.Size, base_samples: Tensor) -> Tensor:
        """The members that `base_samples` (`sample_shape`, the same for the whole batch) names.

        Where there is noise, it is drawn from a generator of its own: BoTorch's index samplers have no
        room for it.
        """
        if base_samples.shape != sample_shape:  # BoTorch's own sampler: a choice for each of the batch
            samples: Tensor = super().rsample_from_base_samples(sample_shape, base_samples)
            return samples
        samples = _members(self.values, base_samples)
        if self.noise_variance is None:
            return samples
        generator = torch.Generator().manual_seed(int(base_samples.sum()) + 1)
        noise = torch.randn(samples.shape, dtype=samples.dtype, generator=generator)
        return samples + noise * _members(self.noise_variance, base_samples).sqrt()


class MemberSampler(MCSampler):
    """Picks members without replacement, the same for every point and for every call.

    One member serves a whole `q`-batch, so that samples are coherent functions; the choice is spread evenly
    over the members (over each chain, since chains stand one after the other) and repeats only when more
    samples are wanted than there are members. The acquisition functions built on it are smooth.
    """

    base_samples: Tensor | None

    def forward(self, posterior: Posterior) -> Tensor:
        """`sample_shape x batch x q x m` samples of a `MemberPosterior`."""
        assert isinstance(posterior, EnsemblePosterior)
        size = posterior.ensemble_size
        index = self.base_samples
        if index is None or int(index.max()) >= size:
            generator = torch.Generator().manual_seed(self.seed)
            offset = torch.rand(1, generator=generator, dtype=torch.float64)
            count = self.sample_shape.numel()
            position = (torch.arange(count, dtype=torch.float64) + offset) * (size / count)
            index = position.long().clamp_(max=size - 1).reshape(self.sample_shape)
            self.register_buffer("base_samples", index)
        samples: Tensor = posterior.rsample_from_base_samples(self.sample_shape, index)
        return samples

    def _update_base_samples(self, posterior: Posterior, base_sampler: MCSampler) -> None:
        self.register_buffer("base_samples", base_sampler.base_samples)  # type: ignore[arg-type]


@GetSampler.register(MemberPosterior)
def _member_sampler(
    posterior: MemberPosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> MCSampler:
    return MemberSampler(sample_shape=sample_shape, seed=seed)


def _members(values: Tensor, index: Tensor) -> Tensor:
    """`index.shape x batch x q x m` from `batch x S x q x m`."""
    chosen = values.movedim(-3, 0)[index.reshape(-1)]
    return chosen.reshape(*index.shape, *chosen.shape[1:])
