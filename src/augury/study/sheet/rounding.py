"""Proposed settings, rounded to what a person writes down and can weigh out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import floor, log10
from typing import Any

import numpy as np

from augury.space.parameters import Float
from augury.space.space import Space
from augury.study.sheet.cells import Number
from augury.study.sheet.resolution import MOST_LEVELS, significant_digits
from augury.study.sheet.table import Table

_MOST_DIGITS = 12


def round_params(space: Space, table: Table, params: Mapping[str, Any]) -> dict[str, Any]:
    """The params with every continuous number rounded to the precision of its column.

    More digits are kept where the rounded point would break a constraint. What has a step, and a row of a
    table of candidates, is exact already.

    Args:
        space: where the point was proposed.
        table: the experiments, which show the precision of each column.
        params: a point of the space.
    """
    continuous = {
        name: parameter
        for name, parameter in space.parameters.items()
        if isinstance(parameter, Float) and parameter.step is None and name in params
    }
    if not continuous or space.candidates is not None:
        return dict(params)
    for extra in range(_MOST_DIGITS):
        rounded = dict(params)
        for name, parameter in continuous.items():
            rounded[name] = _rounded(params[name], parameter, table, name, extra)
        _complete(space, continuous, rounded)
        if np.all(space.feasible(space.encode([rounded]))):
            return rounded
    return dict(params)


def _complete(space: Space, continuous: Mapping[str, Float], params: dict[str, Any]) -> None:
    """Give the last number of every equality what the others, rounded, leave to it."""
    equalities = space.rules.equalities
    for weights, limit in zip(equalities.weights, equalities.limits.tolist(), strict=True):
        parts = [space.columns[column] for column in np.flatnonzero(weights)]
        last = next((name for name in reversed(parts) if continuous.get(name) and params[name] != 0.0), None)
        if last is None:
            continue
        share = {name: Decimal(repr(float(weights[space.columns.index(name)]))) for name in parts}
        others = sum(share[name] * Decimal(repr(params[name])) for name in parts if name != last)
        left = round((Decimal(repr(limit)) - others) / share[last], _MOST_DIGITS)
        params[last] = min(max(float(left), continuous[last].low), continuous[last].high)


def _rounded(value: float, parameter: Float, table: Table, name: str, extra: int) -> float:
    numbers = [cell for cell in table.columns.get(name, []) if isinstance(cell, Number)]
    if parameter.log:
        decimals = significant_digits(numbers) - 1 - floor(log10(abs(value)))
    else:
        finest = floor(log10(MOST_LEVELS / (parameter.high - parameter.low)))
        decimals = min(max((number.decimals for number in numbers), default=finest), finest)
    nearest = float(round(Decimal(repr(value)), decimals + extra))
    return min(max(nearest, parameter.low), parameter.high)
