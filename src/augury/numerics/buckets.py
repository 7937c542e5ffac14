"""Buckets of the line: their borders from a sample, and the masses that a normal gives them."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.errors import InvalidInputError


def normal_bucket_masses(borders: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """`... x K` probabilities that a normal gives to the buckets; the ends reach to infinity.

    Args:
        borders: `K + 1`.
        mean: any shape.
        deviation: the same shape, positive.
    """
    z = (borders[1:-1] - mean.unsqueeze(-1)) / deviation.unsqueeze(-1)
    # from the nearer side, so that the masses of far buckets keep their digits
    lower, upper = torch.special.ndtr(z), torch.special.ndtr(-z)
    ones = torch.ones_like(lower[..., :1])
    zeros = torch.zeros_like(ones)
    left = torch.cat([lower, ones], -1) - torch.cat([zeros, lower], -1)
    right = torch.cat([ones, upper], -1) - torch.cat([upper, zeros], -1)
    use_left = torch.cat([z, z[..., -1:]], -1) <= 0.0
    return torch.where(use_left, left, right).clamp_min(0.0)


def fit_borders(values: Tensor, num_bars: int) -> Tensor:
    """`num_bars + 1` borders between which equally many of the sample's values lie.

    The outermost are not the extremes but the medians of what lies in the first and the last bucket, as the
    half-normals there assume: one wild value does not stretch them.

    Args:
        values: a large sample, any shape.
        num_bars: number of buckets `K`; fewer where the sample repeats itself.

    Raises:
        InvalidInputError: values that are not finite or too few, or fewer than 3 buckets.
    """
    values = values.reshape(-1).double()
    if num_bars < 3 or len(values) < 2 * num_bars or not bool(values.isfinite().all()):
        raise InvalidInputError(
            f"borders of {num_bars} bars (at least 3) need twice as many finite values; given {len(values)}"
        )
    ordered = values.sort().values
    share = torch.linspace(0.0, 1.0, num_bars + 1, dtype=torch.float64)
    share[0], share[-1] = 0.5 / num_bars, 1.0 - 0.5 / num_bars
    position = share * (len(ordered) - 1)
    lower = position.floor().long()
    upper = (lower + 1).clamp_max(len(ordered) - 1)
    borders = ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])
    least = 1e-9 * float(borders[-1] - borders[0])
    keep = torch.cat([torch.tensor([True]), borders.diff() > least])
    if int(keep.sum()) < 4:
        raise InvalidInputError("the sample has too few different values to make buckets of")
    return borders[keep]
