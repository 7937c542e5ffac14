"""Thin sets: uniform points of a Space in which equalities or counts leave no volume (mixtures, supports)."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from augury.space.repair import repaired
from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space

_MOST_SUPPORTS = 32  # different choices of the columns that are not zero, in one call
_STEPS_PER_DIMENSION = 20


def spread_thin(space: Space, X: Array, units: Array, rng: np.random.Generator) -> Array:
    """Points that keep equalities and counts, uniform where `units` is, each from one row of it.

    Which columns of a count are not zero is drawn, all choices alike. Within it the columns of a mixture (one
    equality that cuts a simplex from the bounds, in no other rule) become the spacings that belong to their
    coordinates, so that points that fill the cube evenly fill the simplex; other equalities, together with
    the inequalities, are walked through by hit-and-run. Discrete columns are rounded and repaired last.

    Args:
        space: a space whose rules are thin.
        X: n x dim points of the space without its rules, for the columns that no rule restricts.
        units: n x dim coordinates that are uniform in [0, 1), for the others.
        rng: draws what these do not decide.

    Returns:
        n points of the space; some may break a rule (`Space.feasible` tells).

    Source: Smith, "Efficient Monte Carlo procedures for generating points uniformly distributed over bounded
    regions", Operations Research 32 (1984), for hit-and-run.
    """
    if space.rules.counts:
        groups = rng.permutation(len(X)) % min(_MOST_SUPPORTS, max(1, len(X)))
        for count in space.rules.counts:
            ranks = _supports(len(count.columns), count.most, groups.max(initial=0) + 1, rng)
            held = [place for place, c in enumerate(count.columns.tolist()) if c in space.fixed_columns]
            ranks[:, held] += (
                X[:1, count.columns[held]] != count.zeros[held]
            )  # these are not zero in any case
            X = count.with_zeros(X, ranks[groups])
    else:
        groups = np.zeros(len(X), dtype=np.intp)
    if not len(space.rules.equalities):
        return X
    zero = np.zeros(X.shape, dtype=bool)
    for count in space.rules.counts:
        zero[:, count.columns] |= ~count.nonzero(X)
    zero[:, list(space.fixed_columns)] = True
    parts = [np.flatnonzero(groups == group) for group in range(groups.max(initial=0) + 1)]
    result = X.copy()
    for rows in parts:
        free = np.flatnonzero(~zero[rows[0]] & space.rules.both_ways.weights.any(axis=0))
        if len(free):
            result[rows] = _face(space, X[rows], units[rows], free, rng)
    return repaired(space, result, held=zero)


def _supports(k: int, most: int, n: int, rng: np.random.Generator) -> Array:
    """n choices of `most` of k columns as ranks (n x k), of which the largest are the chosen ones.

    Where there are few choices, each is taken equally often.
    """
    if comb(k, most) > _MOST_SUPPORTS:
        return rng.random((n, k))
    every = np.zeros((comb(k, most), k))
    for row, support in enumerate(combinations(range(k), most)):
        every[row, list(support)] = 0.5
    return every[np.resize(rng.permutation(len(every)), n)]


def _face(space: Space, X: Array, units: Array, free: NDArray[np.intp], rng: np.random.Generator) -> Array:
    """The points with their free columns uniform on the rules, the others held."""
    inequalities, equalities = space.rules.inequalities, space.rules.equalities
    low, high = (ends[free] for ends in space.rules.both_ways.ends())
    A, B = equalities.weights[:, free], inequalities.weights[:, free]
    held = X[:1].copy()
    base = space.rules.both_ways.natural(held)[0]
    base[free] = 0.0
    a, b = equalities.limits - equalities.weights @ base, inequalities.limits - inequalities.weights @ base
    used = A.any(axis=1)
    walked = _simplex(A[used], a[used], B, low, high, units[:, free])
    if walked is None:
        walked = _hit_and_run(A, a, B, b, low, high, len(X), rng)
    if walked is None:
        return X
    X = X.copy()
    X[:, free] = space.rules.both_ways.coordinates(free, walked)
    return X


def _simplex(A: Array, a: Array, B: Array, low: Array, high: Array, units: Array) -> Array | None:
    """Values (n x m) whose weighted distances from the lower bounds are uniform spacings of what is left to
    share; None where the rules are not one simplex."""
    if len(A) != 1 or B.any() or (A[0] <= 0.0).any():
        return None
    left = a[0] - A[0] @ low
    if left <= 0.0 or (A[0] * (high - low) < left * (1.0 - 1e-12)).any():
        return None
    # exponential variables by inversion; their shares are uniform on the simplex
    waits = -np.log1p(-np.clip(units, 1e-12, 1.0 - 1e-12))
    return low + left * waits / waits.sum(axis=1, keepdims=True) / A[0]


def _hit_and_run(
    A: Array, a: Array, B: Array, b: Array, low: Array, high: Array, n: int, rng: np.random.Generator
) -> Array | None:
    """Values (n x m) uniform on A v = a, B v <= b, low <= v <= high, each at the end of a walk of its own."""
    centre = _centre(A, a, B, b, low, high)
    if centre is None:
        return None
    width = high - low
    _, singular, Vt = np.linalg.svd(A * width)
    directions = Vt[np.count_nonzero(singular > 1e-10 * max(singular.max(initial=0.0), 1e-300)) :]
    points = np.tile((centre - low) / width, (n, 1))
    if not len(directions):
        return low + width * points
    rows = np.concatenate([B * width, np.eye(len(low)), -np.eye(len(low))])
    limits = np.concatenate([b - B @ low, np.ones(len(low)), np.zeros(len(low))])
    for _ in range(_STEPS_PER_DIMENSION * (len(directions) + 1)):
        step = rng.standard_normal((n, len(directions))) @ directions
        slack, speed = np.maximum(limits - points @ rows.T, 0.0), step @ rows.T
        with np.errstate(divide="ignore", invalid="ignore"):
            times = slack / speed
        forward = np.where(speed > 1e-14, times, np.inf).min(axis=1)
        backward = np.where(speed < -1e-14, times, -np.inf).max(axis=1)
        points += (backward + rng.random(n) * (forward - backward))[:, None] * step
    return low + width * np.clip(points, 0.0, 1.0)


def _centre(A: Array, a: Array, B: Array, b: Array, low: Array, high: Array) -> Array | None:
    """The values furthest from all inequalities and bounds, by linear programming; None if there are none."""
    from scipy.optimize import linprog

    m, width = len(low), high - low
    reach = np.concatenate([np.linalg.norm(B * width, axis=1), np.ones(2 * m)])
    rows = np.concatenate([B * width, np.eye(m), -np.eye(m)])
    limits = np.concatenate([b - B @ low, np.ones(m), np.zeros(m)])
    result = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.column_stack([rows, reach]),
        b_ub=limits,
        A_eq=np.column_stack([A * width, np.zeros(len(A))]),
        b_eq=a - A @ low,
        bounds=[(None, None)] * m + [(0.0, None)],
    )
    return None if result.x is None else low + width * result.x[:m]
