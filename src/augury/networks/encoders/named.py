"""Encoders of images by name, untrained."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.critical_init import critical_init_
from augury.networks.encoders.inception_next import InceptionNeXt
from augury.networks.encoders.spatial import convolution
from augury.networks.encoders.unireplknet import UniRepLKNet
from augury.networks.encoders.variants import INCEPTION_NEXT, UNIREPLKNET

_PLAIN = re.compile(r"conv-([1-9]\d?)x([1-9]\d?)")
_CHANNELS = 16


def encoder_names() -> list[str]:
    """What `named_encoder` takes, beside `conv-LxK`."""
    return [*(f"unireplknet-{v}" for v in UNIREPLKNET), *(f"inception-next-{v}" for v in INCEPTION_NEXT)]


def named_encoder(name: str, in_channels: int = 3, seed: int = 0) -> nn.Module:
    """An encoder of images `B x in_channels x H x W` with fresh weights, in single precision.

    Published networks get a layer scale of 1: at the published 1e-6 their blocks do nothing before training.

    Args:
        name: `unireplknet-a`, `inception-next-tiny` ... (see `encoder_names`), or `conv-24x3` for 24 plain
            convolutions of 3 x 3 with rectifiers and 16 channels, at their critical point.
        in_channels: of the images.
        seed: of the weights.

    Raises:
        InvalidInputError: a name that is none of these, or an even kernel.
    """
    family, _, variant = name.rpartition("-")
    settings: dict[str, Any] = {"in_channels": in_channels, "seed": seed, "dtype": torch.float32}
    if name in encoder_names():
        network = UniRepLKNet if family == "unireplknet" else InceptionNeXt
        return network.from_variant(variant, layer_scale=1.0, **settings)
    plain = _PLAIN.fullmatch(name)
    if plain is None:
        raise InvalidInputError(
            f"there is no encoder {name!r}; the names are {', '.join(encoder_names())}, and conv-LxK for L "
            "plain convolutions of K x K"
        )
    return _plain_convolutions(int(plain[1]), int(plain[2]), in_channels, seed)


def _plain_convolutions(layers: int, size: int, in_channels: int, seed: int) -> nn.Module:
    if size % 2 == 0:
        raise InvalidInputError(f"a kernel has an odd number of places along each side; given {size}")
    generator = torch.Generator().manual_seed(seed)
    modules: list[nn.Module] = []
    for layer in range(layers):
        before = _CHANNELS if layer else in_channels
        modules += [
            convolution(2, before, _CHANNELS, size, generator=generator, dtype=torch.float32),
            nn.ReLU(),
        ]
    return critical_init_(nn.Sequential(*modules), "relu", generator=generator)
