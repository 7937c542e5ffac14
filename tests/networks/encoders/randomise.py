"""Networks as if trained: every parameter and running statistic away from its initial value."""

from __future__ import annotations

import torch
from torch import nn


def randomise_(network: nn.Module, seed: int = 0) -> nn.Module:
    """Random parameters and statistics, in evaluation mode."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in [*network.named_parameters(), *network.named_buffers()]:
            if "running_var" in name:
                value.uniform_(0.5, 2.0, generator=generator)
            elif value.is_floating_point():
                value.normal_(0.0, 0.3, generator=generator)
    return network.eval()
