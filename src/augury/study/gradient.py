"""Derivatives of an outcome, as a person or a program tells them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.study.number import as_number

if TYPE_CHECKING:
    from augury.space.parameter import Parameter


def parse_gradient(outcome: str, given: Any, parameters: Mapping[str, Parameter]) -> dict[str, float]:
    """Parameter -> derivative of the outcome, in their own units; absent where not measured.

    Args:
        outcome: its name.
        given: {parameter: derivative}, or one derivative per parameter in the order of the space; None or NaN
            where it was not measured, as it cannot be by categories.
        parameters: those of the space, in order.

    Raises:
        InvalidInputError: unknown parameters, a sequence of another length, a derivative by a category, or
            one that is not a number or infinite.
    """
    from augury.space.numeric import Numeric

    if not isinstance(given, Mapping):
        given = _by_position(outcome, given, list(parameters))
    gradient = {}
    for name, entry in given.items():
        if name not in parameters:
            raise InvalidInputError(
                f"the gradient of {outcome!r} names the unknown parameter {name!r}; the parameters are "
                f"{', '.join(map(repr, parameters))}"
            )
        number = math.nan if entry is None else as_number(entry)
        if number is None or math.isinf(number):
            raise InvalidInputError(
                f"the derivative of {outcome!r} by {name!r} is {entry!r}; it must be a finite number, "
                "or None where it was not measured"
            )
        if math.isnan(number):
            continue
        if not isinstance(parameters[name], Numeric):
            raise InvalidInputError(
                f"{outcome!r} has no derivative by {name!r}, which is no number between bounds; leave it out"
            )
        gradient[str(name)] = number
    return gradient


def _by_position(outcome: str, given: Any, names: list[str]) -> dict[str, Any]:
    entries = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(entries, Sequence) or isinstance(entries, (str, bytes)) or len(entries) != len(names):
        raise InvalidInputError(
            f"the gradient of {outcome!r} must have one derivative per parameter, in the order "
            f"{', '.join(map(repr, names))}, or be a mapping with their names"
        )
    return dict(zip(names, entries, strict=True))
