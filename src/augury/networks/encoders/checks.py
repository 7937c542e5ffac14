"""What staged encoders ask of their settings and of their inputs."""

from __future__ import annotations

from math import ceil

from torch import Tensor

from augury.errors import InvalidInputError


def check_stages(depths: tuple[int, ...], out_indices: tuple[int, ...] | None, num_classes: int) -> None:
    """Refuses stages without blocks, maps of stages that do not exist, and maps together with logits.

    Args:
        depths: number of blocks of each stage.
        out_indices: stages whose maps are asked for.
        num_classes: number of logits asked for.

    Raises:
        InvalidInputError: as above.
    """
    if not depths or min(depths) < 1:
        raise InvalidInputError(f"every stage needs at least one block; given depths {depths}")
    if out_indices is not None and num_classes:
        raise InvalidInputError("a network gives maps (out_indices) or logits (num_classes), not both")
    if out_indices is not None and not set(out_indices) <= set(range(len(depths))):
        raise InvalidInputError(f"out_indices lie in 0..{len(depths) - 1}; given {out_indices}")


def check_map(x: Tensor, in_channels: int, spatial_dims: int, stride: int, *, training: bool) -> None:
    """Refuses inputs of another shape, and those too small for the stages.

    Args:
        x: the input, `B x in_channels x ...`.
        in_channels: expected.
        spatial_dims: 1 or 2.
        stride: of the last stage.
        training: whether batch statistics will be taken.

    Raises:
        InvalidInputError: as above, or in training one input whose last map is one place.
    """
    sides = tuple(x.shape[2:])
    if len(sides) != spatial_dims or x.shape[1] != in_channels:
        places = "H x W" if spatial_dims == 2 else "L"
        raise InvalidInputError(f"inputs are B x {in_channels} x {places}; given {tuple(x.shape)}")
    if min(sides) < stride:
        raise InvalidInputError(
            f"each side must be at least {stride} for this number of stages; given {sides}: "
            "enlarge the input or take fewer stages"
        )
    if training and x.shape[0] == 1 and all(ceil(side / stride) == 1 for side in sides):
        raise InvalidInputError(
            "a network in training mode cannot normalise one input whose last map is one place: give more "
            "inputs, larger ones, or call .eval()"
        )
