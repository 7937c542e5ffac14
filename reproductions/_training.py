"""Short trainings of encoders with a head, by the squared error of random batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BATCH = 32


def trained_error(
    network: nn.Module,
    data: tuple[Tensor, Tensor],
    new: tuple[Tensor, Tensor],
    *,
    rate: float,
    steps: int,
    seed: int,
) -> float:
    """The root mean squared error on new pairs, as a share of their deviation.

    Args:
        network: trained in place by AdamW, the rate going up to its value and down again within the steps.
        data: inputs and targets.
        new: others.
        rate: the largest.
        steps: batches.
        seed: of the batches.
    """
    X, Y = data
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        chosen = torch.randint(len(X), (_BATCH,), generator=generator)
        optimizer.zero_grad()
        nn.functional.mse_loss(network(X[chosen]), Y[chosen]).backward()
        optimizer.step()
        schedule.step()
    inputs, truth = new
    with torch.no_grad():
        return float((network.eval()(inputs) - truth).square().mean().sqrt() / truth.std())
