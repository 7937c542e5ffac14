"""Monte Carlo dropout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.base import Inference, Progress
from augury.inference.chains import warm_chains
from augury.inference.map_training import adam
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples
from augury.inference.sharpness import SharpnessRegularizer
from augury.inference.sharpness_training import with_sharpness
from augury.networks.stacked import StackedNetwork


@final
@dataclass(frozen=True)
class MCDropout(Inference):
    r"""One network trained with hidden units dropped at random, and sampled by dropping them again.

    A mask of hidden units is the same as zeros in the columns of the weights behind them, so each sample is a
    parameter vector of its own: :math:`w_s = w \odot m_s / (1 - r)`. The masks are drawn once; the sampled
    functions stay the same from call to call, and a `q`-batch sees one function.

    Args:
        rate: `r`, the probability that a unit is dropped.
        num_samples: masks kept for predictions.
        num_steps: of Adam.
        lr: its first step size.
        num_masks: masks averaged over in each step.
        sharpness: a bound on how much the mean prediction without dropped units moves with the weights.

    Raises:
        InvalidInputError: counts below 1, or a rate outside `(0, 1)`.

    Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML 2016.
    """

    rate: float = 0.1
    num_samples: int = 100
    num_steps: int = 1000
    lr: float = 0.02
    num_masks: int = 8
    sharpness: SharpnessRegularizer | None = None

    def __post_init__(self) -> None:
        if min(self.num_samples, self.num_steps, self.num_masks) < 1 or not 0.0 < self.rate < 1.0:
            raise InvalidInputError(
                "num_samples, num_steps and num_masks must be at least 1, and rate in (0, 1); "
                f"given {self.num_samples}, {self.num_steps}, {self.num_masks} and {self.rate}"
            )

    def run(
        self,
        density: NetworkDensity,
        *,
        initial: Mapping[str, Tensor] | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> WeightSamples:
        """See `Inference.run`.

        Raises:
            NotSupportedError: a network without hidden layer, in which there is nothing to drop.
        """
        generator = torch.Generator().manual_seed(seed)
        theta = warm_chains(density, 1, initial, generator)

        def gradient(theta: Tensor) -> Tensor:
            masks = self.masks(density.network, self.num_masks, generator)
            padded = torch.cat([masks, masks.new_ones(len(masks), density.dim - density.num_weights)], dim=1)
            dropped = padded * theta
            slope = density.value_gradient(dropped)[1]
            weights, _ = density.split(dropped)
            # Data see the network with dropped units, the prior the whole one.
            slope[:, : density.num_weights] -= density.prior.log_density_gradient(weights)
            mean = (padded * slope).mean(dim=0, keepdim=True)
            mean[:, : density.num_weights] += density.prior.log_density_gradient(density.split(theta)[0])
            return -mean

        def report(step: int) -> None:
            if progress is not None:
                progress(step, self.num_steps, "training")

        total = with_sharpness(gradient, density, self.sharpness)
        theta = adam(total, theta, steps=self.num_steps, lr=self.lr, after_step=report)
        weights, _ = density.split(theta)
        return WeightSamples(
            density.network,
            self.masks(density.network, self.num_samples, generator) * weights,
            density.noise_variance(theta).expand(self.num_samples, -1).contiguous(),
            torch.zeros(self.num_samples, dtype=torch.long),
            warm_start={"theta": theta},
        )

    def masks(self, network: StackedNetwork, count: int, generator: torch.Generator) -> Tensor:
        """`count x P` factors of the weights, 0 or `1 / (1 - r)`: one number behind each unit."""
        matrices = [part for part in network.slices if len(part.shape) > 1]
        if len(matrices) < 2:
            raise NotSupportedError("dropout needs a network with a hidden layer; there is nothing to drop")
        masks = torch.ones(count, network.num_parameters, dtype=torch.float64)
        for part in matrices[1:]:
            units = torch.rand(count, 1, part.shape[1], dtype=torch.float64, generator=generator) >= self.rate
            kept = units.double() / (1.0 - self.rate)
            spread = kept.unsqueeze(-1).expand(count, part.shape[0], part.shape[1], part.shape[2:].numel())
            masks[:, part.start : part.stop] = spread.reshape(count, -1)
        return masks
