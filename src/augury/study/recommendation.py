"""What a study recommends to use in the end: one setting, or one for every preference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from augury.errors import InvalidInputError

# Those of augury.strategies.recommendation, which takes long to import.
RULES = ("evaluated", "posterior-mean")


def check_rule(rule: str) -> str:
    """`rule` if it is one.

    Raises:
        InvalidInputError: it is not.
    """
    if rule not in RULES:
        raise InvalidInputError(
            f"{rule!r} is no rule of recommendation; give one of {', '.join(map(repr, RULES))}"
        )
    return rule


@dataclass(frozen=True)
class Recommendation:
    """A setting to use, and what the surrogate expects of it.

    Args:
        params: the parameters.
        mean: outcome -> predicted mean, in the outcome's units.
        std: outcome -> standard deviation of the prediction (no measurement noise), same units.
        rule: how it was chosen, "evaluated" or "posterior-mean".
    """

    params: dict[str, Any]
    mean: Mapping[str, float]
    std: Mapping[str, float]
    rule: str


@dataclass(frozen=True)
class TradeOff:
    """The design for a preference among several objectives, and what the surrogates expect of it.

    Args:
        weights: objective -> its weight, summing to 1.
        params: the parameters.
        mean: outcome -> predicted mean, in the outcome's units.
        std: outcome -> standard deviation of the prediction (no measurement noise), same units.
    """

    weights: Mapping[str, float]
    params: dict[str, Any]
    mean: Mapping[str, float]
    std: Mapping[str, float]
