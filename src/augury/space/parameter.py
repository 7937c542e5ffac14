"""Parameter: what every kind of parameter offers to a Space."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.scales import Array, Scale

if TYPE_CHECKING:
    from augury.space.distributions import Distribution
    from augury.space.fidelity import Cost

#: Name of a parameter -> the value of it, or the values, for which another one exists.
ActiveIf = Mapping[str, Any]
ROLES = ("design", "fidelity", "task", "environment")
MAX_LEVELS = 1_000
"""Columns with more levels than this are searched as continuous and snapped afterwards."""


class Parameter(ABC):
    """One input of the function.

    A parameter turns a value into a *number* (the value itself, or the index of its level) and back; its
    `scale` turns the number into the encoded coordinate. Members are immutable.
    """

    role: str = "design"
    cost: Cost | None = None
    """Of the roles "fidelity" and "task": as `augury.space.fidelity.cost_of` returns it."""
    target: Any = None
    """The value of a fidelity or task that is optimised; None for the highest or last."""
    active_if: Mapping[str, Sequence[Any]] | None = None
    distribution: Distribution | None = None
    """How often each value occurs in use, for the role "environment"."""
    is_numeric: bool = True
    """False where the encoded column holds integer codes without order."""

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """The single-column scale of this parameter."""

    @property
    @abstractmethod
    def n_levels(self) -> int | None:
        """Number of distinct values, None where continuous."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """The value in its canonical type, or InvalidInputError saying what is allowed."""

    @abstractmethod
    def to_numbers(self, values: Sequence[Any]) -> Array | None:
        """Numbers (n) of `values`, or None if some value needs `check` (wrong type, out of bounds)."""

    @abstractmethod
    def from_numbers(self, numbers: Array) -> list[Any]:
        """Values of an array (n) of numbers that `scale.value` returned."""

    def encoded_levels(self) -> Array:
        """Every level (n_levels) of a discrete parameter, encoded and sorted."""
        lowest = self.to_numbers(self.from_numbers(self.scale.value(np.zeros(1))))
        assert lowest is not None
        return self.scale.unit(lowest + np.arange(self.n_levels or 0))

    @abstractmethod
    def value_and_slope(self, u: Array) -> tuple[Array, Array]:
        """Numeric value and its derivative with respect to the coordinate, at coordinates `u` of any shape.

        The smooth extension between levels, which linear constraints are evaluated on.

        Raises:
            InvalidInputError: the values are not numbers.
        """

    @property
    def is_affine(self) -> bool:
        """Whether the numeric value is affine in the coordinate."""
        return False

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """JSON-able schema; options at their default are left out."""

    def __eq__(self, other: object) -> bool:
        # repr tells 1 from True, which == does not
        return type(self) is type(other) and repr(self.to_dict()) == repr(other.to_dict())

    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    def _common(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.role != "design":
            options["role"] = self.role
        if self.cost is not None:
            options["cost"] = self.cost
        if self.target is not None:
            options["target"] = self.target
        if self.active_if is not None:
            options["active_if"] = {name: list(values) for name, values in self.active_if.items()}
        if self.distribution is not None:
            options["distribution"] = self.distribution.to_dict()
        return options


def checked(name: str, parameter: Parameter, value: Any) -> Any:
    """`parameter.check(value)`, with the name of the parameter in the error."""
    try:
        return parameter.check(value)
    except InvalidInputError as error:
        raise InvalidInputError(f"parameter {name!r}: {error}") from None


def check_common(role: str, cost: Any, active_if: ActiveIf | None) -> dict[str, list[Any]] | None:
    """Check the options that every parameter takes.

    Returns:
        `active_if` with a list of values for each name, a single value having become one.

    Raises:
        InvalidInputError: unknown role, a cost of another than a fidelity or task, a malformed condition.
    """
    if role not in ROLES:
        raise InvalidInputError(f"role={role!r} is unknown; choose one of {', '.join(map(repr, ROLES))}")
    if cost is not None and role not in ("fidelity", "task"):
        raise InvalidInputError(f"cost={cost!r} needs role='fidelity' or 'task'; the role is {role!r}")
    if active_if is None:
        return None
    if not isinstance(active_if, Mapping) or not active_if or not all(map(_is_condition, active_if.items())):
        raise InvalidInputError(
            f"active_if={active_if!r} must map a parameter's name to the value, or the list of values, for "
            "which this one is active"
        )
    return {
        name: list(values) if isinstance(values, (list, tuple)) else [values]
        for name, values in active_if.items()
    }


def _is_condition(pair: tuple[Any, Any]) -> bool:
    """Whether a name and one value, or several."""
    name, values = pair
    one = isinstance(values, (str, bool, np.bool_)) or is_real(values)
    return isinstance(name, str) and (one or (isinstance(values, (list, tuple)) and len(values) > 0))


def is_real(value: Any) -> bool:
    """Whether `value` is a real number (bool is not one)."""
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def is_finite(value: Any) -> bool:
    """Whether `value` is a real number, finite as a float (10**400 is not)."""
    try:
        return is_real(value) and math.isfinite(value)
    except OverflowError:
        return False


def is_integer(value: Any) -> bool:
    """Whether `value` is a whole number, of an integer type or a float such as 3.0 (bool is not one)."""
    return is_real(value) and (
        isinstance(value, numbers.Integral) or (is_finite(value) and float(value).is_integer())
    )


_PLAIN_NUMBERS = {float, int, np.float64, np.int64}


def plain_numbers(values: Sequence[Any]) -> bool:
    """Whether all values are of the common number types (a fast test for whole columns)."""
    return set(map(type, values)) <= _PLAIN_NUMBERS
