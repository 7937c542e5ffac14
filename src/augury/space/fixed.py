"""Fixed parameter: a constant that the function is given with every trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.categorical import category_key
from augury.space.parameter import Parameter, is_real
from augury.space.scales import Array, GridScale, Scale


class Fixed(Parameter):
    """A constant: it appears in every trial's params and has no encoded column.

    Args:
        value: text, a finite number or a bool.

    Raises:
        InvalidInputError: any other value.
    """

    def __init__(self, value: Any) -> None:
        key = category_key(value)
        if key is None:
            raise InvalidInputError(
                f"{value!r} cannot be a fixed value: give text, a finite number or a bool"
            )
        self.value = key[1]

    @property
    def scale(self) -> Scale:
        return GridScale.codes(1)

    @property
    def n_levels(self) -> int:
        return 1

    def check(self, value: Any) -> Any:
        if category_key(value) != category_key(self.value):
            raise InvalidInputError(f"{value!r} is not the fixed value {self.value!r}")
        return self.value

    def to_numbers(self, values: Sequence[Any]) -> Array | None:
        fixed = category_key(self.value)
        return np.zeros(len(values)) if all(category_key(value) == fixed for value in values) else None

    def from_numbers(self, numbers: Array) -> list[Any]:
        return [self.value] * len(numbers)

    def value_and_slope(self, u: Array) -> tuple[Array, Array]:
        if not is_real(self.value):
            raise InvalidInputError(f"the fixed value {self.value!r} cannot stand in a linear constraint")
        return np.full_like(u, self.value), np.zeros_like(u)

    @property
    def is_affine(self) -> bool:
        return is_real(self.value)

    def to_dict(self) -> dict[str, Any]:
        return {"type": "fixed", "value": self.value}

    def __repr__(self) -> str:
        return f"Fixed({self.value!r})"
