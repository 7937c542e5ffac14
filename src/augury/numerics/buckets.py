"""Buckets of the line: their borders from a sample, and the masses that a normal gives them."""

from __future__ import annotations

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: Mass below each border of the lower tail, in masses of an ordinary bar.
_TAIL = (0.01, 0.05, 0.15, 0.4)
_LEAST_BARS_WITH_TAILS = 20


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


def mixture_bucket_masses(borders: Tensor, mean: Tensor, deviation: Tensor, weights: Tensor) -> Tensor:
    """`... x K` probabilities that a mixture of normals gives to the buckets, to an absolute 1e-16; the ends
    reach to infinity.

    The components are mixed before differences are taken: all that is as large as components times buckets
    are the distribution functions.

    Args:
        borders: `K + 1`.
        mean: `... x E` of the components.
        deviation: `... x E`, positive.
        weights: `... x E`, or broadcasting to it, of sum 1.
    """
    z = (borders[1:-1] - mean.unsqueeze(-1)) / deviation.unsqueeze(-1)
    below = (weights.unsqueeze(-2) @ torch.special.ndtr(z)).squeeze(-2)
    ends = torch.zeros_like(below[..., :1]), torch.ones_like(below[..., :1])
    return torch.cat([ends[0], below, ends[1]], dim=-1).diff(dim=-1).clamp_min(0.0)


def fit_borders(values: Tensor, num_bars: int) -> Tensor:
    """`num_bars + 1` borders between which equally many of the sample's values lie, fewer in the tails.

    With twenty bars or more, four at each end hold geometrically less, so that wild values have bars of their
    own and the half-normals at the ends begin far out. The outermost borders are not the extremes but the
    medians of what lies beyond the next, as half-normals assume: one value alone does not stretch them.

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
    tail = torch.tensor(_TAIL if num_bars >= _LEAST_BARS_WITH_TAILS else (), dtype=torch.float64)
    equal = num_bars - 2 * len(tail)
    lower_tail = tail / equal
    share = torch.cat(
        [lower_tail, torch.linspace(0.0, 1.0, equal + 1, dtype=torch.float64)[1:-1], 1.0 - lower_tail.flip(0)]
    )
    first = share[:1] / 2.0
    share = torch.cat([first, share, 1.0 - first])
    position = share * (len(ordered) - 1)
    lower = position.floor().long()
    upper = (lower + 1).clamp_max(len(ordered) - 1)
    borders = ordered[lower] + (position - lower) * (ordered[upper] - ordered[lower])
    widths = borders.diff()  # the ends are as wide as their neighbours at least: the half-normals fall slowly
    borders[0] = borders[1] - max(widths[0], widths[1])
    borders[-1] = borders[-2] + max(widths[-1], widths[-2])
    least = 1e-9 * float(borders[-1] - borders[0])
    keep = torch.cat([torch.tensor([True]), borders.diff() > least])
    if int(keep.sum()) < 4:
        raise InvalidInputError("the sample has too few different values to make buckets of")
    return borders[keep]
