"""Whether all entries of a tensor are finite."""

from __future__ import annotations

from math import isfinite

from torch import Tensor

from augury.errors import InvalidInputError


def check_finite(values: Tensor, name: str, what: str = "entry", hint: str = "") -> None:
    """Refuse a tensor with entries that are not finite, at the cost of a sum.

    Args:
        values: any shape.
        name: of the tensor.
        what: each entry is.
        hint: ends the sentence.

    Raises:
        InvalidInputError: there are such entries; it names the place of the first.
    """
    if isfinite(values.detach().sum().item()):  # far cheaper than a look at each entry
        return
    for place in values.isfinite().logical_not().nonzero().tolist()[:1]:  # none where only the sum overflows
        raise InvalidInputError(
            f"{name}{place} is {values[tuple(place)].item()}; every {what} must be finite{hint}"
        )
