"""Search where some columns are discrete: climbs of the continuous ones and moves of the others, in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.enumeration import blockwise_value
from augury.numerics.quasi_random import quasi_uniform
from augury.space.conditions import INACTIVE
from augury.space.space import Space

#: `(X: R x dim, lower: R x dim, upper: R x dim) -> (points, values)`: climbs with coordinates held where
# bounds agree.
Refine = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_LEVEL_STEPS = (1, 2, 5, 15, 50, 150)
_MOST_ROUNDS = 20
_MOST_MOVES = 50  # of the discrete columns, between two climbs
_LEAST_GAIN = 1e-7
_ACTIVATED = 8  # values tried of the columns that a move makes active


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
            points = space.snap(points)
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


def neighbours(space: Space, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All points that differ from a row of `X` in one discrete column.

    Where that makes conditional columns active, one point for each of a few values of these.

    Returns:
        The feasible ones, `M x dim`, and the row of `X` each belongs to, `M`.
    """
    points, rows = [np.empty((0, space.dim))], [np.empty(0, dtype=np.intp)]
    for column in [*space.categorical_features, *space.levels]:
        if column in space.fixed_columns:
            continue
        values = _other_values(space, X, column)
        owner = np.repeat(np.arange(len(X)), values.shape[1])
        changed = X[owner]
        changed[:, column] = values.ravel()
        differs = changed[:, column] != X[owner, column]
        changed, owner = changed[differs], owner[differs]
        if space.conditions:
            changed, owner = _with_activated(space, X, changed, owner, column)
        points.append(changed)
        rows.append(owner)
    candidates, owners = np.concatenate(points), np.concatenate(rows)
    feasible = space.feasible(candidates)
    return candidates[feasible], owners[feasible]


def _with_activated(
    space: Space, X: np.ndarray, changed: np.ndarray, owner: np.ndarray, column: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points whose `column` was changed, with values for the columns that this has made active.

    Args:
        space: a space with conditions.
        X: `R x dim` points before the change.
        changed: `M x dim` points after it.
        owner: `M` rows of `X` they come from.
        column: what was changed.

    Returns:
        Points of the space that differ from those they come from, and the rows of these.
    """
    children = space.conditions.descendants(column)
    parts = [changed]
    if children:
        values = quasi_uniform(_ACTIVATED, len(children), 0)
        values[0] = 0.5
        counts = np.array([space.cardinalities.get(child, 1) for child in children])
        for row in np.where(counts > 1, np.floor(values * counts), values):
            varied = changed.copy()
            # what was active before keeps its value
            varied[:, children] = np.where(
                space.conditions.active(X[owner])[:, children], changed[:, children], row
            )
            parts.append(varied)
        parts = parts[1:]
        owner = np.tile(owner, len(parts))
    points = space.snap(np.concatenate(parts))
    differs = (points != X[owner]).any(axis=1)
    _, first = np.unique(np.column_stack([owner[differs], points[differs]]), axis=0, return_index=True)
    kept = np.flatnonzero(differs)[np.sort(first)]
    return points[kept], owner[kept]


def _other_values(space: Space, X: np.ndarray, column: int) -> np.ndarray:
    """`R x k` values that a column may change to; its present value may be among them."""
    if column in space.cardinalities:
        return np.tile(np.arange(float(space.cardinalities[column])), (len(X), 1))
    levels = space.levels[column]
    position = np.abs(levels - X[:, column, None]).argmin(axis=1)
    steps = np.array([step for size in _LEVEL_STEPS if size < len(levels) for step in (-size, size)])
    return levels[np.clip(position[:, None] + steps, 0, len(levels) - 1)]


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
        trying = trying[owners[first]]
        X[trying] = candidates[first]
        values[trying] += gains[first]
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
        points = space.snap(refine(X, *_bounds(space, X, numeric))[0])
        reached = acquisition.value(points)
        better = (reached > values) & space.feasible(points)
        X[better], values[better] = points[better], reached[better]
    return X, values


def _bounds(space: Space, X: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that hold every column but the free ones, and those that are inactive, where it is."""
    lower, upper = X.copy(), X.copy()
    lower[:, free], upper[:, free] = space.bounds[0, free], space.bounds[1, free]
    if space.conditions:
        inactive = ~space.conditions.active(X)
        lower[inactive] = upper[inactive] = INACTIVE
    return lower, upper
