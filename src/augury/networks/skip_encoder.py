"""An encoder that passes its inputs on beside the features it adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from augury.construction import remembers_construction
from augury.networks.critical_init import critical_init_
from augury.networks.mlp import MLP


@final
class SkipEncoder(nn.Module):
    r"""The inputs, and features of them: `phi(x) = (s x, MLP(x))`.

    A kernel on `phi` is one on `x` where the network is silent, so that distance in `x` is never lost, and
    points that the network maps onto each other are still told apart. The network begins at its critical
    point.

    Source: the distance-preserving encoders of van Amersfoort et al. (2021) have the same aim.

    Args:
        in_features: number `d` of inputs.
        hidden: the widths of the network.
        features: number of features added to the inputs.
        input_scale: `s`.
        seed: of the initial weights.
    """

    @remembers_construction
    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int] = (32, 32),
        features: int = 2,
        input_scale: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.network = MLP(in_features, hidden, features, "tanh", seed=seed)
        critical_init_(self.network, "tanh", generator=torch.Generator().manual_seed(seed))
        self.input_scale = input_scale

    def forward(self, x: Tensor) -> Tensor:
        """`... x (d + features)` for `... x d`."""
        return torch.cat([self.input_scale * x, self.network(x)], dim=-1)
