"""Repair: the nearest points that keep the equalities and counts of a Space, from points that nearly do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from augury.space.inequalities import Inequalities
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space

_ROUNDS = 30  # of all equalities in turn, where some share columns
_BISECTIONS = 60
_MOST_STEPS = 200  # of one level of one discrete column


def repaired(space: Space, X: Array, held: NDArray[np.bool_] | None = None) -> Array:
    """Points of the space (n x dim) near encoded points (n x dim) that keep its equalities and counts.

    Of the columns that a count limits, those nearest to zero become zero. Then what an equality lacks is
    shared out among its continuous columns, each by the weight it has (the Euclidean projection onto the
    equality and the bounds), or, where it has none with room, its discrete columns make steps. Points for
    which this fails are returned as they are: `Space.feasible` tells. Inequalities are not looked at.

    Args:
        space: what the points shall be of.
        X: the points.
        held: n x dim, coordinates that must not change; counts do not ask.
    """
    X = space.snap(X)
    rules = space.rules
    if not rules.thin:
        return X
    held = np.zeros(X.shape, dtype=bool) if held is None else held.copy()
    held[:, list(space.fixed_columns)] = True
    for count in rules.counts:
        X = count.enforced(X)
        held[:, count.columns] |= ~count.nonzero(X)
    equalities = rules.equalities
    if not len(equalities):
        return X
    for _ in range(_ROUNDS if len(equalities) > 1 else 1):
        for row in range(len(equalities)):
            X = _with_levels(space, equalities, row, X, held)
            X = _shared_out(space, equalities, row, X, held)
        if np.all(np.abs(equalities.values(X)) <= equalities.tolerance):
            break
    return X


def _shared_out(space: Space, equalities: Inequalities, row: int, X: Array, held: NDArray[np.bool_]) -> Array:
    """The points with their continuous columns moved along the weights of one equality, within bounds."""
    weights, columns = _columns(space, equalities, row, discrete=False)
    lacking = -equalities.values(X)[:, row]
    rows = np.flatnonzero(np.abs(lacking) > 0.1 * equalities.tolerance[row])
    if not len(columns) or not len(rows):
        return X
    natural = equalities.natural(X[rows])[:, columns]
    low, high = (ends[columns] for ends in equalities.ends())
    width = high - low
    pull = weights * width**2  # so that all move alike in units of their ranges
    pull = np.where(held[np.ix_(rows, columns)], 0.0, pull)
    most = np.abs(width / np.where(weights == 0.0, 1.0, weights * width**2)).max()
    below, above = np.full(len(rows), -most), np.full(len(rows), most)

    def moved(share: Array) -> Array:
        return np.clip(natural + share[:, None] * pull, low, high)

    for _ in range(_BISECTIONS):  # the sum increases with the share
        middle = 0.5 * (below + above)
        enough = (moved(middle) - natural) @ weights >= lacking[rows]
        below, above = np.where(enough, below, middle), np.where(enough, middle, above)
    X = X.copy()
    X[np.ix_(rows, columns)] = equalities.coordinates(columns, moved(above))
    return space.snap(X)


def _with_levels(
    space: Space, equalities: Inequalities, row: int, X: Array, held: NDArray[np.bool_]
) -> Array:
    """The points with steps of discrete columns, as long as they bring one equality nearer.

    A step is a share of what is lacking, so that it is spread over several columns.
    """
    weights, columns = _columns(space, equalities, row, discrete=True)
    up, down = _room(space, equalities, row, X, held)
    lacking = -equalities.values(X)[:, row]
    beyond = np.abs(lacking) - np.where(lacking > 0, up, down)
    rows = np.flatnonzero(beyond > equalities.tolerance[row])
    if not len(columns) or not len(rows):
        return X
    X = X.copy()
    lacking, up, down = lacking[rows], up[rows], down[rows]
    amounts = [
        w * equalities.parameter(c).value_and_slope(space.levels[c])[0]
        for c, w in zip(columns, weights, strict=True)
    ]
    places = [np.abs(space.levels[c] - X[rows, c, None]).argmin(axis=1) for c in columns]
    for _ in range(_MOST_STEPS):
        open_rows = np.abs(lacking) - np.where(lacking > 0, up, down) > equalities.tolerance[row]
        if not open_rows.any():
            break
        options, gains = [], []
        for column, amount, place in zip(columns, amounts, places, strict=True):
            rising = (lacking > 0) == (amount[-1] > amount[0])
            step = np.abs(amount[1] - amount[0])
            size = np.maximum(np.floor(np.abs(lacking) / step / len(columns)), 1).astype(np.intp)
            option = np.clip(place + np.where(rising, size, -size), 0, len(amount) - 1)
            gain = np.abs(lacking) - np.abs(lacking - amount[option] + amount[place])
            options.append(option)
            gains.append(np.where(held[rows, column] | ~open_rows, -np.inf, gain))
        best = np.argmax(gains, axis=0)
        better = np.max(gains, axis=0) > 0.0
        if not better.any():
            break
        for which, (amount, place, option) in enumerate(zip(amounts, places, options, strict=True)):
            moving = better & (best == which)
            lacking[moving] -= amount[option[moving]] - amount[place[moving]]
            place[moving] = option[moving]
    for column, place in zip(columns, places, strict=True):
        X[rows, column] = space.levels[column][place]
    return X


def _room(
    space: Space, equalities: Inequalities, row: int, X: Array, held: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """How much (n) the continuous columns of one equality can add to its sum, and take from it."""
    weights, columns = _columns(space, equalities, row, discrete=False)
    natural = equalities.natural(X)[:, columns]
    low, high = (ends[columns] for ends in equalities.ends())
    free = ~held[:, columns]
    up = np.where(weights > 0, high - natural, natural - low) * np.abs(weights) * free
    down = np.where(weights > 0, natural - low, high - natural) * np.abs(weights) * free
    return up.sum(axis=1), down.sum(axis=1)


def _columns(
    space: Space, equalities: Inequalities, row: int, *, discrete: bool
) -> tuple[Array, NDArray[np.intp]]:
    """The weights and the columns of one equality that are discrete, or those that are continuous."""
    columns = np.flatnonzero(equalities.weights[row])
    is_discrete = np.array([column in space.levels for column in columns.tolist()], dtype=bool)
    columns = columns[is_discrete == discrete]
    return equalities.weights[row, columns], columns
