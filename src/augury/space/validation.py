"""Validation: whether a mapping of params is a point of a Space, and which one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.space.conditions import condition_text
from augury.space.fixed import Fixed
from augury.space.parameter import checked
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space


def validated(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """The params, complete and in canonical types; see `Space.validate`.

    Raises:
        InvalidInputError: params that are not a point of the space.
    """
    result = _completed(space, space.arrays.split(params))
    X = _encoded(space, result)
    _check_held(space, result, X)
    _check_constraints(space, result, X)
    return space.arrays.joined(result)


def _completed(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(params, Mapping):
        raise InvalidInputError(f"params must map names to values, not be {params!r}")
    unknown = [name for name in params if name not in space.parameters]
    if unknown:
        raise InvalidInputError(
            f"there is no parameter {unknown[0]!r}; there are {', '.join(map(repr, space.names))}"
        )
    result = {}
    for name, parameter in space.parameters.items():
        if name in params:
            result[name] = checked(name, parameter, params[name])
        elif isinstance(parameter, Fixed):
            result[name] = parameter.value
        elif parameter.active_if is None:
            raise InvalidInputError(f"parameter {name!r} is missing")
    _check_active(space, result)
    return result


def _check_active(space: Space, params: dict[str, Any]) -> None:
    """Refuse values of inactive parameters, of which a typing error in another one may be the cause."""
    if not space.conditions:
        return
    active = space.conditions.active(space.encode([params]))[0]
    for column in space.conditions.columns:
        name = space.columns[column]
        if name in params and not active[column]:
            needs = condition_text(space.parameters[name])
            raise InvalidInputError(f"parameter {name!r} exists only for {needs}; leave it out here")


def _encoded(space: Space, params: dict[str, Any]) -> Array:
    if space.candidates is None:
        return space.encode([params])
    try:
        X = space.encode([params])
        space.row_index(X)
    except InvalidInputError as error:
        raise InvalidInputError(f"{params!r} is not a row of the candidate table") from error
    return X


def _check_held(space: Space, params: dict[str, Any], X: Array) -> None:
    for column, value in space.fixed_columns.items():
        if X[0, column] != value:
            name = space.columns[column]
            raise InvalidInputError(
                f"parameter {name!r} is held at {space.decode_fixed()[name]!r}, not {params[name]!r}"
            )


def _check_constraints(space: Space, params: dict[str, Any], X: Array) -> None:
    broken = space.rules.broken(X[0]) if space.rules else None
    if broken is not None:
        raise InvalidInputError(f"{params!r} violates the constraint {broken[0]!r} by {broken[1]:.6g}")
