"""Distributions of a parameter that nobody chooses in use: uniform, normal within the bounds, or weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from augury.errors import InvalidInputError
from augury.space.parameter import Parameter, is_finite


class Distribution(ABC):
    """How often each value of an environment parameter occurs in use."""

    @abstractmethod
    def check(self, parameter: Parameter) -> None:
        """Refuse a parameter that cannot have this distribution.

        Raises:
            InvalidInputError: it cannot.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """JSON-able schema, which `distribution_of` reads."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))


@final
class Uniform(Distribution):
    """Every value equally often; on a logarithmic scale, every ratio."""

    def check(self, parameter: Parameter) -> None:
        return

    def to_dict(self) -> dict[str, Any]:
        return {"type": "uniform"}

    def __repr__(self) -> str:
        return "Uniform()"


@final
class Normal(Distribution):
    """A normal distribution, truncated to the parameter's bounds (for levels, proportional to its density).

    Args:
        mean: in the parameter's own unit; of the normal distribution before it is truncated.
        std: its standard deviation, positive.

    Raises:
        InvalidInputError: numbers that are not finite, or std <= 0.
    """

    def __init__(self, mean: float, std: float) -> None:
        if not is_finite(mean) or not is_finite(std) or std <= 0:
            raise InvalidInputError(f"Normal(mean={mean!r}, std={std!r}) needs a finite mean and std > 0")
        self.mean, self.std = float(mean), float(std)

    def check(self, parameter: Parameter) -> None:
        if not hasattr(parameter, "low"):
            raise InvalidInputError(f"{self!r} is for numbers with bounds; give categories their weights")
        if parameter.log:  # type: ignore[attr-defined]
            raise InvalidInputError(
                f"{self!r} and log=True exclude each other; use Uniform() or a linear scale"
            )
        low, high = parameter.low, parameter.high  # type: ignore[attr-defined]
        farthest = max(low - self.mean, self.mean - high) / self.std
        if farthest > _FARTHEST:
            raise InvalidInputError(
                f"the bounds {low!r} and {high!r} are {farthest:.1f} standard deviations from the mean of "
                f"{self!r}; at most {_FARTHEST:g} are allowed"
            )

    def to_dict(self) -> dict[str, Any]:
        return {"type": "normal", "mean": self.mean, "std": self.std}

    def __repr__(self) -> str:
        return f"Normal({self.mean!r}, {self.std!r})"


@final
class Weights(Distribution):
    """The share of each value of a category, or of each level.

    Args:
        weights: k numbers of at least 0, in the order of the values; they are divided by their sum.

    Raises:
        InvalidInputError: not numbers, a negative one, or all 0.
    """

    def __init__(self, weights: Sequence[float]) -> None:
        if isinstance(weights, str) or not all(is_finite(one) and one >= 0 for one in weights):
            raise InvalidInputError(f"weights={weights!r} must be a list of finite numbers, none negative")
        self.weights = [float(one) for one in weights]
        if not sum(self.weights) > 0:
            raise InvalidInputError(f"weights={weights!r} must not all be 0")

    def check(self, parameter: Parameter) -> None:
        if parameter.n_levels is None:
            raise InvalidInputError(
                f"{self!r} is for categories and levels; give step=..., Uniform() or Normal"
            )
        if parameter.n_levels != len(self.weights):
            raise InvalidInputError(
                f"{len(self.weights)} weights are given for {parameter.n_levels} values; give one for each"
            )

    def to_dict(self) -> dict[str, Any]:
        return {"type": "weights", "weights": self.weights}

    def __repr__(self) -> str:
        return f"Weights({self.weights!r})"


#: Bounds farther from the mean leave nothing of a normal distribution that numbers can hold.
_FARTHEST = 8.0
_TYPES: dict[str, type[Distribution]] = {"uniform": Uniform, "normal": Normal, "weights": Weights}


def distribution_of(given: Any, parameter: Parameter) -> Distribution | None:
    """The distribution of a parameter: itself, what its `to_dict` gave, "uniform", or a list of weights.

    Args:
        given: None for `Uniform` if the parameter's role is "environment".
        parameter: the parameter, all else of it set.

    Raises:
        InvalidInputError: another role, no such distribution, or one that the parameter cannot have.
    """
    if parameter.role != "environment":
        if given is not None:
            raise InvalidInputError(
                f"distribution={given!r} needs role='environment'; the role is {parameter.role!r}"
            )
        return None
    distribution = _parsed(given)
    distribution.check(parameter)
    return distribution


def _parsed(given: Any) -> Distribution:
    if given is None or (isinstance(given, str) and given == "uniform"):
        return Uniform()
    if isinstance(given, Distribution):
        return given
    if isinstance(given, (list, tuple, np.ndarray)):
        return Weights(list(given))
    if isinstance(given, Mapping):
        options = dict(given)
        implied = "weights" if "weights" in options else "normal" if "mean" in options else None
        kind = _TYPES.get(str(options.pop("type", implied)))
        if kind is not None:
            try:
                return kind(**options)
            except TypeError:
                pass
    raise InvalidInputError(
        f"distribution={given!r} is none: give Uniform(), Normal(mean, std), Weights([...]), or as a table "
        '{type = "normal", mean = ..., std = ...}'
    )
