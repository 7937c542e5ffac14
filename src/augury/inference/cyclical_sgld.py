"""Stochastic-gradient Langevin dynamics with a step size that rises and falls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Inference, Progress
from augury.inference.chains import chain_samples, stochastic_gradient, warm_chains
from augury.inference.map_training import adam
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples

_POWER_STEPS = 15
_DIFFERENCE = 1e-4


@final
@dataclass(frozen=True)
class CyclicalSGLD(Inference):
    r"""Langevin dynamics in cycles; all chains advance together.

    .. math::
        \theta \leftarrow \theta + \alpha_k D\, \nabla \log p(\theta \mid \text{data})
            + \sqrt{2 \alpha_k D}\, \varepsilon, \qquad
        \alpha_k = \frac{\alpha_0}{2} \Bigl(\cos \frac{\pi\, (k \bmod K)}{K} + 1\Bigr)

    with the prior variances `D`, `K` steps in a cycle, and no noise in the first part of each, which moves to
    another region; samples are taken in the second. The first step size is a share of the largest that is
    stable, `1 / lambda`, with the largest curvature `lambda` of the (scaled) log posterior found by power
    iteration at the start of every cycle. Chains start from modes.

    Args:
        num_cycles: in each chain.
        num_samples: kept in each cycle.
        cycle_length: `K`.
        exploration: the share of a cycle without noise.
        num_chains: `C`.
        step_size: `alpha_0` times `lambda`.
        batch_size: rows of a minibatch; all rows where there are no more.
        num_steps: of Adam towards the first mode.
        lr: its first step size.

    Raises:
        InvalidInputError: counts below 1, more samples than there are steps for, or a step size outside
            `(0, 2)`.

    Source: Zhang et al., "Cyclical stochastic gradient MCMC for Bayesian deep learning", ICLR 2020,
    algorithm 1.
    """

    num_cycles: int = 4
    num_samples: int = 10
    cycle_length: int = 500
    exploration: float = 0.25
    num_chains: int = 8
    step_size: float = 0.5
    batch_size: int = 32
    num_steps: int = 500
    lr: float = 0.02

    def __post_init__(self) -> None:
        if min(self.num_cycles, self.num_samples, self.num_chains, self.batch_size) < 1:
            raise InvalidInputError("num_cycles, num_samples, num_chains and batch_size must be at least 1")
        if not 0.0 <= self.exploration < 1.0 or self._sampling_steps < self.num_samples:
            raise InvalidInputError(
                f"a cycle of {self.cycle_length} steps with a share of {self.exploration} for exploration "
                f"has no room for {self.num_samples} samples"
            )
        if not 0.0 < self.step_size < 2.0:
            raise InvalidInputError(
                "step_size is relative to the largest stable one and must lie in (0, 2); "
                f"given {self.step_size}"
            )

    @property
    def _sampling_steps(self) -> int:
        return self.cycle_length - int(self.exploration * self.cycle_length)

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
        theta = warm_chains(density, self.num_chains, initial, generator)
        total = self.num_steps + self.num_cycles * self.cycle_length

        def report(step: int, what: str = "training") -> None:
            if progress is not None:
                progress(step, total, what)

        theta = adam(
            lambda at: -density.value_gradient(at)[1],
            theta,
            steps=self.num_steps,
            lr=self.lr,
            after_step=report,
        )
        preconditioner = density.scale.square()
        first = self.cycle_length - self._sampling_steps
        keep_every = self._sampling_steps // self.num_samples
        kept = []
        for cycle in range(self.num_cycles):
            largest = self.step_size / _largest_curvature(density, theta, generator)
            for k in range(self.cycle_length):
                alpha = 0.5 * largest * (math.cos(math.pi * k / self.cycle_length) + 1.0)
                step = alpha * preconditioner
                drift = step * stochastic_gradient(density, theta, self.batch_size, generator)
                theta = theta + drift
                if k >= first:
                    noise = torch.randn(theta.shape, dtype=theta.dtype, generator=generator)
                    theta = theta + (2.0 * step).sqrt() * noise
                    remaining = self.cycle_length - 1 - k
                    if remaining % keep_every == 0 and remaining // keep_every < self.num_samples:
                        kept.append(theta)
                report(self.num_steps + cycle * self.cycle_length + k + 1, "sampling")
        return chain_samples(density, torch.stack(kept, dim=1))


def _largest_curvature(density: NetworkDensity, theta: Tensor, generator: torch.Generator) -> Tensor:
    """`C x 1`: the largest absolute eigenvalue of `D^(1/2) H D^(1/2)` with the Hessian `H` of the log
    posterior, by power iteration on differences of gradients."""
    scale = density.scale
    direction = torch.randn(theta.shape, dtype=theta.dtype, generator=generator)
    origin = density.value_gradient(theta)[1]
    norm = direction.norm(dim=1, keepdim=True)
    for _ in range(_POWER_STEPS):
        direction = direction / norm
        shifted = density.value_gradient(theta + _DIFFERENCE * scale * direction)[1]
        direction = scale * (shifted - origin) / _DIFFERENCE
        norm = direction.norm(dim=1, keepdim=True).clamp_min(1.0)  # the prior's own curvature is 1
    return norm
