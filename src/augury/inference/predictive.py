"""What inference leaves: predictions from a network's posterior."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, final

import torch
from botorch.posteriors import Posterior
from torch import Tensor

from augury.inference.member_posterior import MemberPosterior
from augury.networks.stacked import StackedNetwork

_BLOCK = 2**20  # numbers in the widest layer of all members at once, without gradients


class Predictive(ABC):
    """The predictions of a network's posterior, in the units it was trained in.

    Attributes:
        diagnostics: how well inference went; numbers by name.
        warm_start: what the next inference on similar data may start from.
    """

    diagnostics: Mapping[str, float]
    warm_start: Mapping[str, Tensor]

    @abstractmethod
    def posterior(self, X: Tensor, outputs: Sequence[int] | None, observation_noise: bool) -> Posterior:
        """The joint posterior at `X` (`batch x q x d`) of some outputs (all when None), differentiable in
        `X`."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """What gives the predictions back through `Inference.restore`."""


@final
@dataclass(frozen=True)
class WeightSamples(Predictive):
    """Equally likely parameter vectors.

    Args:
        network: whose parameters they are.
        theta: `S x P` weights.
        noise_variance: `S x o`.
        chain: `S` numbers of the chain (or ensemble member) each comes from; rows of a chain in order.
        diagnostics: see `Predictive`.
        warm_start: see `Predictive`.
    """

    network: StackedNetwork
    theta: Tensor
    noise_variance: Tensor
    chain: Tensor
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    warm_start: Mapping[str, Tensor] = field(default_factory=dict)

    def predict(self, X: Tensor) -> Tensor:
        """`S x N x o` values at `X` (`N x d`), in blocks where no gradient is wanted."""
        if X.requires_grad and torch.is_grad_enabled():
            return self.network(self.theta, X)
        widest = max(part.shape[0] for part in self.network.slices)
        rows = max(1, _BLOCK // (widest * len(self.theta)))
        with torch.no_grad():
            return torch.cat([self.network(self.theta, block) for block in X.split(rows)], dim=1)

    def posterior(self, X: Tensor, outputs: Sequence[int] | None, observation_noise: bool) -> MemberPosterior:
        *batch, q, d = X.shape
        points = X.reshape(-1, d)
        if q == 1 or (X.requires_grad and torch.is_grad_enabled()):
            values = self.predict(points)
        else:  # points pending beside each of many candidates are the same
            distinct, places = torch.unique(points, dim=0, return_inverse=True)
            values = self.predict(distinct)[:, places]
        noise = self.noise_variance if observation_noise else None
        if outputs is not None:
            values = values[..., list(outputs)]
            noise = None if noise is None else noise[:, list(outputs)]
        values = values.reshape(len(self.theta), *batch, q, values.shape[-1]).movedim(0, len(batch))
        if noise is not None:
            noise = noise.unsqueeze(1).expand(values.shape)
        return MemberPosterior(values, noise)

    def state(self) -> dict[str, Tensor]:
        return {"theta": self.theta, "noise_variance": self.noise_variance, "chain": self.chain}

    @classmethod
    def from_state(cls, network: StackedNetwork, state: Mapping[str, Tensor]) -> Self:
        """The samples whose `state()` is given."""
        return cls(network, state["theta"], state["noise_variance"], state["chain"])
