"""Conditions: parameters that are active only for some values of another, and the encoding of the others.

An inactive parameter is not in a trial's params. Its column holds `INACTIVE`, the same for all points, so
that points are equal exactly when their params are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.fixed import Fixed
from augury.space.parameter import MAX_LEVELS, Parameter, checked
from augury.space.scales import Array

#: The coordinate of an inactive column: the lower bound, the first level, the first category.
INACTIVE = 0.0
_TOLERANCE = 1e-9  # of a coordinate, in which levels differ by more


@dataclass(frozen=True)
class Condition:
    """A column is active where another one is, and holds one of the listed coordinates.

    Args:
        column: the conditional column.
        parent: the column that it depends on.
        allowed: encoded values of the parent for which it is active.
    """

    column: int
    parent: int
    allowed: tuple[float, ...]


class Conditions:
    """The conditions of a space, parents before children.

    Args:
        conditions: what each conditional column depends on; all of a column's hold together.
        dim: number of columns.
    """

    def __init__(self, conditions: Sequence[Condition], dim: int) -> None:
        self._dim = dim
        self.conditions = tuple(_ordered(conditions))
        self.columns: list[int] = sorted({condition.column for condition in self.conditions})
        self.parents: list[int] = sorted({condition.parent for condition in self.conditions})

    @property
    def dim(self) -> int:
        """Number of columns."""
        return self._dim

    def __len__(self) -> int:
        return len(self.conditions)

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def active(self, X: Array) -> NDArray[np.bool_]:
        """Mask (n x dim) of the coordinates of encoded points (n x dim) that are active."""
        active = np.ones((len(X), self._dim), dtype=bool)
        for condition in self.conditions:
            holds = np.zeros(len(X), dtype=bool)
            for value in condition.allowed:
                holds |= np.abs(X[:, condition.parent] - value) <= _TOLERANCE
            active[:, condition.column] &= holds & active[:, condition.parent]
        return active

    def canonical(self, X: Array) -> Array:
        """Encoded points (n x dim) with the inactive coordinates at `INACTIVE`."""
        if not self.conditions:
            return X
        return np.where(self.active(X), X, INACTIVE)

    def check_complete(self, params: Sequence[Mapping[str, Any]], X: Array, names: Sequence[str]) -> None:
        """Refuse params (n), of encoded points `X` (n x dim), that lack an active parameter.

        Raises:
            InvalidInputError: one is missing.
        """
        active = self.active(X) if self.conditions else None
        for column in self.columns:
            assert active is not None
            if any(names[column] not in params[row] for row in np.flatnonzero(active[:, column]).tolist()):
                raise InvalidInputError(f"parameter {names[column]!r} is missing")

    def without_inactive(
        self, params: list[dict[str, Any]], X: Array, names: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The params (n) of encoded points (n x dim) without the parameters that are inactive."""
        active = self.active(X)
        for column in self.columns:
            for row in np.flatnonzero(~active[:, column]):
                del params[row][names[column]]
        return params

    def descendants(self, column: int) -> list[int]:
        """The columns whose activity depends on this one, at first or at second hand."""
        found = {column}
        for condition in self.conditions:  # parents come before children
            if condition.parent in found:
                found.add(condition.column)
        return sorted(found - {column})

    def of(self, column: int) -> list[Condition]:
        """The conditions of one column."""
        return [condition for condition in self.conditions if condition.column == column]


def conditions_of(parameters: Mapping[str, Parameter], columns: Sequence[str]) -> Conditions:
    """The conditions that the parameters of a space state by `active_if`.

    Args:
        parameters: name -> parameter, the constants included.
        columns: names of the encoded columns.

    Raises:
        InvalidInputError: a condition on an unknown or continuous parameter, on values it does not have, on
            itself in a circle, or one that is never or always met.
        NotSupportedError: a condition on a parameter of another role than "design".
    """
    conditions = []
    for name, parameter in parameters.items():
        if parameter.active_if is not None and parameter.role != "design":
            raise NotSupportedError(
                f"parameter {name!r}: active_if is not supported with role={parameter.role!r}; leave it out"
            )
        for parent, values in (parameter.active_if or {}).items():
            try:
                condition = _condition(name, parent, values, parameters, columns)
            except InvalidInputError as error:
                raise InvalidInputError(f"parameter {name!r}: active_if: {error}") from None
            if condition is not None:
                conditions.append(condition)
    return Conditions(conditions, len(columns))


def refuse_conditions(parameters: Mapping[str, Parameter], where: str) -> None:
    """Refuse conditional parameters where they have no meaning.

    Raises:
        NotSupportedError: a parameter has a condition.
    """
    for name, parameter in parameters.items():
        if parameter.active_if is not None:
            raise NotSupportedError(f"parameter {name!r}: active_if is not supported {where}; leave it out")


def condition_text(parameter: Parameter) -> str:
    """The condition of a parameter in words, as "optimizer in ['sgd']"."""
    wanted = parameter.active_if or {}
    return " and ".join(f"{parent} in {list(values)!r}" for parent, values in wanted.items())


def _condition(
    name: str, parent: str, values: Sequence[Any], parameters: Mapping[str, Parameter], columns: Sequence[str]
) -> Condition | None:
    if parent not in parameters or parent == name:
        others = ", ".join(repr(other) for other in parameters if other != name)
        raise InvalidInputError(f"{parent!r} is no other parameter; there are {others}")
    source = parameters[parent]
    wanted = [checked(parent, source, value) for value in values]
    if isinstance(source, Fixed):  # whose value `checked` has compared
        return None
    if source.n_levels is None or source.n_levels > MAX_LEVELS:
        raise InvalidInputError(
            f"{parent!r} has no short list of values; let it depend on a Categorical, an Int or a Float with "
            "a step"
        )
    numbers = source.to_numbers(wanted)
    assert numbers is not None
    allowed = np.unique(source.scale.unit(numbers))
    if len(allowed) == source.n_levels:
        raise InvalidInputError(f"all values of {parent!r} are listed; leave active_if out")
    return Condition(columns.index(name), columns.index(parent), tuple(allowed.tolist()))


def _ordered(conditions: Sequence[Condition]) -> list[Condition]:
    """The conditions with those of a parent before those on it.

    Raises:
        InvalidInputError: a parameter depends on itself at second hand.
    """
    waiting, ordered = list(conditions), []
    while waiting:
        open_columns = {condition.column for condition in waiting}
        ready = [condition for condition in waiting if condition.parent not in open_columns]
        if not ready:
            raise InvalidInputError("the conditions (active_if) of some parameters go in a circle")
        ordered += ready
        waiting = [condition for condition in waiting if condition not in ready]
    return ordered
