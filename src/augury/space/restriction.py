"""Restriction: columns of a Space held at given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

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
    if not isinstance(fixed, Mapping):
        raise InvalidInputError(f"fixed must map names to values, not be {fixed!r}")
    held = {}
    for name, value in space.arrays.split(fixed).items():
        if name not in space.parameters:
            known = ", ".join(map(repr, space.names))
            raise InvalidInputError(f"there is no parameter {name!r} to hold; there are {known}")
        parameter = space.parameters[name]
        number = parameter.to_numbers([checked(name, parameter, value)])
        if not isinstance(parameter, Fixed) and number is not None:
            held[space.columns.index(name)] = float(parameter.scale.unit(number)[0])
    return _with_parents(space, held)


def _with_parents(space: Space, held: dict[int, float]) -> dict[int, float]:
    """The held columns, and the columns that must have one value for these to be active.

    Raises:
        InvalidInputError: a held parameter is inactive, or could be.
    """
    for condition in reversed(space.conditions.conditions):  # children before parents
        if condition.column not in held:
            continue
        name, parent = space.columns[condition.column], space.columns[condition.parent]
        value = held.get(condition.parent, space.fixed_columns.get(condition.parent))
        if value is None and len(condition.allowed) == 1:
            held[condition.parent] = condition.allowed[0]
        elif value is None:
            raise InvalidInputError(f"parameter {name!r} depends on {parent!r}; hold {parent!r} as well")
        elif value not in condition.allowed:
            raise InvalidInputError(
                f"parameter {name!r} does not exist where {parent!r} is "
                f"{_value(space, condition.parent, value)!r}"
            )
    return held


def _value(space: Space, column: int, unit: float) -> Any:
    parameter = space.column_parameters[column]
    return parameter.from_numbers(parameter.scale.value(np.array([unit])))[0]


def hold(X: Array, held: Mapping[int, float]) -> Array:
    """Encoded points (n x dim) with the held columns at their values."""
    if held:
        X = X.copy()
        for column, value in held.items():
            X[:, column] = value
    return X
