"""Counts: at most so many of some columns are not zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.constraints import CountConstraint
from augury.space.fixed import Fixed
from augury.space.parameter import Parameter
from augury.space.scales import Array

_TOLERANCE = 1e-12  # of a coordinate


@dataclass(frozen=True, eq=False)
class Count:
    """A cardinality constraint over encoded columns.

    Args:
        text: as it was written.
        columns: the columns counted.
        zeros: the coordinate of the value zero in each.
        most: how many may lie elsewhere.
    """

    text: str
    columns: NDArray[np.intp]
    zeros: Array
    most: int

    def nonzero(self, X: Array) -> NDArray[np.bool_]:
        """Mask (n x columns) of the coordinates of points (n x dim) that do not stand for zero."""
        mask: NDArray[np.bool_] = np.abs(X[:, self.columns] - self.zeros) > _TOLERANCE
        return mask

    def excess(self, X: Array) -> Array:
        """How many (n) more than `most` are not zero; met when <= 0."""
        excess: Array = self.nonzero(X).sum(axis=1) - float(self.most)
        return excess

    def with_zeros(self, X: Array, rank: Array) -> Array:
        """Points (n x dim) in which only the `most` columns of highest rank (n x columns) are left."""
        order = np.argsort(np.argsort(-rank, axis=1), axis=1)
        X = X.copy()
        X[:, self.columns] = np.where(order < self.most, X[:, self.columns], self.zeros)
        return X

    def enforced(self, X: Array) -> Array:
        """The points (n x dim) with all but the `most` coordinates furthest from zero set to zero."""
        return self.with_zeros(X, np.abs(X[:, self.columns] - self.zeros))


def counts_of(
    constraints: Sequence[CountConstraint], parameters: Mapping[str, Parameter], columns: Sequence[str]
) -> list[Count]:
    """The cardinality constraints of a space over its columns.

    Raises:
        InvalidInputError: an unknown parameter, or one that cannot be zero.
        NotSupportedError: a conditional parameter.
    """
    return [_count(constraint, parameters, columns) for constraint in constraints]


def _count(constraint: CountConstraint, parameters: Mapping[str, Parameter], columns: Sequence[str]) -> Count:
    places, zeros, most = [], [], constraint.most
    for name in constraint.names:
        if name not in parameters:
            known = ", ".join(map(repr, parameters))
            raise InvalidInputError(
                f"constraint {constraint.text!r} names {name!r}, which is not a parameter; there are {known}"
            )
        parameter = parameters[name]
        if parameter.active_if is not None:
            raise NotSupportedError(
                f"constraint {constraint.text!r} names {name!r}, which is not always there (active_if); "
                "constrain parameters without a condition"
            )
        if isinstance(parameter, Fixed):
            most -= parameter.value != 0
            continue
        zero = _zero(parameter)
        if zero is None:
            raise InvalidInputError(
                f"constraint {constraint.text!r} counts {name!r}, which is never zero; let its range hold 0"
            )
        places.append(columns.index(name))
        zeros.append(zero)
    if most < 0:
        raise InvalidInputError(f"constraint {constraint.text!r}: more of its constants are not zero")
    return Count(constraint.text, np.array(places, dtype=np.intp), np.array(zeros), most)


def _zero(parameter: Parameter) -> float | None:
    """The coordinate of zero, None where the parameter cannot have that value."""
    try:
        parameter.value_and_slope(np.zeros(1))
        numbers = parameter.to_numbers([parameter.check(0)])
    except InvalidInputError:
        return None
    return None if numbers is None else float(parameter.scale.unit(numbers)[0])
