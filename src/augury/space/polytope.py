"""Polytope: points that satisfy several linear constraints, found by (mixed-integer) linear programming.

In the parameters' own units every constraint is linear, whatever the scale; whole numbers and steps are
integer variables, ordered numbers that are not equally spaced one binary variable per level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.errors import InvalidInputError
from augury.space.inequalities import coordinate_of
from augury.space.repair import repaired
from augury.space.scales import Array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augury.space.counts import Count
    from augury.space.inequalities import Inequalities
    from augury.space.space import Space

_MOST_WHOLE = 2**31  # levels above which a whole number counts as continuous
_TIME_LIMIT = 10.0  # seconds; reached only by contrived integer programs


def check_satisfiable(space: Space) -> None:
    """Refuse a space whose constraints no point satisfies.

    Raises:
        InvalidInputError: there is no such point.
    """
    if not space.rules or feasible_point(space) is not None:
        return
    held = f" with {space.decode_fixed()!r}" if space.fixed_columns else ""
    broken = ", ".join(space.constraints)
    raise InvalidInputError(f"no point of the space{held} satisfies the constraints {broken}")


def feasible_point(space: Space) -> Array | None:
    """An encoded point (dim) that satisfies the constraints of `space`, None if there is none."""
    inequalities = space.rules.inequalities
    if len(inequalities) == 1 and not space.rules.thin:
        corner = _lowest_corner(space, inequalities)
        return corner if inequalities.feasible(corner[None])[0] else None
    return Polytope(space, space.rules.both_ways, space.rules.counts).vertex(np.zeros(space.dim))


def _lowest_corner(space: Space, inequalities: Inequalities) -> Array:
    """The corner of the cube at which a single constraint has its least value (every column is monotone)."""
    low, high = inequalities.ends()
    corner = np.where(inequalities.weights[0] * (high - low) < 0.0, 1.0, 0.0)
    for column, value in space.fixed_columns.items():
        corner[column] = value
    return corner


class Polytope:
    """The constrained columns of a space as the variables of a linear program.

    Args:
        space: the space, of which held columns are constants.
        inequalities: its linear constraints.
        counts: its cardinality constraints, each with one binary variable per column.
    """

    def __init__(self, space: Space, inequalities: Inequalities, counts: Sequence[Count] = ()) -> None:
        self._space = space
        low, high = _ends(space, inequalities, counts)
        held = np.zeros((1, space.dim))
        for column, value in space.fixed_columns.items():
            held[0, column] = value
        self._limits = inequalities.limits.copy()
        self._columns: list[
            tuple[int, slice, Array]
        ] = []  # column, its variables, values of one unit of each
        blocks, upper, integral = [], [], []
        start = 0
        involved = np.asarray(inequalities.weights.any(axis=0))
        for count in counts:
            involved[count.columns] = True
        for column in np.flatnonzero(involved).tolist():
            weight = inequalities.weights[:, column]
            if column in space.fixed_columns:
                self._limits -= weight * inequalities.natural(held)[0, column]
                continue
            parameter = space.column_parameters[column]
            if column in space.levels and not parameter.is_affine:
                units = parameter.value_and_slope(space.levels[column])[0]
                upper.append(np.ones(len(units)))
                integral.append(np.ones(len(units), dtype=int))
            else:
                steps = (parameter.n_levels or 1) - 1 if parameter.is_affine else 0
                whole = 0 < steps < _MOST_WHOLE
                units = np.array([(high[column] - low[column]) / (steps if whole else 1)])
                self._limits -= weight * low[column]
                upper.append(np.array([float(steps) if whole else 1.0]))
                integral.append(np.array([int(whole)]))
            self._columns.append((column, slice(start, start + len(units)), units))
            blocks.append(weight[:, None] * units)
            start += len(units)
        self._low, self._high = low, high
        self._matrix = np.concatenate(blocks, axis=1) if blocks else np.zeros((len(inequalities), 0))
        self._upper = np.concatenate(upper) if upper else np.empty(0)
        self._integral = np.concatenate(integral) if integral else np.empty(0)
        self._tolerance = inequalities.tolerance
        self._add_counts(counts)

    def _add_counts(self, counts: Sequence[Count]) -> None:
        """A binary variable z for each counted column, with low z <= value <= high z and sum z <= most."""
        for count in counts:
            most = count.most
            switched = []
            for column, zero in zip(count.columns.tolist(), count.zeros.tolist(), strict=True):
                if column in self._space.fixed_columns:
                    most -= self._space.fixed_columns[column] != zero
                else:
                    switched.append(next(entry for entry in self._columns if entry[0] == column))
            n, m = len(self._upper), len(switched)
            rows = np.zeros((2 * m + 1, n + m))
            limits = np.zeros(2 * m + 1)
            for place, (column, variables, units) in enumerate(switched):
                start = self._low[column] if len(units) == 1 else 0.0
                rows[place, variables], rows[place, n + place] = units, -self._high[column]
                rows[m + place, variables], rows[m + place, n + place] = -units, self._low[column]
                limits[place], limits[m + place] = -start, start
            rows[-1, n:], limits[-1] = 1.0, most
            self._matrix = np.concatenate([np.pad(self._matrix, ((0, 0), (0, m))), rows])
            self._limits = np.concatenate([self._limits, limits])
            self._tolerance = np.concatenate([self._tolerance, np.zeros(len(limits))])
            self._upper = np.concatenate([self._upper, np.ones(m)])
            self._integral = np.concatenate([self._integral, np.ones(m, dtype=int)])

    def vertex(self, direction: Array) -> Array | None:
        """The encoded point (dim) lowest in `direction` (dim, per range of a column); None if there is none.

        Columns in no constraint are at 0.
        """
        if len(self._upper) == 0:
            feasible = bool((self._limits >= -self._tolerance).all())
            return self._space.snap(np.zeros((1, self._space.dim)))[0] if feasible else None
        from scipy.optimize import Bounds, LinearConstraint, milp

        scale = np.abs(self._matrix).max(axis=1)
        scale = np.where(scale > 0.0, scale, 1.0)
        constraints = [
            LinearConstraint(
                self._matrix / scale[:, None], -np.inf, (self._limits + self._tolerance / 2) / scale
            )
        ]
        cost = np.zeros(len(self._upper))
        for column, variables, units in self._columns:
            width = self._high[column] - self._low[column]
            cost[variables] = direction[column] * units / width
            if len(units) > 1:
                one_hot = np.zeros((1, len(self._upper)))
                one_hot[0, variables] = 1.0
                constraints.append(LinearConstraint(one_hot, 1.0, 1.0))
        result = milp(
            cost,
            integrality=self._integral,
            bounds=Bounds(0.0, self._upper),
            constraints=constraints,
            options={"time_limit": _TIME_LIMIT},
        )
        return None if result.x is None else repaired(self._space, self._encoded(result.x)[None])[0]

    def _encoded(self, solution: Array) -> Array:
        point = np.zeros((1, self._space.dim))
        for column, variables, units in self._columns:
            parameter = self._space.column_parameters[column]
            x = solution[variables]
            if len(units) > 1:
                point[0, column] = self._space.levels[column][int(np.argmax(x))]
            elif parameter.is_affine:
                point[0, column] = x[0] / self._upper[variables][0]
            else:
                point[0, column] = coordinate_of(parameter, self._low[column] + units * x)[0]
        return self._space.snap(point)[0]


def _ends(space: Space, inequalities: Inequalities, counts: Sequence[Count]) -> tuple[Array, Array]:
    """Values (dim) of every constrained or counted column at coordinates 0 and 1."""
    low, high = inequalities.ends()
    for count in counts:
        for column in count.columns.tolist():
            low[column], high[column] = space.column_parameters[column].value_and_slope(np.array([0.0, 1.0]))[
                0
            ]
    return low, high
