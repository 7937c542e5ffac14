"""How far an encoder really sees: its effective receptive field."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class EffectiveReceptiveField:
    """What each place of the input contributes to the middle of the output.

    Args:
        map: contributions, of the input's sides (`H x W`, or `L` for signals), not negative.
    """

    map: Tensor

    def side(self, share: float = 0.5) -> float:
        """Side in places of the smallest centred window with more than this share of all contributions.

        Args:
            share: in `(0, 1)`.

        Returns:
            An odd number from 3 on; the longest side of the input where no window inside it has the share;
            nan where nothing contributes.
        """
        width = self._half_width(share)
        if width is None:
            return float(max(self.map.shape))
        return 2 * width + 1  # nan stays nan

    def ratio(self, share: float = 0.5) -> float:
        """The part of the input that the window of `side` covers: 1 where no window inside has the share."""
        width = self._half_width(share)
        return 1.0 if width is None else (2 * width + 1) ** self.map.dim() / self.map.numel()

    def _half_width(self, share: float) -> float | None:
        if not 0 < share < 1:
            raise InvalidInputError(f"a share of the contributions lies in (0, 1); given {share}")
        total = float(self.map.sum())
        if total == 0:
            return float("nan")
        axes = [(torch.arange(side, device=self.map.device) - side // 2).abs() for side in self.map.shape]
        distance = torch.stack(torch.meshgrid(*axes, indexing="ij")).amax(0)  # from the middle
        within = torch.bincount(distance.flatten(), self.map.flatten()).cumsum(0)
        for width in range(1, min(self.map.shape) // 2):
            if float(within[width]) > share * total:
                return width
        return None


def effective_receptive_field(
    module: nn.Module,
    inputs: Tensor,
    *,
    stage: int = -1,
    log_scale: bool = False,
    absolute: bool = False,
    channels_last: bool = False,
) -> EffectiveReceptiveField:
    r"""The effective receptive field of an encoder, averaged over inputs.

    .. math::
        a = \sum_c \max(0, f_c(x)_{\text{middle}}), \qquad P = \sum_{c'} \max(0, \partial a / \partial x_{c'})

    A place far from the middle may be connected to it and still contribute nothing: the field grows as the
    kernel size and only as the root of the depth. In evaluation mode; an untrained batch normalisation has
    mean 0 and variance 1. With a layer scale near zero only the downsampling layers are seen.

    Source: Luo et al. (2016), "Understanding the effective receptive field"; this measure and the ratios:
    Ding et al. (2022), "Scaling up your kernels to 31x31".

    Args:
        module: from `B x C x H x W` (or `B x C x L`) to a map with as many spatial dimensions (before
            pooling), or to a list of such maps. Of an encoder with a method `maps` that is taken instead.
        inputs: `B x C x ...`; those whose gradient is not finite are left out.
        stage: which map, if the module gives a list.
        log_scale: `log10(P + 1)`, scaled to a maximum of 1, as published; it depends on the scale of the
            gradient, the contributions themselves do not.
        absolute: `|.|` instead of `max(0, .)` of the gradient, to see negative influence.
        channels_last: the inputs are `B x ... x C`; maps are channels first all the same.

    Raises:
        InvalidInputError: outputs that are no maps, or no input with a finite gradient.
    """
    x = inputs.detach().clone().requires_grad_(True)
    with _evaluation(module), torch.enable_grad():
        outputs = getattr(module, "maps", module)(x)
        features = outputs[stage] if isinstance(outputs, list | tuple) else outputs
        if features.dim() != x.dim() or x.dim() not in (3, 4):
            raise InvalidInputError(
                "a receptive field needs inputs and outputs B x C x H x W or B x C x L; given "
                f"{tuple(x.shape)} and {tuple(features.shape)}: take the network without its pooling "
                "(out_indices)"
            )
        middle = features[(..., *(side // 2 for side in features.shape[2:]))]
        (gradient,) = torch.autograd.grad(middle.relu().sum(), x)
    each = (gradient.abs() if absolute else gradient.relu()).sum(-1 if channels_last else 1)
    finite = each.flatten(1).isfinite().all(1)
    if not finite.any():
        raise InvalidInputError("no input has a finite gradient: the network or its inputs are not finite")
    field = each[finite].mean(0)
    if log_scale:
        field = (field + 1).log10()
        field = field / field.max() if field.max() > 0 else field
    if not field.any():
        warnings.warn(
            "nothing contributes to the middle of the map: every feature there is at most 0", stacklevel=2
        )
    return EffectiveReceptiveField(field)


@contextmanager
def _evaluation(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, and each part's own mode again afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
