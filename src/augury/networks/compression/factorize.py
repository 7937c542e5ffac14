"""Any network with its layers factorised, and back to plain layers."""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Collection

from torch import nn

from augury.errors import InvalidInputError
from augury.networks.compression.factorized import (
    FactorizedConvolution,
    FactorizedLayer,
    FactorizedLinear,
)
from augury.networks.compression.separate_attention import SeparateAttention


def factorize(network: nn.Module, skip: Collection[str] = ()) -> nn.Module:
    """A copy of a network whose linear and convolutional layers are products of two factors.

    Attention is factorised in each of its projections; torch's `nn.MultiheadAttention`, which packs them, as
    `SeparateAttention`. Layers of other types and those with parametrisations stay as they are; so do, with a
    warning, convolutions in groups or with padding other than zeros, and layers that share a weight.

    Source: Horváth, Laskaridis, Rajput and Wang (2024), Maestro: uncovering low-rank structures via trainable
    decomposition.

    Args:
        network: any module; it is not changed.
        skip: names of layers, as in `named_modules`, that stay as they are.

    Returns:
        The copy, with the same outputs.

    Raises:
        InvalidInputError: a name in `skip` that is no layer's, or nothing that could be factorised.
    """
    missing = sorted(set(skip) - dict(network.named_modules()).keys())
    if missing:
        raise InvalidInputError(f"skip names what is no layer of the network: {', '.join(missing)}")
    network = copy.deepcopy(network)
    for name, module in list(network.named_modules()):
        if type(module) is nn.MultiheadAttention and name not in skip:
            network = _replaced(network, name, SeparateAttention(module).train(module.training))
    owners = Counter(
        id(parameter) for module in network.modules() for parameter in module.parameters(recurse=False)
    )
    whole, factorized = [], 0
    for name, layer in list(network.named_modules(remove_duplicate=False)):
        if name in skip or type(layer) not in (nn.Linear, nn.Conv1d, nn.Conv2d):
            continue
        shared = any(owners[id(parameter)] > 1 for parameter in layer.parameters())
        if shared or getattr(layer, "groups", 1) != 1 or getattr(layer, "padding_mode", "zeros") != "zeros":
            whole.append(name)
            continue
        if isinstance(layer, nn.Linear):
            replacement: FactorizedLayer = FactorizedLinear(layer)
        else:
            assert isinstance(layer, nn.Conv1d | nn.Conv2d)
            replacement = FactorizedConvolution(layer)
        network = _replaced(network, name, replacement.train(layer.training))
        factorized += 1
    if not factorized:
        raise InvalidInputError("the network has no linear or convolutional layer that can be factorised")
    if whole:
        warnings.warn(
            "left whole (groups, padding that is not zeros, or a shared weight): " + ", ".join(whole),
            stacklevel=2,
        )
    return network


def materialize(network: nn.Module) -> nn.Module:
    """A copy of a factorised network in layers of torch, at the ranks that are left.

    Each layer is a pair of layers, or one where that has fewer weights.

    Args:
        network: as `factorize` returns it; it is not changed.
    """
    network = copy.deepcopy(network)
    for name, layer in factorized_layers(network).items():
        network = _replaced(network, name, layer.plain().train(layer.training))
    return network


def factorized_layers(network: nn.Module) -> dict[str, FactorizedLayer]:
    """The factorised layers by name.

    Raises:
        InvalidInputError: there is none.
    """
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, FactorizedLayer)}
    if not layers:
        raise InvalidInputError("the network has no factorised layers; call factorize first")
    return layers


def _replaced(network: nn.Module, name: str, layer: nn.Module) -> nn.Module:
    """The network with another layer under this name."""
    if not name:
        return layer
    network.set_submodule(name, layer)
    return network
