"""Risk measures: one number for the distribution of an outcome over a random environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.parameter import is_finite
from augury.space.scales import Array

RISKS = ("mean", "var", "cvar", "worst-case")
_WITH_LEVEL = ("var", "cvar")
_ROUNDING = 1e-12


def check_risk(name: str, risk: Any, level: Any) -> None:
    """Check the risk measure of an objective.

    Raises:
        InvalidInputError: an unknown risk, a level that it does not take, or the lack of one.
    """
    if risk is not None and risk not in RISKS:
        raise InvalidInputError(
            f"objective {name!r}: risk={risk!r} is unknown; choose one of {', '.join(map(repr, RISKS))}"
        )
    if risk in _WITH_LEVEL:
        if not is_finite(level) or not 0 < level < 1:
            raise InvalidInputError(
                f"objective {name!r}: risk={risk!r} needs a level between 0 and 1, such as 0.9; not {level!r}"
            )
    elif level is not None:
        raise InvalidInputError(f"objective {name!r}: level={level!r} is for risk='var' and 'cvar' only")


def risk_shares(values: Array, weights: Array, risk: str, level: float | None = None) -> Array:
    r"""The share that each environment has in a risk measure of values to be maximised.

    The measure is `sum_k share_k values_k`; the shares are its derivatives by the values. The mean has the
    weights themselves; the value at risk, the one value that is the largest to be reached with a probability
    of at least `level`; the conditional value at risk, the weights of the worst values up to `1 - level`,
    divided by it; the worst case, the smallest value alone.

    Args:
        values: `... x K`, larger is better.
        weights: `K` probabilities.
        risk: one of `RISKS`.
        level: of "var" and "cvar".

    Source: Rockafellar and Uryasev, "Conditional value-at-risk for general loss distributions", Journal of
    Banking & Finance 26 (2002), proposition 8 for weights.
    """
    if risk == "mean":
        return np.broadcast_to(weights, values.shape)
    order = np.argsort(values, axis=-1, kind="stable")
    sorted_weights = np.broadcast_to(weights, values.shape)
    sorted_weights = np.take_along_axis(sorted_weights, order, axis=-1)
    reached = np.cumsum(sorted_weights, axis=-1)
    tail = 1.0 - level if level is not None else 0.0
    if risk == "cvar":
        before = reached - sorted_weights
        shares = np.clip(np.minimum(reached, tail) - before, 0.0, None) / tail
    else:  # the last value before which no more than the tail lies
        shares = np.zeros(values.shape)
        allowed = (reached - sorted_weights <= tail + _ROUNDING) & (sorted_weights > 0.0)
        at = allowed.shape[-1] - 1 - allowed[..., ::-1].argmax(axis=-1)
        np.put_along_axis(shares, at[..., None], 1.0, axis=-1)
    result = np.empty(values.shape)
    np.put_along_axis(result, order, shares, axis=-1)
    return result


def risk_of(values: Array, weights: Array, risk: str, level: float | None = None) -> Array:
    """The risk measure (`...`) of values to be maximised (`... x K`); see `risk_shares`."""
    result: Array = (risk_shares(values, weights, risk, level) * values).sum(axis=-1)
    return result
