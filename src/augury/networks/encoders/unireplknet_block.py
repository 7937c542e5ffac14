"""The residual block of UniRepLKNet."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.dilated_reparam import DilatedReparamConv, reparam_branches
from augury.networks.encoders.extra_structure import extra_structure, fold_structure_
from augury.networks.encoders.fold import affine_of, check_foldable, fold_batch_norm, set_weights_
from augury.networks.encoders.response_norm import GlobalResponseNorm
from augury.networks.encoders.spatial import batch_norm, convolution, linear, per_channel
from augury.networks.encoders.stochastic_depth import StochasticDepth


class ChannelsLast(nn.Module):
    """`B x C x ...` as `B x ... x C`."""

    def forward(self, x: Tensor) -> Tensor:
        """The view."""
        return x.movedim(1, -1)


class ChannelsFirst(nn.Module):
    """`B x ... x C` as `B x C x ...`."""

    def forward(self, x: Tensor) -> Tensor:
        """The view."""
        return x.movedim(-1, 1)


@final
class UniRepLKNetBlock(nn.Module):
    r"""Depthwise convolution, squeeze and excitation, and an inverted bottleneck, around a shortcut.

    .. math::
        y = x + D\bigl(\gamma \odot BN_2(W_2\, GRN(\mathrm{gelu}(W_1\, SE(BN_1(W * x)) + b_1)))\bigr)

    with `D` stochastic depth. The depthwise kernel `W` is a `DilatedReparamConv` from 7 taps on, a plain one
    for 3 and 5, and absent for 0.

    Source: Ding et al. (2024), "UniRepLKNet"; names of the parameters as in its checkpoints.

    Args:
        channels: `C`.
        kernel_size: 0, 3, 5, or an odd number from 7 on.
        shortcut: whether `x` is added.
        reparam: the branches beside a large kernel, see `reparam_branches`.
        extra: the structure after the kernel, see `extra_structure`.
        drop_path_rate: of stochastic depth.
        layer_scale: initial `gamma`.
        spatial_dims: 1 or 2.
        folded: begin as the folded graph.
        generator: of the initial weights; by default one seeded with 0.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: an even kernel or 1, or a kind of `reparam` or `extra` that is unknown.
    """

    gamma: nn.Parameter | None

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        *,
        shortcut: bool = True,
        reparam: str = "dilated",
        extra: str = "se",
        drop_path_rate: float = 0.0,
        layer_scale: float = 1e-6,
        spatial_dims: int = 2,
        folded: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0) if generator is None else generator
        at: dict[str, Any] = {"device": device, "dtype": dtype}
        self.shortcut, self.folded = shortcut, folded
        self.dwconv = _depthwise(channels, kernel_size, reparam, spatial_dims, folded, generator, at)
        self.norm = nn.Identity() if folded or kernel_size == 0 else batch_norm(spatial_dims, channels, **at)
        self.se = extra_structure(extra, channels, spatial_dims, folded=folded, generator=generator, **at)
        wide = 4 * channels
        self.pwconv1 = nn.Sequential(ChannelsLast(), linear(channels, wide, generator=generator, **at))
        self.act = nn.Sequential(nn.GELU(), GlobalResponseNorm(wide, spatial_dims, bias=not folded, **at))
        self.pwconv2 = nn.Sequential(
            linear(wide, channels, bias=folded, generator=generator, **at), ChannelsFirst()
        )
        if not folded:
            self.pwconv2.append(batch_norm(spatial_dims, channels, **at))
        self.register_parameter(
            "gamma", None if folded else nn.Parameter(torch.full((channels,), layer_scale, **at))
        )
        self.drop_path = StochasticDepth(drop_path_rate)

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`, of the same size."""
        y = self.se(self.norm(self.dwconv(x)))
        y = self.pwconv2(self.act(self.pwconv1(y)))
        if self.gamma is not None:
            y = per_channel(self.gamma, y.dim() - 2) * y
        y = self.drop_path(y)
        return x + y if self.shortcut else y

    @torch.no_grad()
    def reparameterize(self) -> UniRepLKNetBlock:
        """Folds every normalisation, dilated branch and scale into the convolution or linear map beside it.

        In place, and the same function in evaluation mode; nothing if that was done.

        Raises:
            InvalidInputError: in training mode, or with statistics that are not finite.
        """
        if self.folded:
            return self
        check_foldable(self)  # before anything is changed
        if not isinstance(self.norm, nn.Identity):
            kernel: Any = self.dwconv
            if isinstance(kernel, DilatedReparamConv):
                kernel = kernel.reparameterize().lk_origin
            set_weights_(kernel, *fold_batch_norm(kernel.weight, kernel.bias, self.norm))
            self.norm = nn.Identity()
        fold_structure_(self.se)
        # the offset of the response norm goes through the second linear map and becomes part of its bias
        project: Any = self.pwconv2[0]
        response: Any = self.act[1]
        scale, shift = affine_of(self.pwconv2[2])
        offset = project.weight @ response.beta.flatten()
        response.beta = None
        gamma = self.gamma
        assert gamma is not None
        set_weights_(project, project.weight * (gamma * scale)[:, None], gamma * (shift + offset * scale))
        del self.pwconv2[2]
        self.gamma = None
        self.folded = True
        return self


def _depthwise(
    channels: int,
    kernel_size: int,
    reparam: str,
    spatial_dims: int,
    folded: bool,
    generator: torch.Generator,
    at: dict[str, Any],
) -> nn.Module:
    if kernel_size == 0:
        return nn.Identity()
    if kernel_size < 3 or kernel_size % 2 == 0:
        raise InvalidInputError(f"a kernel has 0 or an odd number of at least 3 taps; given {kernel_size}")
    if kernel_size < 7:
        layer: nn.Module = convolution(
            spatial_dims,
            channels,
            channels,
            kernel_size,
            groups=channels,
            bias=folded,
            generator=generator,
            **at,
        )
        return layer
    branches = reparam_branches(kernel_size, reparam)
    return DilatedReparamConv(
        channels, kernel_size, branches, spatial_dims, folded=folded, generator=generator, **at
    )
