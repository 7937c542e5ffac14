"""Categorical parameter: a choice from a list, without or with order, optionally described by numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.descriptors import Descriptors
from augury.space.distributions import distribution_of
from augury.space.fidelity import cost_of, target_of
from augury.space.parameter import ActiveIf, Parameter, check_common, is_finite, is_real
from augury.space.scales import Array, GridScale

_KINDS: dict[type, str] = {str: "text", bool: "bool", int: "number", float: "number"}


def category_key(value: Any) -> tuple[str, Any] | None:
    """What makes two categories the same (1 and 1.0 are; 1, True and "1" are not); None if not a category."""
    if hasattr(value, "item") and np.ndim(value) == 0:
        value = value.item()  # a NumPy scalar
    kind = _KINDS.get(type(value)) or ("text" if isinstance(value, str) else None)
    if kind is None or (kind == "number" and not is_finite(value)):
        return None
    return kind, value


class Categorical(Parameter):
    """A choice from a list of values.

    Unordered: encoded as the integer code 0..k-1, the position in `values`. Ordered: a numeric column of k
    equally spaced levels in [0, 1]. Values are text, finite numbers or bools; True is distinct from 1. There
    is no None category: use a word such as "none".

    Args:
        values: the k >= 2 distinct values.
        descriptors: numbers that describe each value, so that similar values can learn from each other (a
            solvent by its measured properties): a DataFrame whose index (or else first column) holds the
            values and whose other columns are numeric, or a mapping from descriptor name to k numbers in the
            order of `values`.
        ordered: whether neighbours in `values` are more alike than others (small, medium, large); those of a
            fidelity are.
        role: "design"; "environment" for one that nobody chooses in use (see `distribution`); "fidelity" or
            "task" for one that says which version of the function is evaluated.
        cost: of a fidelity or task, what each value costs (see `augury.space.fidelity.cost_of`).
        target: the value of a fidelity or task that is optimised; the highest or last when None.
        active_if: when the parameter exists: name of another one -> the value of it, or the values, for
            which it does; of several names, all must agree.
        distribution: how often each value occurs in use, for the role "environment": `Uniform()` (the
            default), `Normal(mean, std)` truncated to the bounds, or weights of the values (see
            `augury.space.distributions`).

    Raises:
        InvalidInputError: fewer than two values, duplicates, values of other types, incomplete descriptors.
    """

    def __init__(
        self,
        values: Sequence[Any],
        *,
        descriptors: Any = None,
        ordered: bool = False,
        role: str = "design",
        cost: Any = None,
        target: Any = None,
        active_if: ActiveIf | None = None,
        distribution: Any = None,
    ) -> None:
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            raise InvalidInputError(f"values={values!r} must be a list")
        if not isinstance(ordered, bool):
            raise InvalidInputError(f"ordered={ordered!r} must be True or False")
        conditions = check_common(role, cost, active_if)
        ordered = ordered or role == "fidelity"
        self.values: tuple[Any, ...] = tuple(_plain(value) for value in values)
        self.ordered = ordered
        self.is_numeric = ordered
        self.role, self.active_if = role, conditions
        self._codes = {category_key(value): code for code, value in enumerate(self.values)}
        self._check_values()
        if descriptors is not None and ordered:
            raise InvalidInputError("descriptors and ordered=True exclude each other; drop one")
        self.descriptors = None if descriptors is None else Descriptors.of(descriptors, self.values)
        self.distribution = distribution_of(distribution, self)
        self.cost, self.target = cost_of(cost, self), target_of(target, self)

    def _check_values(self) -> None:
        for value in self.values:
            if category_key(value) is None:
                raise InvalidInputError(
                    f"{value!r} cannot be a category: categories are text, finite numbers or bools"
                    + (' (for "nothing" use a word such as "none")' if value is None else "")
                )
        if len(self._codes) < len(self.values):
            seen: set[Any] = set()
            twice = next(v for v in self.values if category_key(v) in seen or seen.add(category_key(v)))  # type: ignore[func-returns-value]
            raise InvalidInputError(f"category {twice!r} is given twice")
        if len(self.values) < 2:
            allowed = f"; for a constant give the value alone, {self.values[0]!r}" if self.values else ""
            raise InvalidInputError(f"values={list(self.values)!r} has fewer than two categories{allowed}")

    @cached_property
    def scale(self) -> GridScale:
        return GridScale.levels(len(self.values)) if self.ordered else GridScale.codes(len(self.values))

    @property
    def n_levels(self) -> int:
        return len(self.values)

    def check(self, value: Any) -> Any:
        code = self._codes.get(category_key(value) or ("none", None))
        if code is None:
            shown = ", ".join(map(repr, self.values[:10])) + (", ..." if len(self.values) > 10 else "")
            raise InvalidInputError(f"{value!r} is not one of {shown}")
        return self.values[code]

    def to_numbers(self, values: Sequence[Any]) -> Array | None:
        try:
            codes = [self._codes[_KINDS[type(value)], value] for value in values]
        except KeyError:
            return None
        return np.array(codes, dtype=np.float64)

    def from_numbers(self, numbers: Array) -> list[Any]:
        return [self.values[code] for code in numbers.astype(np.intp).tolist()]

    @cached_property
    def _amounts(self) -> Array:
        """The values as numbers, for constraints."""
        if not (self.ordered and all(map(is_real, self.values))):
            raise InvalidInputError("a categorical parameter cannot stand in a linear constraint")
        return np.array(self.values, dtype=np.float64)

    @property
    def is_affine(self) -> bool:
        if not (self.ordered and all(map(is_real, self.values))):
            return False
        steps = np.diff(self._amounts)
        return bool(np.all(np.abs(steps - steps[0]) <= 1e-12 * np.abs(self._amounts).max()))

    def value_and_slope(self, u: Array) -> tuple[Array, Array]:
        position = np.clip(u, 0.0, 1.0) * (len(self.values) - 1)
        below = np.minimum(position.astype(np.intp), len(self.values) - 2)
        slope = np.diff(self._amounts)[below]
        return self._amounts[below] + (position - below) * slope, slope * (len(self.values) - 1)

    def to_dict(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "categorical", "values": list(self.values)}
        if self.ordered:
            schema["ordered"] = True
        if self.descriptors is not None:
            schema["descriptors"] = self.descriptors.to_dict()
        return schema | self._common()

    def __repr__(self) -> str:
        options = [f"{key}={value!r}" for key, value in self._common().items()]
        if self.ordered:
            options.insert(0, "ordered=True")
        if self.descriptors is not None:
            options.insert(0, f"descriptors={list(self.descriptors.names)!r}")
        return f"Categorical({', '.join([repr(list(self.values)), *options])})"


def _plain(value: Any) -> Any:
    """The value in Python's own type; text and numbers of subclasses (NumPy, pandas) become plain ones."""
    key = category_key(value)
    if key is None:
        return value
    return str(key[1]) if key[0] == "text" else key[1] + 0.0 if isinstance(key[1], float) else key[1]
