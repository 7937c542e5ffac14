"""What follows a large kernel to deepen a block: squeeze and excitation, or one of its controls."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.encoders.fold import fold_batch_norm, set_weights_
from augury.networks.encoders.spatial import batch_norm, convolution
from augury.networks.encoders.squeeze_excitation import SqueezeExcitation

EXTRA_STRUCTURES: Final = ("se", "bottleneck", "pw2", "dw2", "none")


def extra_structure(
    kind: str,
    channels: int,
    spatial_dims: int = 2,
    *,
    folded: bool = False,
    generator: torch.Generator,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> nn.Module:
    """The structure between the large kernel of a block and its channel mixing.

    Source: Ding et al. (2024), "UniRepLKNet", comparison of structures after the large kernel.

    Args:
        kind: `"se"`: squeeze and excitation, reduction 4; `"bottleneck"`: 1x1 to `C/4`, depthwise 3x3, 1x1
            back; `"pw2"`: the two 1x1 alone; `"dw2"`: two depthwise 3x3; `"none"`. Convolutions are
            batch-normalised, with a rectifier between them.
        channels: `C`.
        spatial_dims: 1 or 2.
        folded: without the normalisations, which are part of the convolutions.
        generator: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: a kind that is none of these.
    """
    if kind not in EXTRA_STRUCTURES:
        raise InvalidInputError(f"extra={kind!r}: one of {', '.join(EXTRA_STRUCTURES)}")
    at: dict[str, Any] = {"device": device, "dtype": dtype}
    if kind == "se":
        return SqueezeExcitation(channels, 4, spatial_dims, generator=generator, **at)
    inner = max(channels // 4, 1)
    # (in, out, kernel, groups) of each convolution
    layers = {
        "none": [],
        "bottleneck": [(channels, inner, 1, 1), (inner, inner, 3, inner), (inner, channels, 1, 1)],
        "pw2": [(channels, inner, 1, 1), (inner, channels, 1, 1)],
        "dw2": [(channels, channels, 3, channels)] * 2,
    }[kind]
    modules: list[nn.Module] = []
    for before, after, size, groups in layers:
        modules += [
            convolution(
                spatial_dims, before, after, size, groups=groups, bias=folded, generator=generator, **at
            ),
            nn.Identity() if folded else batch_norm(spatial_dims, after, **at),
            nn.ReLU(),
        ]
    return nn.Sequential(*modules[:-1])


def fold_structure_(structure: nn.Module) -> None:
    """Folds the batch normalisations of an extra structure into the convolutions before them, in place."""
    if not isinstance(structure, nn.Sequential):
        return
    for place in range(0, len(structure), 3):
        conv: Any = structure[place]
        norm = structure[place + 1]
        if not isinstance(norm, nn.Identity):
            set_weights_(conv, *fold_batch_norm(conv.weight, conv.bias, norm))
            structure[place + 1] = nn.Identity()
