"""Past experiments as encoded points, also those between the levels that a space proposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.conditions import condition_text
from augury.space.parameters import Categorical, Fixed, Parameter
from augury.space.space import Space
from augury.study.sheet.cells import Cell, Number, label
from augury.study.sheet.table import Table


def encode_rows(table: Table, space: Space, advice: str) -> NDArray[np.float64]:
    """Encoded points (n x dim) of the rows of a table.

    What was measured between two levels, or outside a constraint, is a measurement all the same and keeps its
    exact place; only proposals are held to them. The cell of an inactive parameter is empty.

    Args:
        table: the experiments, n rows, with a column for every parameter that is not fixed.
        space: the space, or table of candidates.
        advice: what to do about a value that the space does not have, for the message.

    Raises:
        InvalidInputError: a cell is empty, of the wrong kind or outside its bounds (row and column named).
    """
    X = np.empty((table.n, space.dim))
    for name, parameter in space.parameters.items():
        if name not in table.columns and isinstance(parameter, Fixed):
            continue
        coordinates = _coordinates(table, name, parameter, advice)
        if name in space.columns:
            X[:, space.columns.index(name)] = coordinates
    _check_active(table, space, X)
    return space.conditions.canonical(X)


def _check_active(table: Table, space: Space, X: NDArray[np.float64]) -> None:
    """Refuse empty cells of active parameters, and cells that hold something of inactive ones."""
    if not space.conditions:
        return
    active = space.conditions.active(X)
    for column in space.conditions.columns:
        name = space.columns[column]
        for row, cell in enumerate(table.columns[name]):
            if (cell is not None) == active[row, column]:
                continue
            wanted = condition_text(space.parameters[name])
            reason = (
                "the cell is empty; fill it in" if cell is None else f"it should be empty: {name!r} exists"
            )
            raise InvalidInputError(f"{table.where(row, name)}: {reason} (only for {wanted})")


def value_of(cell: Cell, parameter: Parameter) -> Any:
    """A cell as a value of this parameter: a number where it takes numbers, else text as it was written."""
    if isinstance(cell, Number):
        return cell.value if _takes_numbers(parameter) else cell.text
    if isinstance(cell, bool):
        return cell if any(value is cell for value in _choices(parameter)) else str(cell)
    return None if cell is None else label(cell)


def _coordinates(table: Table, name: str, parameter: Parameter, advice: str) -> NDArray[np.float64]:
    values = [value_of(cell, parameter) for cell in table.columns[name]]
    if parameter.active_if is not None:
        (lowest,) = parameter.from_numbers(parameter.scale.value(np.zeros(1)))
        values = [lowest if value is None else value for value in values]
    numbers = parameter.to_numbers(values) if values else np.empty(0)
    if numbers is not None:
        coordinates: NDArray[np.float64] = parameter.scale.unit(numbers)
        return coordinates
    result = np.empty(len(values))
    for row, value in enumerate(values):
        try:
            result[row] = _coordinate(parameter, value)
        except InvalidInputError as error:
            reason = "the cell is empty; fill it in" if value is None else f"{error}; {advice}"
            raise InvalidInputError(f"{table.where(row, name)}: {reason}") from None
    return result


def _coordinate(parameter: Parameter, value: Any) -> float:
    try:
        number = parameter.to_numbers([parameter.check(value)])
        assert number is not None
        return float(parameter.scale.unit(number)[0])
    except InvalidInputError:
        between = _between_levels(parameter, value)
        if between is None:
            raise
        return between


def _between_levels(parameter: Parameter, value: Any) -> float | None:
    """The coordinate of a number within the bounds of a stepped parameter, None if it is not one."""
    low, high = getattr(parameter, "low", None), getattr(parameter, "high", None)
    if low is None or high is None or not isinstance(value, (int, float)) or not low <= value <= high:
        return None
    if not parameter.is_affine:
        return float(np.log(value / low) / np.log(high / low))
    ends, _ = parameter.value_and_slope(np.array([0.0, 1.0]))
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))


def _takes_numbers(parameter: Parameter) -> bool:
    choices = _choices(parameter)
    return not choices or any(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in choices
    )


def _choices(parameter: Parameter) -> Sequence[Any]:
    if isinstance(parameter, Categorical):
        return parameter.values
    return [parameter.value] if isinstance(parameter, Fixed) else []
