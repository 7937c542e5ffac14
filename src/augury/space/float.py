"""Float parameter: a real number between two bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.distributions import distribution_of
from augury.space.fidelity import cost_of, target_of
from augury.space.numeric import Numeric
from augury.space.parameter import ActiveIf, is_finite, plain_numbers
from augury.space.scales import Array, GridScale, LinearScale, LogScale, Scale

_SMALLEST, _LARGEST = 1e-290, 1e290  # beyond them the decimal grid of a scale would leave the doubles
_MOST_LEVELS = 2**50  # so that level / count * count is the level again
_STEP_TOLERANCE = 1e-9  # of one step: 0.1 + 0.2 is the level 0.3


class Float(Numeric):
    """A real number between two bounds, both included.

    Encoded as u = (x - low) / (high - low), with `log` as u = log(x / low) / log(high / low); with `step` the
    levels low, low + step, ... (the last one not above high) are equally spaced in [0, 1]. A value with at
    most 14 significant digits (counted from the larger bound; 11 to 13 of its own on a log scale) is encoded
    and decoded exactly; any other comes back as the nearest such value.

    Args:
        low: lower bound, in the parameter's own unit.
        high: upper bound.
        log: whether ratios matter rather than differences; needs low > 0.
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
        InvalidInputError: bounds that are not finite numbers with low < high, or options that contradict.
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        log: bool = False,
        step: float | None = None,
        role: str = "design",
        cost: Any = None,
        target: Any = None,
        active_if: ActiveIf | None = None,
        distribution: Any = None,
    ) -> None:
        for bound, value in (("low", low), ("high", high)):
            if not is_finite(value):
                raise InvalidInputError(f"{bound}={value!r} must be a finite number")
        if not low < high:
            raise InvalidInputError(f"low={low!r} must be less than high={high!r}")
        super().__init__(log, role, cost, active_if)
        self.low: float = float(low) + 0.0
        self.high: float = float(high) + 0.0
        self.step = step
        self._check_magnitude()
        self._check_step()
        self.distribution = distribution_of(distribution, self)
        self.cost, self.target = cost_of(cost, self), target_of(target, self)

    def _check_magnitude(self) -> None:
        if self.log and self.low <= 0:
            raise InvalidInputError(f"low={self.low!r} must be positive on a log scale")
        largest = max(abs(self.low), abs(self.high))
        smallest = self.low if self.log else largest
        if (
            largest > _LARGEST
            or smallest < _SMALLEST
            or (self.log and not math.isfinite(self.high / self.low))
        ):
            raise InvalidInputError(
                f"bounds {self.low!r} and {self.high!r} are too extreme: choose a unit in which they lie "
                f"between {_SMALLEST:g} and {_LARGEST:g}"
            )

    def _check_step(self) -> None:
        if self.step is None:
            return
        if self.log:
            raise InvalidInputError(f"step={self.step!r} and log=True exclude each other; drop one")
        if not is_finite(self.step) or self.step <= 0:
            raise InvalidInputError(f"step={self.step!r} must be a positive number")
        self.step = float(self.step)
        if (self.high - self.low) / self.step >= _MOST_LEVELS:
            raise InvalidInputError(f"step={self.step!r} makes more than 2**50 levels; leave it out")
        if self._last < 1:
            raise InvalidInputError(
                f"step={self.step!r} is larger than the range from {self.low!r} to {self.high!r}"
            )

    @cached_property
    def _last(self) -> int:
        """Index of the last level."""
        assert self.step is not None
        return math.floor((self.high - self.low + self._tolerance) / self.step)

    @cached_property
    def _tolerance(self) -> float:
        """How far from a level a value may be by rounding, of the step and of the sum low + k * step."""
        assert self.step is not None
        largest = max(abs(self.low), abs(self.high))
        return _STEP_TOLERANCE * self.step + 4.0 * float(np.spacing(largest))

    @cached_property
    def _decimal(self) -> tuple[float, float, float] | None:
        """(low, step, one) as multiples of a power of ten, so that the levels are the decimals one writes."""
        parts = [Decimal(repr(self.low)), Decimal(repr(self.step))]
        digits = max(0, *(-int(part.as_tuple().exponent) for part in parts))
        if digits > 22 or max(abs(self.low), abs(self.high)) * 10.0**digits >= 2**53:
            return None
        return float(parts[0].scaleb(digits)), float(parts[1].scaleb(digits)), 10.0**digits

    def _level(self, index: Array) -> Array:
        assert self.step is not None
        if self._decimal is None:
            return np.minimum(self.low + index * self.step, self.high)
        low, step, one = self._decimal
        return np.minimum((low + index * step) / one, self.high)

    @cached_property
    def scale(self) -> Scale:
        if self.step is not None:
            return GridScale.levels(self._last + 1)
        return LogScale.of(self.low, self.high) if self.log else LinearScale.of(self.low, self.high)

    @property
    def n_levels(self) -> int | None:
        return None if self.step is None else self._last + 1

    def check(self, value: Any) -> float:
        if not is_finite(value):
            raise InvalidInputError(f"{value!r} is not a finite number")
        if not self.low <= value <= self.high:
            raise InvalidInputError(f"{value!r} is not between {self.low!r} and {self.high!r}")
        if self.step is None:
            return float(value)
        index = np.rint(np.array((float(value) - self.low) / self.step))
        level = float(self._level(index))
        if not 0 <= index <= self._last or abs(level - value) > self._tolerance:
            nearest = float(self._level(np.clip(index, 0, self._last)))
            raise InvalidInputError(
                f"{value!r} is not a multiple of step={self.step!r} above low={self.low!r}; the nearest "
                f"is {nearest!r}"
            )
        return level

    def to_numbers(self, values: Sequence[Any]) -> Array | None:
        if not plain_numbers(values):
            return None
        try:
            x = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
        if not np.all((x >= self.low) & (x <= self.high)):
            return None
        if self.step is None:
            return x
        index = np.clip(np.rint((x - self.low) / self.step), 0, self._last)
        return index if np.all(np.abs(self._level(index) - x) <= self._tolerance) else None

    def from_numbers(self, numbers: Array) -> list[float]:
        values: list[float] = (numbers if self.step is None else self._level(numbers)).tolist()
        return values

    @property
    def _width(self) -> float:
        return self.high - self.low if self.step is None else self._last * self.step

    def to_dict(self) -> dict[str, Any]:
        return self._schema("float", {} if self.step is None else {"step": self.step})
