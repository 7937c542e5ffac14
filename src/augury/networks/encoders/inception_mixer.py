"""Inception depthwise convolutions: most channels untouched, some mixed along bands."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.spatial import convolution


@final
class InceptionDWConv2d(nn.Module):
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
        super().__init__()
        width = _branch_width(channels, branch_ratio, 3, (square_kernel, band_kernel))
        generator = torch.Generator().manual_seed(0) if generator is None else generator

        def branch(height: int, length: int) -> Any:
            return convolution(
                2,
                width,
                width,
                (height, length),
                groups=width,
                generator=generator,
                device=device,
                dtype=dtype,
            )

        self.dwconv_hw = branch(square_kernel, square_kernel)
        self.dwconv_w = branch(1, band_kernel)
        self.dwconv_h = branch(band_kernel, 1)
        self.widths = [channels - 3 * width, width, width, width]

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x H x W` for `B x C x H x W`."""
        untouched, square, row, column = x.split(self.widths, dim=1)
        return torch.cat(
            [untouched, self.dwconv_hw(square), self.dwconv_w(row), self.dwconv_h(column)], dim=1
        )


@final
class InceptionDWConv1d(nn.Module):
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
        super().__init__()
        width = _branch_width(channels, branch_ratio, 2, (short_kernel, band_kernel))
        generator = torch.Generator().manual_seed(0) if generator is None else generator

        def branch(length: int) -> Any:
            return convolution(
                1, width, width, length, groups=width, generator=generator, device=device, dtype=dtype
            )

        self.dwconv_s = branch(short_kernel)
        self.dwconv_b = branch(band_kernel)
        self.widths = [channels - 2 * width, width, width]

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x L` for `B x C x L`."""
        untouched, short, band = x.split(self.widths, dim=1)
        return torch.cat([untouched, self.dwconv_s(short), self.dwconv_b(band)], dim=1)


def _branch_width(channels: int, ratio: float, branches: int, kernels: tuple[int, ...]) -> int:
    for kernel in kernels:
        if kernel < 1 or kernel % 2 == 0:
            raise InvalidInputError(f"kernels of a mixer must be odd; given {kernel}")
    width = int(channels * ratio)
    if width < 1 or branches * width > channels:
        raise InvalidInputError(
            f"branch_ratio={ratio} gives each of {branches} branches {width} of {channels} channels: it must "
            f"be at least 1 / channels and at most 1 / {branches}"
        )
    return width
