"""Sampling: space-filling and uniform points of a Space."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from augury.errors import InvalidInputError
from augury.space.encoding import row_keys
from augury.space.enumeration import all_points
from augury.space.polytope import Polytope
from augury.space.repair import repaired
from augury.space.scales import Array
from augury.space.space import Space
from augury.space.thin import spread_thin

Draw = Callable[[int], Array]

_MOST_DRAWS = 2**15  # uniform draws before a small feasible region is entered by linear programming
_ENUMERABLE = 2**14  # finite spaces up to this size are listed when draws do not find enough distinct points
_POOL = 2048  # rows of a table among which the nearest to a Sobol point is looked for


def sobol(space: Space, n: int, *, seed: int, avoid: Array | None = None) -> Array:
    """Space-filling points: a scrambled Sobol sequence, spread evenly over levels and categories.

    Points are snapped, feasible, distinct where the space allows, and keep the columns that `restrict` holds.
    In a table, each point of the sequence becomes the nearest row not yet taken.

    Args:
        space: the space.
        n: number of points.
        seed: the same seed gives the same points.
        avoid: encoded points (m x dim) not to return while there are others.

    Returns:
        Encoded points, n x dim.

    Source: A. B. Owen, "Scrambling Sobol' and Niederreiter-Xing points", Journal of Complexity 14 (1998).
    """
    from torch import float64
    from torch.quasirandom import SobolEngine

    engine = SobolEngine(space.dim, scramble=True, seed=seed % 2**63)
    rng = np.random.default_rng(seed % 2**63)

    def draw(count: int) -> Array:
        points: Array = engine.draw(count, dtype=float64).numpy()
        return points

    if space.candidates is not None:
        return _nearest_rows(space, space.candidates, _check_count(n), draw, rng, avoid)
    return _sample(space, _check_count(n), draw, rng, avoid)


def uniform(space: Space, n: int, *, seed: int, avoid: Array | None = None) -> Array:
    """Independent uniform points (over levels and categories, or over the rows of a table).

    Points are snapped, feasible, distinct where the space allows, and keep the columns that `restrict` holds.

    Args:
        space: the space.
        n: number of points.
        seed: the same seed gives the same points.
        avoid: encoded points (m x dim) not to return while there are others.

    Returns:
        Encoded points, n x dim.
    """
    rng = np.random.default_rng(seed % 2**63)
    if space.candidates is not None:
        rows, _ = _row_order(space, space.candidates, avoid, rng)
        return space.candidates[np.resize(rows, _check_count(n))]
    return _sample(space, _check_count(n), lambda count: rng.random((count, space.dim)), rng, avoid)


def _check_count(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise InvalidInputError(f"n={n!r} must be a whole number of points, 0 or more")
    return int(n)


# --- tables ------------------------------------------------------------------------------------------


def _row_order(
    space: Space, candidates: Array, avoid: Array | None, rng: np.random.Generator
) -> tuple[NDArray[np.intp], int]:
    """All rows in random order, those to avoid last; and the number of the others."""
    if avoid is None or len(avoid) == 0:
        return rng.permutation(len(candidates)), len(candidates)
    remaining = space.remaining_rows(avoid)
    used = np.setdiff1d(np.arange(len(candidates)), remaining)
    return np.concatenate([rng.permutation(remaining), rng.permutation(used)]), len(remaining)


def _nearest_rows(
    space: Space, candidates: Array, n: int, draw: Draw, rng: np.random.Generator, avoid: Array | None
) -> Array:
    order, free = _row_order(space, candidates, avoid, rng)
    if n >= free:
        return candidates[np.resize(order, n)]
    pool = candidates[order[: min(free, _POOL + 4 * n)]]
    columns = np.ascontiguousarray(pool.T)
    taken = np.zeros(len(pool))
    chosen = np.empty(n, dtype=np.intp)
    for i, target in enumerate(_levelled(space, draw(n))):
        distance = taken.copy()
        for column, coordinates in enumerate(columns):
            if column in space.cardinalities:  # another category is as far as a whole range
                distance += coordinates != target[column]
            else:
                distance += np.square(coordinates - target[column])
        chosen[i] = np.argmin(distance)
        taken[chosen[i]] = np.inf
    return pool[chosen]


# --- spaces ------------------------------------------------------------------------------------------


def _levelled(space: Space, units: Array) -> Array:
    """Uniform coordinates in [0, 1) as encoded ones, every level as likely as its cell is wide."""
    scales = [parameter.scale for parameter in space.column_parameters]
    return np.stack([scale.spread(units[:, column]) for column, scale in enumerate(scales)], axis=1)


class _Collected:
    """Distinct points in the order in which they came."""

    def __init__(self, space: Space, n: int, avoid: Array | None) -> None:
        self.n = n
        self._seen = set() if avoid is None else set(row_keys(np.asarray(avoid, dtype=np.float64)))
        self._parts: list[Array] = [np.empty((0, space.dim))]
        self.count = 0

    def add(self, points: Array) -> None:
        """Add the points not seen before, up to n in all."""
        kept: list[int] = []
        for row, key in enumerate(row_keys(points)):
            if self.count + len(kept) == self.n:
                break
            if key not in self._seen:
                self._seen.add(key)
                kept.append(row)
        self._parts.append(points[kept])
        self.count += len(kept)

    @property
    def missing(self) -> int:
        return self.n - self.count

    def points(self) -> Array:
        return np.concatenate(self._parts)


def _sample(space: Space, n: int, draw: Draw, rng: np.random.Generator, avoid: Array | None) -> Array:
    collected = _Collected(space, n, avoid)
    drawn, batch = 0, n
    most = 4 * n + (_MOST_DRAWS if space.rules and not space.rules.thin else 1024)
    if space.size is not None and space.size <= _ENUMERABLE:
        most = min(most, 2 * space.size + n)  # then listing the space is quicker
    while collected.missing and drawn < most:
        units = draw(batch)
        points = space.snap(_levelled(space, units))
        if space.rules.thin:
            points = spread_thin(space, points, units, rng)
        collected.add(points[space.feasible(points)])
        drawn += batch
        batch = min(max(4 * batch, 64), 2**13)
    if collected.missing and space.size is not None and space.size <= _ENUMERABLE:
        collected.add(rng.permutation(all_points(space)))
    elif collected.missing and space.rules and not (space.rules.thin and collected.count):
        for points in _mixtures(space, rng, collected.missing):
            collected.add(points[space.feasible(points)])
    return _filled(space, collected, rng, avoid)


def _mixtures(space: Space, rng: np.random.Generator, missing: int) -> Iterator[Array]:
    """Random mixtures of the vertices of a small feasible region, then the vertices themselves.

    A mixture of feasible points is feasible where all constrained columns are continuous; where they are not,
    snapping may leave the region, and the caller drops those.
    """
    rules = space.rules
    polytope = Polytope(space, rules.both_ways, rules.counts)
    found = [polytope.vertex(rng.standard_normal(space.dim)) for _ in range(2 * space.dim + 8)]
    vertices = np.array([point for point in found if point is not None])
    _, first = np.unique(vertices.round(6), axis=0, return_index=True)
    vertices = vertices[np.sort(first)]
    constrained = np.asarray(rules.both_ways.weights.any(axis=0))
    natural = rules.both_ways.natural(vertices)
    concentration = min(1.0, (constrained.sum() + 1) / len(vertices))  # 1 is uniform on a simplex
    for _ in range(4):
        count = 4 * missing + 64
        weights = rng.dirichlet(np.full(len(vertices), concentration), size=count)
        points = _levelled(space, rng.random((count, space.dim)))
        columns = np.flatnonzero(constrained)
        points[:, columns] = rules.both_ways.coordinates(columns, weights @ natural[:, columns])
        yield repaired(space, points)
    points = _levelled(space, rng.random((len(vertices), space.dim)))
    for limited in rules.counts:
        constrained[limited.columns] = True
    points[:, constrained] = vertices[:, constrained]
    yield space.snap(points)


def _filled(space: Space, collected: _Collected, rng: np.random.Generator, avoid: Array | None) -> Array:
    """The points collected; where the space holds too few, repeated, avoided ones last."""
    points = collected.points()
    if not collected.missing:
        return points
    if len(points) == 0 and avoid is not None and len(avoid) > 0:
        allowed = space.snap(avoid)
        points = rng.permutation(allowed[space.feasible(allowed)])
    if len(points) == 0:
        raise InvalidInputError("no feasible point was found; widen the constraints")
    return points[np.resize(np.arange(len(points)), collected.n)]
