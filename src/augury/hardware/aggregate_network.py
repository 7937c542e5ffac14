"""The baseline: a network on sums and means over the layers, blind to their order."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from augury.hardware.aggregates import AGGREGATES
from augury.hardware.encoding import NUM_GLOBALS


@final
class AggregateNetwork(nn.Module):
    """A multilayer perceptron on a design's aggregates and its own features.

    Args:
        num_outputs: numbers predicted for a design.
        hidden: width of its two hidden layers.
        d_in: aggregates of a design.
        num_globals: features of a design.

    Source: the kind of baseline in Rahimifar et al., "rule4ml", arXiv 2408.05314 (2024).
    """

    def __init__(
        self,
        num_outputs: int,
        *,
        hidden: int = 64,
        d_in: int = len(AGGREGATES),
        num_globals: int = NUM_GLOBALS,
    ) -> None:
        super().__init__()
        self.first = nn.Linear(d_in + num_globals, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, num_outputs)

    def forward(self, features: Tensor, mask: Tensor, whole: Tensor) -> Tensor:
        """`b x num_outputs`, from what `AggregateEncoding` gives."""
        design = torch.cat([features.squeeze(-2), whole], dim=-1)
        outputs: Tensor = self.head(relu(self.second(relu(self.first(design)))))
        return outputs
