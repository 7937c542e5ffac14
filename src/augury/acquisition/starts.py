"""Where a search begins: many raw points, and the few of them that are refined."""

from __future__ import annotations

from math import sqrt

import numpy as np

from augury.numerics.quasi_random import quasi_uniform
from augury.space.repair import repaired
from augury.space.sampling import sobol
from augury.space.space import Space

_NEAR_SHARE = 0.2  # of the raw points, drawn around the incumbents
NEAR_WIDTH = 0.1  # standard deviation of a perturbed coordinate
_MOST_PERTURBED = 20  # coordinates changed at once around an incumbent, on average at most
_ETA = 1.0  # sharpness of the draw of starts, per standard deviation of the raw values


def raw_points(
    space: Space, count: int, *, incumbents: np.ndarray | None, seed: int | np.random.Generator
) -> np.ndarray:
    """`count x dim` points of the space: space-filling, and around the incumbents.

    Args:
        space: not a table.
        count: number of points; may be exceeded by the incumbents themselves, and fall short where
            constraints leave few points around them.
        incumbents: `k x dim` encoded points worth a closer look (the best observed ones), or None.
        seed: of the points; or the generator to go on with.
    """
    rng = np.random.default_rng(seed)
    near = 0 if incumbents is None or len(incumbents) == 0 else int(_NEAR_SHARE * count)
    spread = _space_filling(space, count - near, rng)
    if incumbents is None or not near:
        return spread
    return np.concatenate([spread, around(space, incumbents, near, rng)])


def choose_starts(
    X: np.ndarray, values: np.ndarray, count: int, *, seed: int | np.random.Generator
) -> np.ndarray:
    """`count x dim` (or all) of the raw points: the best one, and others drawn by their value.

    The draw is without replacement with weights `exp(eta * z)` for standardised values z, so that good
    points far from the best are refined too.

    Args:
        X: `N x dim` raw points.
        values: `N`; points whose value is not finite are taken only when nothing else is left.
        count: number of starts.
        seed: of the draw; or the generator to go on with.

    Source: `initialize_q_batch` of BoTorch (Balandat et al., NeurIPS 2020).
    """
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    if not len(known) or count >= len(X):
        return X[:count]
    residuals = known - known.sum() / len(known)
    variance = float(residuals @ residuals) / len(known)
    keys = values * (_ETA / (sqrt(variance) if variance > 0.0 else 1.0))
    keys += np.random.default_rng(seed).gumbel(size=len(values))
    if len(known) < len(values):
        keys[~finite] = -np.inf
        values = np.where(finite, values, -np.inf)
    keys[np.argmax(values)] = np.inf
    return X[np.argsort(-keys, kind="stable")[:count]]


def is_box(space: Space) -> bool:
    """Whether every point between the bounds is a point of the space (but for held columns)."""
    return (
        not space.rules
        and not space.conditions
        and all(
            parameter.n_levels is None or column in space.fixed_columns
            for column, parameter in enumerate(space.column_parameters)
        )
    )


def around(
    space: Space, incumbents: np.ndarray, count: int, rng: np.random.Generator, width: float = NEAR_WIDTH
) -> np.ndarray:
    """The incumbents, and copies with some coordinates moved a little and some categories redrawn.

    Args:
        space: not a table.
        incumbents: `k x dim` points of it.
        count: number of copies; constraints may leave fewer.
        rng: source of the moves.
        width: standard deviation of a moved coordinate.
    """
    dim = space.dim
    centres = incumbents[np.arange(count) % len(incumbents)]
    points = centres + width * rng.standard_normal((count, dim))
    if dim > _MOST_PERTURBED:
        changed = rng.random((count, dim)) < _MOST_PERTURBED / dim
        changed[np.arange(count), rng.integers(dim, size=count)] = True
        points = np.where(changed, points, centres)
    for column, cardinality in space.cardinalities.items():
        redrawn = rng.random(count) < min(0.5, 1.0 / dim + 0.1)
        points[:, column] = np.where(redrawn, rng.integers(cardinality, size=count), centres[:, column])
    points = np.concatenate([incumbents, points])
    if is_box(space):
        points = np.minimum(np.maximum(points, 0.0), 1.0)
        for column, value in space.fixed_columns.items():
            points[:, column] = value
        return points
    points = repaired(space, points)
    return points[space.feasible(points)]


def _space_filling(space: Space, count: int, rng: np.random.Generator) -> np.ndarray:
    if not is_box(space):
        return sobol(space, count, seed=int(rng.integers(2**63)))
    points = quasi_uniform(count, space.dim, rng)
    for column, value in space.fixed_columns.items():
        points[:, column] = value
    return points
