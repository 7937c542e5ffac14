"""Hamiltonian Monte Carlo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from augury.inference.base import Inference, Progress
from augury.inference.dual_averaging import DualAveraging
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples


@final
class HMC(Inference):
    """All chains advance together as one batched computation (first version).

    Args:
        num_samples: kept in each chain.
        burn_in: iterations of each chain before, in which the step size adapts.
        num_chains: `C`.
        step_size: first guess.
        path_length: of a trajectory, relative to the prior's scale.
        max_leapfrog: most steps of a trajectory.
        target_accept: wanted acceptance probability.
    """

    def __init__(
        self,
        num_samples: int = 50,
        burn_in: int = 100,
        num_chains: int = 4,
        *,
        step_size: float = 0.02,
        path_length: float = 1.0,
        max_leapfrog: int = 50,
        target_accept: float = 0.8,
    ) -> None:
        self.num_samples, self.burn_in, self.num_chains = num_samples, burn_in, num_chains
        self.step_size, self.path_length, self.max_leapfrog = step_size, path_length, max_leapfrog
        self.target_accept = target_accept

    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> WeightSamples:
        generator = torch.Generator().manual_seed(seed)
        C, scale = self.num_chains, density.scale
        theta = density.initial(C, generator)
        value, gradient = density.value_gradient(theta)
        adapt = DualAveraging(torch.full((1,), self.step_size).double(), self.target_accept)
        kept = []
        for iteration in range(self.burn_in + self.num_samples):
            eps = float(adapt.step_size if iteration < self.burn_in else adapt.average)
            u = float(torch.rand(1, generator=generator, dtype=torch.float64))
            steps = max(1, min(round(2 * u * self.path_length / eps), self.max_leapfrog))
            p = torch.randn(theta.shape, dtype=torch.float64, generator=generator)
            energy = 0.5 * p.square().sum(1) - value
            q, g = theta, gradient
            for _ in range(steps):
                p = p + 0.5 * eps * scale * g
                q = q + eps * scale * p
                v, g = density.value_gradient(q)
                p = p + 0.5 * eps * scale * g
            change = (energy - 0.5 * p.square().sum(1) + v).nan_to_num(-torch.inf, -torch.inf, -torch.inf)
            probability = change.exp().clamp(max=1.0)
            accept = torch.rand(C, generator=generator, dtype=torch.float64) < probability
            theta = torch.where(accept[:, None], q, theta)
            gradient = torch.where(accept[:, None], g, gradient)
            value = torch.where(accept, v, value)
            if iteration < self.burn_in:
                adapt.update(probability.mean().reshape(1))
            else:
                kept.append(theta)
            if progress is not None:
                progress(iteration + 1, self.burn_in + self.num_samples, "HMC")
        draws = torch.stack(kept, dim=1).reshape(-1, density.dim)
        weights, _ = density.split(draws)
        chain = torch.arange(C).repeat_interleave(self.num_samples)
        return WeightSamples(
            density.network, weights.contiguous(), density.noise_variance(draws).contiguous(), chain
        )
