"""Moves of a local search in the discrete columns, between conditional branches and along constraints."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from augury.numerics.quasi_random import quasi_uniform
from augury.space.repair import repaired
from augury.space.space import Space

_LEVEL_STEPS = (1, 2, 5, 15, 50, 150)
_EXCHANGED_STEPS = (1, 2, 5)
_ACTIVATED = 8  # values tried of the columns that a move makes active


def neighbours(space: Space, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All points that differ from a row of `X` in one discrete column, and moves along the rules.

    What an equality lacks after a change is made up by its other columns. Its columns also exchange amounts,
    and those that a count limits exchange places. Where a change makes conditional columns active, there is
    one point for each of a few values of these.

    Returns:
        The feasible ones, `M x dim`, and the row of `X` each belongs to, `M`.
    """
    points, rows, moved = [np.empty((0, space.dim))], [np.empty(0, dtype=np.intp)], []
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
        moved.append(np.full(len(owner), column))
    candidates, owners = np.concatenate(points), np.concatenate(rows)
    if space.rules.thin:
        candidates, owners = _along_rules(space, X, candidates, owners, np.concatenate([np.empty(0), *moved]))
    feasible = space.feasible(candidates)
    return candidates[feasible], owners[feasible]


def _along_rules(
    space: Space, X: np.ndarray, changed: np.ndarray, owners: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Changed points made to keep equalities and counts, and moves that keep these by themselves.

    Args:
        space: a space with equalities or counts.
        X: `R x dim` points of it.
        changed: `M x dim` points that differ from these in one column.
        owners: `M` rows of `X` they come from.
        columns: `M` columns in which they differ.

    Returns:
        Points that differ from those they come from, and the rows of these.
    """
    held = np.zeros(changed.shape, dtype=bool)
    held[np.arange(len(changed)), columns.astype(np.intp)] = True
    places, takers = _exchanged_places(space, X)
    amounts, givers = _exchanged_amounts(space, X)
    held = np.concatenate([held, np.zeros(places.shape, dtype=bool)])
    repairs = repaired(space, np.concatenate([changed, places]), held=held)
    points = np.concatenate([repairs, space.snap(amounts)])
    owners = np.concatenate([owners, takers, givers])
    differs = (points != X[owners]).any(axis=1)
    return points[differs], owners[differs]


def _exchanged_places(space: Space, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in which a counted column gives its amount to one that is zero, is given up, or taken in."""
    points, rows = [np.empty((0, space.dim))], [np.empty(0, dtype=np.intp)]
    for count in space.rules.counts:
        zeros = dict(zip(count.columns.tolist(), count.zeros.tolist(), strict=True))
        free = [column for column in zeros if column not in space.fixed_columns]
        for source, target in permutations(free, 2):
            able = np.flatnonzero((X[:, source] != zeros[source]) & (X[:, target] == zeros[target]))
            moved = X[able]
            moved[:, target], moved[:, source] = moved[:, source], zeros[source]
            points.append(moved)
            rows.append(able)
        for column in free:
            moved = X.copy()
            moved[:, column] = np.where(X[:, column] == zeros[column], 0.5, zeros[column])
            points.append(moved)
            rows.append(np.arange(len(X)))
    return np.concatenate(points), np.concatenate(rows)


def _exchanged_amounts(space: Space, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in which one discrete column of an equality gives some levels to another."""
    points, rows = [np.empty((0, space.dim))], [np.empty(0, dtype=np.intp)]
    equalities = space.rules.equalities
    if not len(equalities):
        return points[0], rows[0]
    natural = equalities.natural(X)
    for weights in equalities.weights:
        columns = [c for c in np.flatnonzero(weights).tolist() if c in space.levels]
        for source, target in permutations([c for c in columns if c not in space.fixed_columns], 2):
            for step in _EXCHANGED_STEPS:
                moved = X.copy()
                moved[:, source] = _stepped(space, X, source, -step)
                given = natural[:, source] - equalities.natural(moved)[:, source]
                amount = natural[:, target] + given * weights[source] / weights[target]
                moved[:, target] = equalities.coordinates(np.array([target]), amount[:, None])[:, 0]
                able = np.flatnonzero((given != 0.0) & (np.abs(moved[:, target] - 0.5) <= 0.5 + 1e-9))
                points.append(moved[able])
                rows.append(able)
    return np.concatenate(points), np.concatenate(rows)


def _stepped(space: Space, X: np.ndarray, column: int, step: int) -> np.ndarray:
    """The coordinates (`R`) some levels further in one column."""
    levels = space.levels[column]
    place = np.abs(levels - X[:, column, None]).argmin(axis=1)
    stepped: np.ndarray = levels[np.clip(place + step, 0, len(levels) - 1)]
    return stepped


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
