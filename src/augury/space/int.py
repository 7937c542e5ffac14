"""Int parameter: a whole number between two bounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.distributions import distribution_of
from augury.space.fidelity import cost_of, target_of
from augury.space.numeric import Numeric
from augury.space.parameter import ActiveIf, is_integer
from augury.space.scales import Array, GridScale, LogIntegerScale, Scale

_MOST_LEVELS = 2**50  # so that level / count * count is the level again
_LARGEST_LOG = 2**40  # so that neighbouring integers have well separated logarithms
_LARGEST = 2**62  # inside 64 bits


class Int(Numeric):
    """A whole number between two bounds, both included.

    Encoded like `Float`: its levels low, low + step, ... are equally spaced in [0, 1], or on a log scale.

    Args:
        low: lower bound.
        high: upper bound.
        log: whether ratios matter rather than differences; needs low >= 1.
        step: distance between allowed values, counted from `low`; excludes `log`.
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
        InvalidInputError: bounds that are not whole numbers with low < high, or options that contradict.
    """

    def __init__(
        self,
        low: int,
        high: int,
        *,
        log: bool = False,
        step: int = 1,
        role: str = "design",
        cost: Any = None,
        target: Any = None,
        active_if: ActiveIf | None = None,
        distribution: Any = None,
    ) -> None:
        for argument, value in (("low", low), ("high", high), ("step", step)):
            if not is_integer(value):
                raise InvalidInputError(f"{argument}={value!r} must be a whole number")
        if not low < high:
            raise InvalidInputError(f"low={low!r} must be less than high={high!r}")
        super().__init__(log, role, cost, active_if)
        self.low: int = int(low)
        self.high: int = int(high)
        self.step = int(step)
        self._check_levels()
        self.distribution = distribution_of(distribution, self)
        self.cost, self.target = cost_of(cost, self), target_of(target, self)

    def _check_levels(self) -> None:
        if self.step <= 0:
            raise InvalidInputError(f"step={self.step!r} must be positive")
        if self.step > self.high - self.low:
            raise InvalidInputError(
                f"step={self.step!r} is larger than the range from {self.low!r} to {self.high!r}"
            )
        if self.log and self.low < 1:
            raise InvalidInputError(f"low={self.low!r} must be at least 1 on a log scale")
        if self.log and self.step != 1:
            raise InvalidInputError(f"step={self.step!r} and log=True exclude each other; drop one")
        largest = max(abs(self.low), abs(self.high))
        if largest > (_LARGEST_LOG if self.log else _LARGEST) or self._last >= _MOST_LEVELS:
            raise InvalidInputError(
                f"bounds {self.low!r} and {self.high!r} are too far apart for whole numbers (at most 2**50 "
                "levels, 2**40 on a log scale); use Float or a larger step"
            )

    @property
    def _last(self) -> int:
        return (self.high - self.low) // self.step

    @cached_property
    def scale(self) -> Scale:
        return LogIntegerScale.of(self.low, self.high) if self.log else GridScale.levels(self._last + 1)

    @property
    def n_levels(self) -> int:
        return self._last + 1

    def check(self, value: Any) -> int:
        if not is_integer(value):
            raise InvalidInputError(f"{value!r} is not a whole number")
        value = int(value)
        if not self.low <= value <= self.high:
            raise InvalidInputError(f"{value!r} is not between {self.low!r} and {self.high!r}")
        if (value - self.low) % self.step:
            raise InvalidInputError(
                f"{value!r} is not a multiple of step={self.step!r} above low={self.low!r}"
            )
        return value

    def to_numbers(self, values: Sequence[Any]) -> Array | None:
        if not set(map(type, values)) <= {int, np.int64}:
            return None
        if not values or not self.low <= min(values) <= max(values) <= self.high:
            return None
        x = np.array(values, dtype=np.int64)
        if self.log:
            return x.astype(np.float64)
        index, remainder = np.divmod(x - self.low, self.step)
        return None if remainder.any() else index.astype(np.float64)

    def from_numbers(self, numbers: Array) -> list[int]:
        index = numbers.astype(np.int64)
        values: list[int] = (index if self.log else self.low + self.step * index).tolist()
        return values

    @property
    def _width(self) -> float:
        return float(self._last * self.step)

    def to_dict(self) -> dict[str, Any]:
        return self._schema("int", {} if self.step == 1 else {"step": self.step})
