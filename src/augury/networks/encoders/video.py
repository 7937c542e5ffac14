"""Video as one image: the frames side by side."""

from __future__ import annotations

import math

from torch import Tensor

from augury.errors import InvalidInputError


def video_to_map(video: Tensor, rows: int | None = None) -> Tensor:
    """The frames of a video as the tiles of one image, row by row, for an encoder of images.

    Source: Ding et al. (2024), "UniRepLKNet": 16 frames of 224 x 224 as one image of 896 x 896.

    Args:
        video: `B x T x C x H x W`.
        rows: of tiles, a divisor of `T`; by default the one that makes the grid most nearly square, not more
            rows than columns.

    Returns:
        `B x C x (rows H) x (T / rows W)`.

    Raises:
        InvalidInputError: a tensor of another shape, or rows that do not divide the frames.
    """
    if video.dim() != 5:
        raise InvalidInputError(f"video is B x T x C x H x W; given {tuple(video.shape)}")
    frames = video.shape[1]
    if rows is None:
        rows = next(row for row in range(math.isqrt(frames), 0, -1) if frames % row == 0)
    if rows < 1 or frames % rows:
        raise InvalidInputError(f"{frames} frames do not divide into {rows} rows: give a divisor")
    tiles = video.unflatten(1, (rows, frames // rows))  # B x rows x columns x C x H x W
    return tiles.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)
