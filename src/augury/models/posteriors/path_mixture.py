"""The posterior of a function that is Gaussian given sample paths of another, and its sampler."""

from __future__ import annotations

from typing import final

import torch
from botorch.sampling.base import MCSampler
from botorch.sampling.get_sampler import GetSampler
from torch import Tensor

from augury.inference.member_posterior import MemberPosterior, MemberSampler


@final
class PathMixturePosterior(MemberPosterior):
    r"""A mixture over `S` equally likely paths of a hidden function.

    .. math::
        \mathrm E f = \frac1S \sum_s \mu_s, \qquad
        \operatorname{var} f = \frac1S \sum_s \sigma_s^2 + \frac1S \sum_s (\mu_s - \mathrm E f)^2

    with the mean and variance given each path. Samples are paths of `f` itself, one for each hidden path, so
    that they are coherent over points and smooth.

    Args:
        values: `batch x S x q x m`, the paths.
        means: `batch x S x q x m`, `mu_s`.
        variances: the same shape, `sigma_s^2`.
        noise_variance: the same shape, or None without noise.
    """

    def __init__(
        self, values: Tensor, means: Tensor, variances: Tensor, noise_variance: Tensor | None = None
    ) -> None:
        super().__init__(values, noise_variance)
        self.means, self.variances = means, variances

    @property
    def mean(self) -> Tensor:
        """`batch x q x m`."""
        return self.means.mean(dim=-3)

    @property
    def variance(self) -> Tensor:
        """`batch x q x m`."""
        variance = self.variances.mean(dim=-3) + self.means.var(dim=-3, correction=0)
        return variance if self.noise_variance is None else variance + self.noise_variance.mean(dim=-3)

    def scalarized(self, weights: Tensor, offset: float = 0.0) -> PathMixturePosterior:
        """The posterior of one linear combination of the outcomes, which are independent given the paths.

        Args:
            weights: `m`.
            offset: added.
        """
        squares = weights.square()
        return PathMixturePosterior(
            (self.values @ weights).unsqueeze(-1) + offset,
            (self.means @ weights).unsqueeze(-1) + offset,
            (self.variances @ squares).unsqueeze(-1),
            None if self.noise_variance is None else (self.noise_variance @ squares).unsqueeze(-1),
        )


@GetSampler.register(PathMixturePosterior)
def _path_sampler(
    posterior: PathMixturePosterior, sample_shape: torch.Size, *, seed: int | None = None
) -> MCSampler:
    return MemberSampler(sample_shape=sample_shape, seed=seed)
