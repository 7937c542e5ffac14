"""The fidelity of a Space, or its task: the column that says which version of the function is evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.parameter import Parameter, is_finite
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space

ROLES = ("fidelity", "task")
Cost = float | list[list[Any]]
#: Levels that a continuous fidelity is looked at.
_GRID = 11


@dataclass(frozen=True, eq=False)
class Fidelity:
    """Which version of the function a point is evaluated in, what each costs, and which one counts.

    Args:
        name: of the parameter.
        column: its encoded column.
        target: the encoded value of the version that is optimised.
        ordered: whether versions have an order (the role "fidelity"); tasks have none.
        levels: the encoded values of a discrete one, the target among them; a grid up to the target of a
            continuous one.
        discrete: whether these are all there are.
        knots: encoded values at which a cost is declared, increasing.
        costs: the cost there.
    """

    name: str
    column: int
    target: float
    ordered: bool
    levels: Array
    discrete: bool
    knots: Array
    costs: Array

    @classmethod
    def of(cls, space: Space) -> Fidelity | None:
        """The fidelity or the task of a space, None where there is only one version.

        Raises:
            InvalidInputError: nothing else to vary, no cost, or a constraint that involves it.
            NotSupportedError: several of them, or one in a table of candidates.
        """
        names = [name for name, one in space.parameters.items() if one.role in ROLES]
        if not names:
            return None
        if len(names) > 1:
            raise NotSupportedError(
                f"{names[0]!r} and {names[1]!r} both name versions of the function; one parameter of the "
                "roles 'fidelity' and 'task' is supported: make one of all combinations"
            )
        [name] = names
        if space.candidates is not None:
            raise NotSupportedError(
                f"a table of candidates cannot have the fidelity {name!r}; give parameters"
            )
        if space.dim == 1:
            raise InvalidInputError(f"the only parameter that varies is the fidelity {name!r}; give others")
        column, parameter = space.columns.index(name), space.parameters[name]
        if parameter.active_if is not None:
            raise NotSupportedError(f"{name!r} names a version of the function; active_if= is not for it")
        if involved := space.rules.involving([column]):
            raise InvalidInputError(
                f"the constraint {involved[0]!r} involves {name!r}, which names a version of the function; "
                "leave it out"
            )
        return cls._of(name, column, parameter)

    @classmethod
    def _of(cls, name: str, column: int, parameter: Parameter) -> Fidelity:
        ordered = parameter.role == "fidelity"
        levels = parameter.n_levels
        discrete = levels is not None and (levels <= _GRID or not parameter.is_numeric)
        values = parameter.encoded_levels() if discrete else np.linspace(0.0, 1.0, _GRID)
        target = float(values[-1] if parameter.target is None else encoded_value(parameter, parameter.target))
        if ordered and parameter.cost is None:
            raise InvalidInputError(
                f"parameter {name!r}: a fidelity needs cost=, one number for each level, or a mapping from "
                "values to costs"
            )
        if not discrete:
            grid = np.linspace(0.0, target, _GRID) if target > 0.0 else np.zeros(1)
            values = np.unique(np.append(parameter.scale.unit(parameter.scale.value(grid)), target))
        knots, costs = _knots(parameter, target)
        return cls(name, column, target, ordered, values, discrete, knots, costs)

    def cost(self, X: Array) -> Array:
        """The declared cost (`n`) of evaluating points (`n x d`); logarithms are interpolated."""
        units = X[:, self.column]
        between = np.exp(np.interp(units, self.knots, np.log(self.costs)))
        nearest = np.abs(units[:, None] - self.knots).argmin(axis=1)
        cost: Array = np.where(np.abs(units - self.knots[nearest]) < 1e-9, self.costs[nearest], between)
        return cost

    def level_costs(self) -> Array:
        """The declared cost of each of `levels`."""
        return self.cost(self.at(np.zeros((len(self.levels), self.column + 1)), self.levels))

    def level_of(self, value: float) -> int:
        """The number of the level nearest to an encoded value."""
        return int(np.abs(self.levels - value).argmin())

    @property
    def target_level(self) -> int:
        """The number of the version that counts."""
        return self.level_of(self.target)

    @property
    def target_cost(self) -> float:
        """The declared cost of one evaluation of the version that counts."""
        return float(self.cost(self.at(np.zeros((1, self.column + 1)), self.target))[0])

    def at(self, X: Array, levels: float | Array) -> Array:
        """Points (`n x d`) in another version: one for all, or one for each."""
        moved = X.copy()
        moved[:, self.column] = levels
        return moved

    def at_target(self, X: Array) -> NDArray[np.bool_]:
        """Mask (`n`) of the points that are evaluated in the version that counts."""
        mask: NDArray[np.bool_] = np.abs(X[:, self.column] - self.target) < 1e-9
        return mask

    def is_target(self, params: Mapping[str, Any], parameter: Parameter) -> bool:
        """Whether params name the version that counts."""
        return abs(encoded_value(parameter, params[self.name]) - self.target) < 1e-9


def cost_of(given: Any, parameter: Parameter) -> Cost | None:
    """The cost of a fidelity or task in its stored form.

    Args:
        given: None; a number, how many times as much the target costs as the lowest value (between them the
            logarithm is interpolated); a number for each level, or of a parameter with other than two levels
            for its lowest and highest value; a mapping from values to costs, or a list of such pairs.
        parameter: complete but for this.

    Returns:
        None, the number, or a list of [value, cost].

    Raises:
        InvalidInputError: a cost that is not positive, a value that is none of the parameter's, or values
            without a cost.
    """
    if given is None:
        return None
    if is_finite(given):
        return float(_positive(given))
    if isinstance(given, Mapping):
        given = list(given.items())
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise InvalidInputError(
            f"cost={given!r} must be a positive number, one for each level, or a mapping from values to costs"
        )
    if not all(isinstance(one, (list, tuple)) for one in given):
        given = list(zip(_values(parameter, len(given)), given, strict=True))
    if any(len(pair) != 2 for pair in given):
        raise InvalidInputError(f"cost={given!r}: give pairs of a value and its cost")
    pairs = [[parameter.check(value), float(_positive(cost))] for value, cost in given]
    pairs.sort(key=lambda pair: encoded_value(parameter, pair[0]))
    units = [encoded_value(parameter, value) for value, _ in pairs]
    if len(set(units)) < len(units):
        raise InvalidInputError(f"cost={given!r} names a value twice")
    complete = units[0] == 0.0 and units[-1] >= _highest(parameter) - 1e-12
    if not complete or (not _interpolates(parameter) and len(units) != parameter.n_levels):
        wanted = "every value" if not _interpolates(parameter) else "the lowest and the highest value"
        raise InvalidInputError(f"cost={given!r} must name {wanted}")
    return pairs


def target_of(given: Any, parameter: Parameter) -> Any:
    """The value of a fidelity or task that is optimised, checked; None for the highest or last.

    Raises:
        InvalidInputError: not a value of the parameter, or a parameter of another role.
    """
    if given is None:
        return None
    if parameter.role not in ROLES:
        raise InvalidInputError(
            f"target={given!r} needs role='fidelity' or 'task'; the role is {parameter.role!r}"
        )
    return parameter.check(given)


def _positive(cost: Any) -> Any:
    if not is_finite(cost) or cost <= 0:
        raise InvalidInputError(f"cost={cost!r} must be a positive number")
    return cost


def _interpolates(parameter: Parameter) -> bool:
    return getattr(parameter, "values", None) is None


def _highest(parameter: Parameter) -> float:
    if not parameter.is_numeric:
        return float(parameter.encoded_levels()[-1])
    return encoded_value(parameter, parameter.from_numbers(parameter.scale.value(np.ones(1)))[0])


def _values(parameter: Parameter, count: int) -> list[Any]:
    """The values that `count` bare costs belong to."""
    values = getattr(parameter, "values", None)
    if values is None:
        levels = parameter.n_levels
        if levels == count:
            return parameter.from_numbers(parameter.scale.value(parameter.encoded_levels()))
        values = [parameter.low, parameter.high]  # type: ignore[attr-defined]
    if len(values) != count:
        raise InvalidInputError(
            f"cost has {count} numbers, but there are {len(values)} values: {list(values)}"
        )
    return list(values)


def encoded_value(parameter: Parameter, value: Any) -> float:
    """One value of a parameter as a point's entry.

    Raises:
        InvalidInputError: not a value of the parameter.
    """
    number = parameter.to_numbers([parameter.check(value)])
    assert number is not None
    return float(parameter.scale.unit(number)[0])


def _knots(parameter: Parameter, target: float) -> tuple[Array, Array]:
    """Where a cost is declared, and which."""
    if parameter.cost is None:
        return np.zeros(1), np.ones(1)
    if isinstance(parameter.cost, list):
        units = np.array([encoded_value(parameter, value) for value, _ in parameter.cost])
        return units, np.array([cost for _, cost in parameter.cost])
    if not parameter.is_numeric:
        codes = parameter.encoded_levels()
        return codes, np.where(codes == target, parameter.cost, 1.0)
    if target == 0.0:
        return np.zeros(1), np.array([parameter.cost])
    return np.array([0.0, target]), np.array([1.0, parameter.cost])
