"""Adaptive stochastic-gradient Hamiltonian Monte Carlo."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.adaptive_sghmc import AdaptiveState
from augury.inference.base import Inference, Progress
from augury.inference.chains import chain_samples, stochastic_gradient, warm_chains
from augury.inference.hierarchical_prior import HierarchicalWeightPrior
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples


@final
@dataclass(frozen=True)
class SGHMC(Inference):
    """Hamiltonian Monte Carlo on minibatches, with masses adapted in burn-in; all chains advance together.

    There is no accept step; the error is of the order of the squared step size. The update is that of
    `AdaptiveState`. With a `HierarchicalWeightPrior` the variances of the layers can be resampled between
    steps (`gibbs_every`); otherwise they are integrated out in closed form, which leads to the same
    posterior of the weights.

    Args:
        num_samples: kept in each chain.
        keep_every: steps between two of them.
        burn_in: steps before the first.
        num_chains: `C`.
        lr: step size, relative to the prior's scale.
        friction: the share of the momentum lost in a step.
        batch_size: rows of a minibatch; all rows where there are no more.
        clip: the largest norm of the gradient per row of data.
        gibbs_every: steps between two draws of the variances of a hierarchical prior; never when None.

    Raises:
        InvalidInputError: counts below 1, or a step size or friction that is not positive.

    Source: Springenberg et al., "Bayesian optimization with robust Bayesian neural networks", NeurIPS 2016;
    Tran et al. (2022), appendix, for the Gibbs steps.
    """

    num_samples: int = 20
    keep_every: int = 50
    burn_in: int = 1500
    num_chains: int = 8
    lr: float = 0.02
    friction: float = 0.02
    batch_size: int = 32
    clip: float = 100.0
    gibbs_every: int | None = None

    def __post_init__(self) -> None:
        counts = (self.num_samples, self.keep_every, self.num_chains, self.batch_size, self.gibbs_every or 1)
        if min(counts) < 1 or self.burn_in < 0:
            raise InvalidInputError(
                "num_samples, keep_every, num_chains, batch_size and gibbs_every must be at least 1"
            )
        if self.lr <= 0 or not 0 < self.friction <= 1:
            raise InvalidInputError(
                f"lr must be positive and friction in (0, 1]; given {self.lr} and {self.friction}"
            )

    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> WeightSamples:
        """See `Inference.run`."""
        generator = torch.Generator().manual_seed(seed)
        theta = warm_chains(density, self.num_chains, initial, generator, from_prior=True)
        state = AdaptiveState.start(theta)
        noisy = self.batch_size < density.num_data
        scale = density.scale
        hyperprior = density.prior if isinstance(density.prior, HierarchicalWeightPrior) else None
        total = self.burn_in + self.num_samples * self.keep_every
        limit = self.clip * density.num_data
        kept = []
        for step in range(total):
            if hyperprior is not None and self.gibbs_every and step % self.gibbs_every == 0:
                density = copy(density)
                density.prior = hyperprior.conditional(density.split(theta)[0], generator)
            gradient = -stochastic_gradient(density, theta, self.batch_size, generator)
            gradient *= scale  # in units of the prior, as the step size is
            gradient *= (limit / gradient.norm(dim=1, keepdim=True).clamp_min(1e-300)).clamp_max(1.0)
            if step < self.burn_in:
                state.adapt(gradient)
            theta = theta + scale * state.step(
                gradient, lr=self.lr, friction=self.friction, noisy_gradient=noisy, generator=generator
            )
            if step >= self.burn_in and (step - self.burn_in + 1) % self.keep_every == 0:
                kept.append(theta)
            if progress is not None:
                progress(step + 1, total, "sampling" if step >= self.burn_in else "burn-in")
        return chain_samples(density, torch.stack(kept, dim=1), warn=True)
