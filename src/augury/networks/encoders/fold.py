"""Folding: normalisations and dilated kernels as part of one convolution."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.spatial import per_channel


def check_foldable(module: nn.Module) -> None:
    """Refuses to fold what cannot be folded faithfully, before anything is changed.

    Args:
        module: with batch normalisations somewhere in it.

    Raises:
        InvalidInputError: a normalisation is in training mode (running statistics are not what it uses), or
            a statistic is not finite.
    """
    for name, norm in module.named_modules():
        if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            continue
        if norm.training:
            raise InvalidInputError("folding uses the running statistics: call .eval() on the network first")
        for statistic in (norm.running_mean, norm.running_var):
            if statistic is not None and not statistic.isfinite().all():
                raise InvalidInputError(
                    f"the running statistics of {name} are not finite: the training diverged; "
                    "load weights from before that"
                )


def affine_of(norm: Any) -> tuple[Tensor, Tensor]:
    """Batch normalisation in evaluation mode, `scale * x + shift`: these two, of `C` entries each."""
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - norm.running_mean * scale


def fold_batch_norm(weight: Tensor, bias: Tensor | None, norm: nn.Module) -> tuple[Tensor, Tensor]:
    """The weight and bias of a convolution followed by a batch normalisation.

    Args:
        weight: `C_out x ...`.
        bias: `C_out`, or None.
        norm: of `C_out` channels, in evaluation mode.
    """
    scale, shift = affine_of(norm)
    return (
        weight * per_channel(scale, weight.dim() - 1),
        shift if bias is None else shift + bias * scale,
    )


def dense_kernel(kernel: Tensor, dilation: int, size: int) -> Tensor:
    """A dilated kernel as a dense one of `size` taps along each spatial dimension, centred.

    Args:
        kernel: `C_out x C_in x k (x k)`, `k` odd.
        dilation: distance `r` of its taps; `(k - 1) r + 1 <= size`.
        size: odd.
    """
    dims = kernel.dim() - 2
    margin = (size - ((kernel.shape[-1] - 1) * dilation + 1)) // 2
    dense = kernel.new_zeros(*kernel.shape[:2], *(size,) * dims)
    taps = slice(margin, size - margin, dilation)
    places: tuple[Any, ...] = (..., *(taps,) * dims)
    dense[places] = kernel
    return dense


def set_weights_(layer: Any, weight: Tensor, bias: Tensor) -> None:
    """Gives a convolution or linear map these values as its parameters, with a bias from now on."""
    layer.weight = nn.Parameter(weight.detach().clone(memory_format=torch.contiguous_format))
    layer.bias = nn.Parameter(bias.detach().clone())
