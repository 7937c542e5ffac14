"""Search where some columns are discrete: climbs of the continuous ones and moves of the others, in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.enumeration import blockwise_value
from augury.acquisition.moves import neighbours
from augury.space.repair import repaired
from augury.space.space import Space

#: `(X: R x dim, lower: R x dim, upper: R x dim) -> (points, values)`: climbs with coordinates held where
# bounds agree.
Refine = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_MOST_ROUNDS = 20
_MOST_MOVES = 50  # of the discrete columns, between two climbs
_LEAST_GAIN = 1e-7
_MANY_MOVES, _FINALISTS = 100, 5  # of so many moves of each point, only the best points make further ones


def refine_mixed(
    acquisition: Acquisition, space: Space, X: np.ndarray, refine: Refine
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from every row of `X` until neither a continuous climb nor a discrete move improves it.

    First the numeric columns are climbed as if all were continuous, and snapped. Then, in turn: the best of
    all one-column changes (another category; a few levels up or down) is made as long as it improves; the
    continuous columns are climbed with the others held. Each step serves all rows at once.

    Args:
        acquisition: what is maximised.
        space: not a table.
        X: `R x dim` points of the space.
        refine: the climb of the continuous columns.

    Returns:
        `R` points of the space and their values.
    """
    if space.conditions:
        X = space.snap(X)
    X, values = _relaxed(acquisition, space, X, refine)
    continuous = continuous_columns(space)
    active = np.arange(len(X))
    for _ in range(_MOST_ROUNDS):
        moved = _move_discrete(acquisition, space, X, values, active)
        if len(continuous) and len(active):
            points, reached = refine(X[active], *_bounds(space, X[active], continuous))
            points = repaired(space, points, held=_held(space, X[active], continuous))
            climbed = reached > values[active] + _LEAST_GAIN
            climbed &= space.feasible(points)
            rows = active[climbed]
            X[rows], values[rows] = points[climbed], reached[climbed]
            active = np.union1d(rows, moved)
        else:
            active = moved
        if not len(active):
            break
    return X, values


def continuous_columns(space: Space) -> np.ndarray:
    """The columns that a gradient can move: numeric, not on a short list of levels, not held."""
    discrete = {*space.categorical_features, *space.levels, *space.fixed_columns}
    return np.array([column for column in range(space.dim) if column not in discrete], dtype=np.intp)


def _move_discrete(
    acquisition: Acquisition, space: Space, X: np.ndarray, values: np.ndarray, active: np.ndarray
) -> np.ndarray:
    """Make the best one-column change of each active row, as long as one improves it; the rows that moved."""
    moved = np.empty(0, dtype=np.intp)
    trying = active
    for _ in range(_MOST_MOVES):
        candidates, owners = neighbours(space, X[trying])
        if not len(candidates):
            break
        gains = blockwise_value(acquisition, candidates) - values[trying[owners]]
        order = np.lexsort((-gains, owners))
        first = order[np.unique(owners[order], return_index=True)[1]]
        first = first[gains[first] > _LEAST_GAIN]
        if not len(first):
            break
        per_row = len(candidates) / len(trying)
        trying = trying[owners[first]]
        X[trying] = candidates[first]
        values[trying] += gains[first]
        if per_row > _MANY_MOVES and len(trying) > _FINALISTS:
            trying = trying[np.argsort(-values[trying], kind="stable")[:_FINALISTS]]
        moved = np.union1d(moved, trying)
    return moved


def _relaxed(
    acquisition: Acquisition, space: Space, X: np.ndarray, refine: Refine
) -> tuple[np.ndarray, np.ndarray]:
    """A climb of all numeric columns as if they were continuous, kept where the snapped result is better."""
    numeric = np.array(
        [c for c in range(space.dim) if c not in space.cardinalities and c not in space.fixed_columns],
        dtype=np.intp,
    )
    values = acquisition.value(X)
    X = X.copy()
    if len(numeric):
        points = repaired(space, refine(X, *_bounds(space, X, numeric))[0])
        reached = acquisition.value(points)
        better = (reached > values) & space.feasible(points)
        X[better], values[better] = points[better], reached[better]
    return X, values


def _bounds(space: Space, X: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that hold the columns that are not to move where they are."""
    held = _held(space, X, free)
    return np.where(held, X, space.bounds[0]), np.where(held, X, space.bounds[1])


def _held(space: Space, X: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Mask (`R x dim`) of all but the free columns; of these too, what is inactive, or zero where counted."""
    held = np.ones(X.shape, dtype=bool)
    held[:, free] = False
    if space.conditions:
        held |= ~space.conditions.active(X)
    for count in space.rules.counts:
        held[:, count.columns] |= ~count.nonzero(X)
    return held
