"""All prefixes of an associative operation, in a number of vectorised steps that grows with the logarithm."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Elements = tuple[Tensor, ...]


def prefixes(combine: Callable[[Elements, Elements], Elements], elements: Elements) -> Elements:
    """The combinations of the first 1, 2, ..., `n` elements; `2 n` combinations in all.

    Args:
        combine: associative; earlier elements are its first argument. Works along the first dimension.
        elements: tensors of `n` entries each along the first dimension.

    Source: Blelloch, "Prefix sums and their applications", 1990.
    """
    n = len(elements[0])
    if n == 1:
        return elements
    pairs = combine(tuple(one[: n - 1 : 2] for one in elements), tuple(one[1::2] for one in elements))
    odd = prefixes(combine, pairs)
    if n == 2:
        even = tuple(one[:1] for one in elements)
    else:
        rest = tuple(one[2::2] for one in elements)
        later = combine(tuple(one[: len(rest[0])] for one in odd), rest)
        even = tuple(torch.cat([one[:1], two]) for one, two in zip(elements, later, strict=True))
    return tuple(_interleaved(first, second, n) for first, second in zip(even, odd, strict=True))


def _interleaved(even: Tensor, odd: Tensor, n: int) -> Tensor:
    if len(odd) < len(even):
        odd = torch.cat([odd, even[-1:]])  # cut off again
    return torch.stack([even, odd], dim=1).flatten(0, 1)[:n]
