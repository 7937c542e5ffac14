"""The published networks: depths, widths and kernels, as data."""

from __future__ import annotations

from typing import Final, NamedTuple

from augury.errors import InvalidInputError


class UniRepLKNetVariant(NamedTuple):
    """Number of blocks by stage, and the width of the first."""

    depths: tuple[int, ...]
    width: int


UNIREPLKNET: Final = {
    "a": UniRepLKNetVariant((2, 2, 6, 2), 40),
    "f": UniRepLKNetVariant((2, 2, 6, 2), 48),
    "p": UniRepLKNetVariant((2, 2, 6, 2), 64),
    "n": UniRepLKNetVariant((2, 2, 8, 2), 80),
    "t": UniRepLKNetVariant((3, 3, 18, 3), 80),
    "s": UniRepLKNetVariant((3, 3, 27, 3), 96),
    "b": UniRepLKNetVariant((3, 3, 27, 3), 128),
    "l": UniRepLKNetVariant((3, 3, 27, 3), 192),
    "xl": UniRepLKNetVariant((3, 3, 27, 3), 256),
}
"""The variants of Ding et al. (2024)."""


class InceptionNeXtVariant(NamedTuple):
    """Number of blocks and channels by stage, and the mixer's share of channels and length of bands."""

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    branch_ratio: float = 0.125
    band_kernel: int = 11


INCEPTION_NEXT: Final = {
    "atto": InceptionNeXtVariant((2, 2, 6, 2), (40, 80, 160, 320), 0.25, 9),
    "tiny": InceptionNeXtVariant((3, 3, 9, 3), (96, 192, 384, 768)),
    "small": InceptionNeXtVariant((3, 3, 27, 3), (96, 192, 384, 768)),
    "base": InceptionNeXtVariant((3, 3, 27, 3), (128, 256, 512, 1024)),
}
"""The variants of Yu et al. (2024); the base one at 384 pixels has the same network."""

_THIRD_STAGE: Final = {
    (2, 2, 6, 2): (13,),
    (2, 2, 8, 2): (13,),
    (3, 3, 18, 3): (13, 3),
    (3, 3, 27, 3): (13, 3, 3),
}


def default_kernels(depths: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The published kernel sizes of each block, by stage, for the published depths.

    Small kernels in the first stage, 13 in the second and fourth; in a deep third stage every second or third
    block has 13 and the others 3.

    Raises:
        InvalidInputError: other depths.
    """
    if depths not in _THIRD_STAGE:
        known = ", ".join(map(str, _THIRD_STAGE))
        raise InvalidInputError(
            f"no default kernel sizes for depths {depths} (only for {known}): give kernel_sizes"
        )
    first, second, third, fourth = depths
    pattern = _THIRD_STAGE[depths]
    return (3,) * first, (13,) * second, pattern * (third // len(pattern)), (13,) * fourth
