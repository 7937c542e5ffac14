"""Cutting the ranks of a factorised network: what is worth nothing, and down to a budget."""

from __future__ import annotations

import copy
from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.compression.factorize import factorized_layers, materialize
from augury.networks.compression.ordered_ranks import importances


def shrink(network: nn.Module, threshold: float = 1e-5) -> dict[str, int]:
    """Mask the ranks of a factorised network whose importance is below a threshold.

    The importance is that over all later ranks, so that what is left is a beginning; each layer keeps at
    least one rank. Parameters keep their shapes, so that an optimiser goes on; `materialize` removes what is
    masked. Statistics of batch normalisation belong to other ranks afterwards: take them again, by
    `torch.optim.swa_utils.update_bn`.

    Args:
        network: as `factorize` returns it; changed in place.
        threshold: of the importance.

    Returns:
        The rank that each layer is left with.
    """
    worth = importances(network, hierarchical=True)
    ranks = {}
    for name, layer in factorized_layers(network).items():
        layer.rank = max(1, int((worth[name] >= threshold).sum()))
        ranks[name] = layer.rank
    return ranks


def parameter_count(network: nn.Module) -> int:
    """The parameters that a factorised network has once materialised."""
    layers = factorized_layers(network).values()
    factors = sum(layer.left.numel() + layer.right.numel() for layer in layers)
    return (
        sum(p.numel() for p in network.parameters())
        - factors
        + sum(layer.size(layer.rank) for layer in layers)
    )


@torch.no_grad()
def compress_to(
    network: nn.Module, budget: int, loss: Callable[[nn.Module], float | Tensor], block: float = 0.1
) -> nn.Module:
    """The factorised network in a number of parameters, without training.

    Greedy: of all layers, the one whose last ranks cost the least loss for each parameter saved loses them,
    until the budget holds.

    Source: Horváth et al. (2024), Maestro.

    Args:
        network: as `factorize` returns it, trained with ordered ranks; it is not changed.
        budget: the most parameters that the result may have.
        loss: of the network on a batch of data; called once for each layer and step.
        block: the share of its ranks that a layer loses at a step.

    Returns:
        A network in plain layers, as by `materialize`, in evaluation mode.

    Raises:
        InvalidInputError: a budget below what rank 1 everywhere takes, a share outside (0, 1].
    """
    if not 0.0 < block <= 1.0:
        raise InvalidInputError(f"block must be in (0, 1]; given {block}")
    network = copy.deepcopy(network).eval()
    layers = factorized_layers(network).values()
    least = parameter_count(network) - sum(layer.size(layer.rank) - layer.size(1) for layer in layers)
    if budget < least:
        raise InvalidInputError(f"at rank 1 everywhere the network has {least} parameters; given {budget}")
    current = float(loss(network))
    while parameter_count(network) > budget:
        best: tuple[float, float] | None = None
        for layer in layers:
            rank = layer.rank
            # just below full rank nothing is saved: the product has fewer weights than its factors
            lower = min(rank - max(1, ceil(block * rank)), layer.largest_saving_rank)
            lower = max(1, lower)
            saved = layer.size(rank) - layer.size(lower)
            if saved == 0:
                continue
            layer.rank = lower
            value = float(loss(network))
            layer.rank = rank
            price = (value - current) / saved
            if best is None or price < best[0]:
                best, chosen, chosen_rank = (price, value), layer, lower
        assert best is not None  # the budget is at or above the least
        chosen.rank, current = chosen_rank, best[1]
    return materialize(network)
