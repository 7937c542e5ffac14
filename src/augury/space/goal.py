"""A goal: an outcome to minimise, to maximise, or to keep within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from augury.errors import InvalidInputError
from augury.space.parameter import is_finite
from augury.space.risk import check_risk


@dataclass(frozen=True)
class _Goal:
    """What every goal has: the name of an outcome."""

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InvalidInputError(f"the name of an outcome must be non-empty text, not {self.name!r}")


@dataclass(frozen=True)
class _Objective(_Goal):
    """What every objective has: with others beside it, the worst value that is still of interest; in a random
    environment, what is made of its distribution."""

    threshold: float | None = None
    risk: str | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold is not None:
            if not is_finite(self.threshold):
                raise InvalidInputError(
                    f"objective {self.name!r}: threshold={self.threshold!r} must be a finite number"
                )
            object.__setattr__(self, "threshold", float(self.threshold))
        check_risk(self.name, self.risk, self.level)

    def __str__(self) -> str:
        """As `goal_of` reads it, and what else was said of it: "max:yield (threshold 3)"."""
        direction = next(text for text, kind in DIRECTIONS.items() if isinstance(self, kind))
        said = [f"{key} {value}" for key in OPTIONS if (value := getattr(self, key)) is not None]
        return f"{direction}:{self.name}" + (f" ({', '.join(said)})" if said else "")


@dataclass(frozen=True)
class Minimize(_Objective):
    """An outcome that should be small.

    Args:
        name: the outcome's name.
        threshold: the largest value that is still of interest where there are several objectives (their
            reference point); inferred from the results when None.
        risk: what is minimised where a parameter is random in use (role "environment"): "mean" (the default),
            "var" (the value that is exceeded with probability 1 - level), "cvar" (the mean of the largest
            values, with probability 1 - level) or "worst-case" (the largest value).
        level: of "var" and "cvar", between 0 and 1.
    """


@dataclass(frozen=True)
class Maximize(_Objective):
    """An outcome that should be large.

    Args:
        name: the outcome's name.
        threshold: the smallest value that is still of interest where there are several objectives (their
            reference point); inferred from the results when None.
        risk: as for `Minimize`, with the smallest values for the largest.
        level: of "var" and "cvar", between 0 and 1.
    """


@dataclass(frozen=True)
class Constraint(_Goal):
    """An outcome that must stay within limits, lower <= y <= upper.

    Args:
        name: the outcome's name.
        upper: the largest value allowed, in the outcome's unit.
        lower: the smallest value allowed.
    """

    upper: float | None = None
    lower: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for side in ("upper", "lower"):
            limit = getattr(self, side)
            if limit is not None:
                if not is_finite(limit):
                    raise InvalidInputError(
                        f"constraint on {self.name!r}: {side}={limit!r} must be a finite number"
                    )
                object.__setattr__(self, side, float(limit))
        if self.upper is None and self.lower is None:
            raise InvalidInputError(f"constraint on {self.name!r} needs an upper or a lower limit")
        if self.upper is not None and self.lower is not None and self.lower > self.upper:
            raise InvalidInputError(
                f"constraint on {self.name!r}: lower={self.lower!r} is above upper={self.upper!r}"
            )

    def __str__(self) -> str:
        """As `goal_of` reads it; with two limits "1 <= pressure <= 5"."""
        if self.upper is None:
            return f"{self.name} >= {self.lower:g}"
        return ("" if self.lower is None else f"{self.lower:g} <= ") + f"{self.name} <= {self.upper:g}"


Goal = Minimize | Maximize | Constraint
#: What may be said of an objective.
OPTIONS = ("threshold", "risk", "level")
#: How text names the direction of an objective.
DIRECTIONS: dict[str, type[Minimize] | type[Maximize]] = {"min": Minimize, "max": Maximize}
_LIMIT = re.compile(r"^(?P<name>.*?\S)\s*(?P<relation><=|>=)\s*(?P<limit>[^<>=]+)$")


def goal_of(given: Any) -> Goal:
    """A goal from itself or from text: "max:yield", "min:cost", "pressure<=5", "purity >= 0.95".

    Raises:
        InvalidInputError: anything else.
    """
    if isinstance(given, Goal):
        return given
    if isinstance(given, str):
        direction, colon, name = given.partition(":")
        if colon and direction.strip().lower() in DIRECTIONS:
            return DIRECTIONS[direction.strip().lower()](name.strip())
        match = _LIMIT.match(given.strip())
        if match:
            return _limit(given, **match.groupdict())
    raise InvalidInputError(
        f"{given!r} is not a goal: give Minimize(name), Maximize(name), Constraint(name, upper=...) "
        'or text such as "max:yield", "min:cost", "pressure<=5"'
    )


def _limit(text: str, name: str, relation: str, limit: str) -> Constraint:
    try:
        number = float(limit)
    except ValueError:
        raise InvalidInputError(f"{text!r}: {limit.strip()!r} is not a number") from None
    return Constraint(name, upper=number) if relation == "<=" else Constraint(name, lower=number)
