"""Convolutions, linear maps and normalisations over signals or images, with weights from a generator."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError

_CONVOLUTIONS: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d}
_BATCH_NORMS: dict[int, type[nn.Module]] = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}
_STD = 0.02  # of initial weights: what the published networks use


def convolution(
    spatial_dims: int,
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, ...],
    *,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
    padding: int | tuple[int, ...] | None = None,
    generator: torch.Generator,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> Any:
    """A convolution of one or two spatial dimensions.

    Weights are truncated normal with deviation 0.02, biases zero.

    Args:
        spatial_dims: 1 for signals `B x C x L`, 2 for images `B x C x H x W`.
        in_channels: of the input.
        out_channels: of the output.
        kernel_size: taps along each dimension, odd where `padding` is not given.
        stride: step.
        dilation: distance of the taps.
        groups: as in `torch.nn.Conv2d`.
        bias: whether there is one.
        padding: zeros on each side; by default so many that stride 1 keeps the size.
        generator: of the weights (on the CPU, whatever the device: the same weights everywhere).
        device: of the parameters; `"meta"` costs no memory and leaves them without values.
        dtype: of the parameters.

    Raises:
        InvalidInputError: spatial dimensions other than 1 and 2.
    """
    if padding is None:
        sizes = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * spatial_dims
        padding = tuple(dilation * (size - 1) // 2 for size in sizes)
    layer = nn.utils.skip_init(  # torch's own initialisation would draw from the global random state
        _of(_CONVOLUTIONS, spatial_dims),
        in_channels,
        out_channels,
        kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias,
        device="cpu" if device is None else device,
        dtype=dtype,
    )
    _initialise_(layer, generator)
    return layer


def linear(
    in_features: int,
    out_features: int,
    *,
    bias: bool = True,
    generator: torch.Generator,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> nn.Linear:
    """A linear map with the initial weights of `convolution`."""
    layer = nn.utils.skip_init(
        nn.Linear,
        in_features,
        out_features,
        bias=bias,
        device="cpu" if device is None else device,
        dtype=dtype,
    )
    _initialise_(layer, generator)
    return layer


def batch_norm(
    spatial_dims: int,
    channels: int,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float64,
) -> Any:
    """Batch normalisation of `B x C x L` or `B x C x H x W`."""
    return _of(_BATCH_NORMS, spatial_dims)(channels, device=device, dtype=dtype)


def per_channel(values: Tensor, spatial_dims: int) -> Tensor:
    """A vector of `C` values as `C x 1 (x 1)`, to go with maps `B x C x L` or `B x C x H x W`."""
    return values.reshape(-1, *(1,) * spatial_dims)


def _initialise_(layer: nn.Module, generator: torch.Generator) -> None:
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, Tensor)
    if weight.is_meta:
        return
    values = torch.empty(weight.shape, dtype=weight.dtype)
    nn.init.trunc_normal_(values, std=_STD, generator=generator)
    with torch.no_grad():
        weight.copy_(values)
        if isinstance(bias, Tensor):
            bias.zero_()


def _of(kinds: dict[int, type[nn.Module]], spatial_dims: int) -> type[nn.Module]:
    if spatial_dims not in kinds:
        raise InvalidInputError(
            f"spatial_dims={spatial_dims}: 1 (signals, B x C x L) or 2 (images, B x C x H x W)"
        )
    return kinds[spatial_dims]
