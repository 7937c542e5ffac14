"""A chain of fixed random maps with rectifiers: a network of which only a last layer is learnt."""

from __future__ import annotations

from torch import nn

from augury.errors import InvalidInputError
from augury.kernels.random_features.relu import ReLUFeatures
from augury.networks.unit_norm import UnitNorm

#: The constant coordinate beside the first map's inputs, which have variance 1 each.
_BIAS_SCALE = 2.0


def rectified_chain(width: int, num_features: int, num_layers: int, seed: int) -> nn.Sequential:
    """Rectified random features of an input, and of those again, with features of length 1 between them.

    Args:
        width: number of inputs.
        num_features: of each map.
        num_layers: number of maps.
        seed: of the maps.

    Raises:
        InvalidInputError: no maps.
    """
    if num_layers < 1:
        raise InvalidInputError(f"num_layers must be at least 1; given {num_layers}")
    modules: list[nn.Module] = [ReLUFeatures(num_features, width, bias_scale=_BIAS_SCALE, seed=seed)]
    for layer in range(1, num_layers):
        modules += [UnitNorm(), ReLUFeatures(num_features, num_features, seed=seed + layer)]
    return nn.Sequential(*modules)
