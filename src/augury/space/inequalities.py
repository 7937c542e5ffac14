"""Linear inequalities: the constraints of a Space as functions of encoded points."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.columns import EncodedColumns
from augury.space.constraints import LinearConstraint
from augury.space.parameter import Parameter
from augury.space.scales import Array

_TOLERANCE = 1e-9  # of the largest value the sum can take, so that 0.1 + 0.2 <= 0.3 holds


class Inequalities:
    """c constraints over the encoded columns, `weights @ values(X) - limits <= 0`.

    Args:
        constraints: parsed constraints.
        parameters: those that a constraint may name (a Fixed one enters as a constant).
        columns: the encoded columns.

    Raises:
        InvalidInputError: a constraint names an unknown parameter or one without numeric values.
    """

    def __init__(
        self,
        constraints: Sequence[LinearConstraint],
        parameters: Mapping[str, Parameter],
        columns: EncodedColumns,
    ) -> None:
        self.texts = [constraint.text for constraint in constraints]
        self.limits: Array = np.array([constraint.bound for constraint in constraints])
        self.weights: Array = np.zeros((len(constraints), len(columns)))
        self._parameters = columns.parameters
        for row, constraint in enumerate(constraints):
            for name, weight in constraint.coefficients.items():
                self._add(row, name, weight, parameters, columns.names)
        self._find_involved()
        low, high = self.ends()
        reach = np.abs(self.weights) @ np.maximum(np.abs(low), np.abs(high))
        self.tolerance: Array = _TOLERANCE * (reach + np.abs(self.limits))

    def _add(
        self,
        row: int,
        name: str,
        weight: float,
        parameters: Mapping[str, Parameter],
        columns: Sequence[str],
    ) -> None:
        if name not in parameters:
            known = ", ".join(map(repr, parameters))
            raise InvalidInputError(
                f"constraint {self.texts[row]!r} names {name!r}, which is not a parameter; there are {known}"
            )
        if parameters[name].active_if is not None:
            raise NotSupportedError(
                f"constraint {self.texts[row]!r} names {name!r}, which is not always there (active_if); "
                "constrain parameters without a condition"
            )
        try:
            value, _ = parameters[name].value_and_slope(np.zeros(1))
        except InvalidInputError as error:
            raise InvalidInputError(f"constraint {self.texts[row]!r}: parameter {name!r}: {error}") from None
        if name in columns:
            self.weights[row, columns.index(name)] += weight
        else:
            self.limits[row] -= weight * value[0]

    def __len__(self) -> int:
        return len(self.texts)

    def joined(self, other: Inequalities) -> Inequalities:
        """These constraints and the other ones."""
        both = copy.copy(self)
        both.texts = self.texts + other.texts
        both.weights = np.concatenate([self.weights, other.weights])
        both.limits = np.concatenate([self.limits, other.limits])
        both.tolerance = np.concatenate([self.tolerance, other.tolerance])
        both._find_involved()
        return both

    def negated(self) -> Inequalities:
        """The constraints the other way round."""
        other = copy.copy(self)
        other.weights, other.limits = -self.weights, -self.limits
        return other

    def _find_involved(self) -> None:
        self._involved = np.flatnonzero(self.weights.any(axis=0))
        self._curved = [int(c) for c in self._involved if not self._parameters[c].is_affine]
        low, high = self.ends()
        self._offset, self._slope = low, high - low

    def ends(self) -> tuple[Array, Array]:
        """Values (dim) of every column at coordinates 0 and 1; zero for columns in no constraint."""
        ends = self.natural(np.array([[0.0], [1.0]]) * np.ones((1, len(self._parameters))))
        return ends[0], ends[1]

    def natural(self, X: Array) -> Array:
        """Values (n x dim) in the parameters' own units; zero in the columns that no constraint involves."""
        result = np.zeros_like(X)
        for column in self._involved:
            result[:, column] = self._parameters[column].value_and_slope(X[:, column])[0]
        return result

    def parameter(self, column: int) -> Parameter:
        """The parameter of a column."""
        return self._parameters[column]

    def coordinates(self, columns: NDArray[np.intp], values: Array) -> Array:
        """Coordinates (n x k) at which k involved columns have the given values (n x k)."""
        result: Array = (values - self._offset[columns]) / self._slope[columns]
        for place, column in enumerate(columns.tolist()):
            if column in self._curved:
                result[:, place] = coordinate_of(self._parameters[column], values[:, place])
        return result

    def values(self, X: Array) -> Array:
        """Constraint values (n x c) at encoded points (n x dim), feasible when <= 0."""
        values = self._offset + X * self._slope
        for column in self._curved:
            values[:, column] = self._parameters[column].value_and_slope(X[:, column])[0]
        result: Array = values @ self.weights.T - self.limits
        return result

    def jacobian(self, X: Array) -> Array:
        """Derivatives (n x c x dim) of the constraint values with respect to the encoded points."""
        slopes = np.tile(self._slope, (len(X), 1))
        for column in self._curved:
            slopes[:, column] = self._parameters[column].value_and_slope(X[:, column])[1]
        return self.weights * slopes[:, None, :]

    def feasible(self, X: Array) -> NDArray[np.bool_]:
        """Mask (n) of the points that meet every constraint to rounding error."""
        if not self.texts:
            return np.ones(len(X), dtype=bool)
        return np.all(self.values(X) <= self.tolerance, axis=1)

    @property
    def linear(self) -> tuple[Array, Array] | None:
        """(A, b) with A x <= b in encoded coordinates; None without constraints, or if one is curved."""
        if self._curved or not self.texts:
            return None
        return self.weights * self._slope, self.limits - self.weights @ self._offset


def coordinate_of(parameter: Parameter, values: Array) -> Array:
    """Coordinates (n) at which a parameter has the given values (n); bisection, for columns are monotone."""
    low, high = np.zeros_like(values), np.ones_like(values)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = parameter.value_and_slope(middle)[0] < values
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high
