"""Deep ensembles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.inference.base import Inference, Progress
from augury.inference.chains import chain_samples, warm_chains
from augury.inference.map_training import adam
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import WeightSamples
from augury.inference.sharpness import SharpnessRegularizer
from augury.inference.sharpness_training import with_sharpness


@final
@dataclass(frozen=True)
class DeepEnsemble(Inference):
    """Networks trained from different starts, each on some of the rows; they predict as a uniform mixture.

    Each member is the mode of the posterior (weights and noise) given its rows; all are trained side by side
    by full-batch Adam.

    Args:
        num_members: how many.
        num_steps: of Adam.
        lr: its first step size.
        subset: the share of rows that a member sees, drawn without replacement.
        sharpness: a bound on how much the mean prediction of each moves with its weights.

    Raises:
        InvalidInputError: counts below 1, or a share outside `(0, 1]`.

    Source: Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty estimation
    using deep ensembles", NeurIPS 2017; the subsets as in Li, Rudner and Wilson (2024).
    """

    num_members: int = 10
    num_steps: int = 1000
    lr: float = 0.02
    subset: float = 0.8
    sharpness: SharpnessRegularizer | None = None

    def __post_init__(self) -> None:
        if min(self.num_members, self.num_steps) < 1 or not 0.0 < self.subset <= 1.0:
            raise InvalidInputError(
                "num_members and num_steps must be at least 1, and subset in (0, 1]; "
                f"given {self.num_members}, {self.num_steps} and {self.subset}"
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
        theta = warm_chains(density, self.num_members, initial, generator)
        n = density.num_data
        count = max(1, round(self.subset * n))
        rows = torch.rand(self.num_members, n, generator=generator).argsort(dim=1)[:, :count]

        def report(step: int) -> None:
            if progress is not None:
                progress(step, self.num_steps, "training")

        members = adam(
            with_sharpness(lambda at: -density.minibatch_gradient(at, rows), density, self.sharpness),
            theta,
            steps=self.num_steps,
            lr=self.lr,
            after_step=report,
        )
        return chain_samples(density, members.unsqueeze(1))
