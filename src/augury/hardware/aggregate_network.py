"""The baseline: a network on sums and means over the layers, blind to their order."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from augury.hardware.encoding import NUM_FEATURES, NUM_GLOBALS


@final
class AggregateNetwork(nn.Module):
    """A multilayer perceptron on the mean of the layers' features, their number, and the design's own.

    Args:
        num_outputs: numbers predicted for a design.
        hidden: width of its two hidden layers.
        d_in: features of a layer.
        num_globals: features of a design.

    Source: the kind of baseline in Rahimifar et al., "rule4ml", 2024, without its tool versions and boards.
    """

    def __init__(
        self, num_outputs: int, *, hidden: int = 64, d_in: int = NUM_FEATURES, num_globals: int = NUM_GLOBALS
    ) -> None:
        super().__init__()
        self.first = nn.Linear(d_in + num_globals + 1, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, num_outputs)

    def forward(self, features: Tensor, mask: Tensor, whole: Tensor) -> Tensor:
        """`b x num_outputs`; arguments as in `LayerTransformer`."""
        count = mask.sum(dim=1, keepdim=True).to(features)
        aggregates = torch.cat([features.sum(dim=1) / count, count, whole], dim=-1)
        outputs: Tensor = self.head(relu(self.second(relu(self.first(aggregates)))))
        return outputs
