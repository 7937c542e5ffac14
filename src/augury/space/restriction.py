"""Restriction: columns of a Space held at given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.space.fixed import Fixed
from augury.space.parameter import checked
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space


def held_columns(space: Space, fixed: Mapping[str, Any]) -> dict[int, float]:
    """Column -> encoded value at which `fixed` (name -> value) holds it.

    Raises:
        InvalidInputError: an unknown name, or a value that the parameter does not allow.
    """
    held = {}
    for name, value in fixed.items():
        if name not in space.parameters:
            known = ", ".join(map(repr, space.names))
            raise InvalidInputError(f"there is no parameter {name!r} to hold; there are {known}")
        parameter = space.parameters[name]
        number = parameter.to_numbers([checked(name, parameter, value)])
        if not isinstance(parameter, Fixed) and number is not None:
            held[space.columns.index(name)] = float(parameter.scale.unit(number)[0])
    return held


def hold(X: Array, held: Mapping[int, float]) -> Array:
    """Encoded points (n x dim) with the held columns at their values."""
    if held:
        X = X.copy()
        for column, value in held.items():
            X[:, column] = value
    return X
