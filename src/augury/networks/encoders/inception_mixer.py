"""Inception depthwise convolutions: most channels untouched, some mixed along bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.spatial import convolution


class _InceptionMixer(nn.Module):
    """The first channels untouched, then as many for each branch, a depthwise convolution by its name.

    Args:
        channels: of the map, all of them.
        branch_ratio: a branch's share of the channels.
        branches: the kernel of each, by the name of the submodule, in the order of the channels.
        generator: of the initial weights; one seeded with 0 when None.
        device: of the parameters.
        dtype: of the parameters.
    """

    def __init__(
        self,
        channels: int,
        branch_ratio: float,
        branches: Mapping[str, tuple[int, ...]],
        generator: torch.Generator | None,
        device: torch.device | str | None,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        width = _branch_width(channels, branch_ratio, list(branches.values()))
        generator = torch.Generator().manual_seed(0) if generator is None else generator
        for name, kernel in branches.items():
            branch = convolution(
                len(kernel),
                width,
                width,
                kernel,
                groups=width,
                generator=generator,
                device=device,
                dtype=dtype,
            )
            self.add_module(name, branch)
        self.widths = [channels - len(branches) * width] + [width] * len(branches)

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`."""
        untouched, *parts = x.split(self.widths, dim=1)
        mixed = [branch(part) for branch, part in zip(self.children(), parts, strict=True)]
        return torch.cat([untouched, *mixed], dim=1)


@final
class InceptionDWConv2d(_InceptionMixer):
    r"""Depthwise mixing of a few channels by a square and by two bands, the others passed on.

    With `g = floor(rho C)` channels a branch, in this order:

    .. math::
        y = (x_{1..C-3g},\; W_{k_s \times k_s} * x_{hw},\; W_{1 \times k_b} * x_w,\; W_{k_b \times 1} * x_h)

    Source: Yu et al. (2024), "InceptionNeXt"; the order and the names are those of its checkpoints (the paper
    writes the untouched group last).

    Args:
        channels: `C`.
        square_kernel: `k_s`, odd.
        band_kernel: `k_b`, odd.
        branch_ratio: `rho`.
        generator: of the initial weights; by default one seeded with 0.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: an even kernel, or a ratio that gives a branch no channel or more than there are.
    """

    def __init__(
        self,
        channels: int,
        square_kernel: int = 3,
        band_kernel: int = 11,
        branch_ratio: float = 0.125,
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        square, row, column = (square_kernel, square_kernel), (1, band_kernel), (band_kernel, 1)
        branches = {"dwconv_hw": square, "dwconv_w": row, "dwconv_h": column}
        super().__init__(channels, branch_ratio, branches, generator, device, dtype)


@final
class InceptionDWConv1d(_InceptionMixer):
    r"""The same for signals: `y = (x_{1..C-2g}, W_{k_s} * x_s, W_{k_b} * x_b)`.

    Args:
        channels: `C`.
        short_kernel: `k_s`, odd.
        band_kernel: `k_b`, odd.
        branch_ratio: `rho`; a branch has `floor(rho C)` channels.
        generator: of the initial weights; by default one seeded with 0.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: an even kernel, or a ratio that gives a branch no channel or more than there are.
    """

    def __init__(
        self,
        channels: int,
        short_kernel: int = 3,
        band_kernel: int = 11,
        branch_ratio: float = 0.125,
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        branches = {"dwconv_s": (short_kernel,), "dwconv_b": (band_kernel,)}
        super().__init__(channels, branch_ratio, branches, generator, device, dtype)


def _branch_width(channels: int, ratio: float, kernels: list[tuple[int, ...]]) -> int:
    for size in (size for kernel in kernels for size in kernel):
        if size < 1 or size % 2 == 0:
            raise InvalidInputError(f"kernels of a mixer must be odd; given {size}")
    width, branches = int(channels * ratio), len(kernels)
    if width < 1 or branches * width > channels:
        raise InvalidInputError(
            f"branch_ratio={ratio} gives each of {branches} branches {width} of {channels} channels: it must "
            f"be at least 1 / channels and at most 1 / {branches}"
        )
    return width
