"""A large depthwise convolution trained with parallel dilated ones, folded into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.networks.encoders.fold import check_foldable, dense_kernel, fold_batch_norm, set_weights_
from augury.networks.encoders.spatial import batch_norm, convolution

DILATED_BRANCHES: dict[int, tuple[tuple[int, int], ...]] = {
    5: ((3, 1), (3, 2)),
    7: ((5, 1), (3, 2), (3, 3)),
    9: ((5, 1), (5, 2), (3, 3), (3, 4)),
    11: ((5, 1), (5, 2), (3, 3), (3, 4), (3, 5)),
    13: ((5, 1), (7, 2), (3, 3), (3, 4), (3, 5)),
    15: ((5, 1), (7, 2), (3, 3), (3, 5), (3, 7)),
    17: ((5, 1), (9, 2), (3, 4), (3, 5), (3, 7)),
}
"""The published branches `(kernel, dilation)` for each large kernel."""

REPARAMETERISATIONS = ("dilated", "small", "equivalent", "none")


def reparam_branches(kernel_size: int, reparam: str) -> tuple[tuple[int, int], ...]:
    """The branches beside a large kernel, by the kind of re-parameterisation.

    Args:
        kernel_size: `K`.
        reparam: `"dilated"`: the published ones; its controls: `"small"`: the same kernels without dilation,
            `"equivalent"`: dense kernels as wide as the dilated ones; `"none"`: no branches.

    Raises:
        InvalidInputError: a kind that is none of these, or no branches known for this size.
    """
    if reparam not in REPARAMETERISATIONS:
        raise InvalidInputError(f"reparam={reparam!r}: one of {', '.join(REPARAMETERISATIONS)}")
    if reparam == "none":
        return ()
    dilated = _branches(kernel_size, None)
    if reparam == "small":
        return tuple((size, 1) for size, _ in dilated)
    if reparam == "equivalent":
        return tuple(((size - 1) * dilation + 1, 1) for size, dilation in dilated)
    return dilated


@final
class DilatedReparamConv(nn.Module):
    r"""A depthwise convolution as a sum of a large kernel and dilated small ones, each batch-normalised.

    .. math:: y = BN_0(W_K * x) + \sum_j BN_j(W_{k_j, r_j} * x)

    In evaluation mode a dilated kernel is a sparse large one, so that the sum is one convolution with a bias:
    `reparameterize` makes it that, exactly.

    Source: Ding et al. (2024), "UniRepLKNet"; names of the parameters as in its checkpoints.

    Args:
        channels: `C`.
        kernel_size: `K`, odd.
        branches: pairs `(k_j, r_j)` with `(k_j - 1) r_j + 1 <= K`; by default those of `DILATED_BRANCHES`.
        spatial_dims: 1 or 2.
        folded: begin as the one convolution.
        generator: of the initial weights; by default one seeded with 0.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: an even kernel, a branch wider than it, or no default for this size.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        branches: Sequence[tuple[int, int]] | None = None,
        spatial_dims: int = 2,
        *,
        folded: bool = False,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        pairs = _branches(kernel_size, branches)
        generator = torch.Generator().manual_seed(0) if generator is None else generator
        self.kernel_size = kernel_size
        self.lk_origin = convolution(
            spatial_dims,
            channels,
            channels,
            kernel_size,
            groups=channels,
            bias=folded,
            generator=generator,
            device=device,
            dtype=dtype,
        )
        self._names: list[tuple[str, str]] = []
        if folded:
            return
        self.origin_bn = batch_norm(spatial_dims, channels, device=device, dtype=dtype)
        for place, (size, dilation) in enumerate(pairs):
            repeats = pairs[:place].count((size, dilation))
            name = f"k{size}_{dilation}" if repeats == 0 else f"k{size}_{dilation}_{repeats + 1}"
            conv = convolution(
                spatial_dims,
                channels,
                channels,
                size,
                dilation=dilation,
                groups=channels,
                bias=False,
                generator=generator,
                device=device,
                dtype=dtype,
            )
            self.add_module(f"dil_conv_{name}", conv)
            self.add_module(f"dil_bn_{name}", batch_norm(spatial_dims, channels, device=device, dtype=dtype))
            self._names.append((f"dil_conv_{name}", f"dil_bn_{name}"))

    @property
    def folded(self) -> bool:
        """Whether this is the one convolution."""
        return "origin_bn" not in self._modules

    def forward(self, x: Tensor) -> Tensor:
        """`B x C x ...` for `B x C x ...`, of the same size."""
        y: Tensor = self.lk_origin(x)
        if self.folded:
            return y
        y = self.origin_bn(y)
        for conv, norm in self._names:
            y = y + self.get_submodule(norm)(self.get_submodule(conv)(x))
        return y

    @torch.no_grad()
    def reparameterize(self) -> DilatedReparamConv:
        """Folds the branches into one convolution, in place; nothing if that was done.

        Raises:
            InvalidInputError: in training mode, or with statistics that are not finite.
        """
        if self.folded:
            return self
        check_foldable(self)
        weight, bias = fold_batch_norm(self.lk_origin.weight, None, self.origin_bn)
        for conv, norm in self._names:
            branch = self.get_submodule(conv)
            kernel, shift = fold_batch_norm(branch.weight, None, self.get_submodule(norm))  # type: ignore[arg-type]
            weight = weight + dense_kernel(kernel, branch.dilation[0], self.kernel_size)  # type: ignore[index,arg-type]
            bias = bias + shift
        set_weights_(self.lk_origin, weight, bias)
        for name in ("origin_bn", *(name for pair in self._names for name in pair)):
            delattr(self, name)
        self._names = []
        return self


def _branches(kernel_size: int, given: Sequence[tuple[int, int]] | None) -> tuple[tuple[int, int], ...]:
    if kernel_size < 3 or kernel_size % 2 == 0:
        raise InvalidInputError(f"the kernel size must be odd and at least 3; given {kernel_size}")
    if given is None:
        if kernel_size not in DILATED_BRANCHES:
            raise InvalidInputError(
                f"no default branches for a kernel of {kernel_size}: give branches, pairs of kernel and "
                f"dilation, or a kernel of {', '.join(map(str, DILATED_BRANCHES))}"
            )
        return DILATED_BRANCHES[kernel_size]
    for size, dilation in given:
        if size % 2 == 0 or size < 1 or dilation < 1 or (size - 1) * dilation + 1 > kernel_size:
            raise InvalidInputError(
                f"branch (kernel {size}, dilation {dilation}): the kernel must be odd, and "
                f"(kernel - 1) dilation + 1 at most {kernel_size}"
            )
    return tuple((int(size), int(dilation)) for size, dilation in given)
