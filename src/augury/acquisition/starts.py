"""Where a search begins: many raw points, and the few of them that are refined."""

from __future__ import annotations

import numpy as np

from augury.numerics.quasi_random import quasi_uniform
from augury.space.repair import repaired
from augury.space.sampling import sobol
from augury.space.space import Space

_NEAR_SHARE = 0.2  # of the raw points, drawn around the incumbents
NEAR_WIDTH = 0.1  # standard deviation of a perturbed coordinate
_MOST_PERTURBED = 20  # coordinates changed at once around an incumbent, on average at most
_ETA = 1.0  # sharpness of the draw of starts, per standard deviation of the raw values


def raw_points(space: Space, count: int, *, incumbents: np.ndarray | None, seed: int) -> np.ndarray:
    """`count x dim` points of the space: space-filling, and around the incumbents.

    Args:
        space: not a table.
        count: number of points; may be exceeded by the incumbents themselves, and fall short where
            constraints leave few points around them.
        incumbents: `k x dim` encoded points worth a closer look (the best observed ones), or None.
        seed: of the points.
    """
    near = 0 if incumbents is None or len(incumbents) == 0 else int(_NEAR_SHARE * count)
    spread = _space_filling(space, count - near, seed)
    if incumbents is None or not near:
        return spread
    return np.concatenate([spread, around(space, incumbents, near, np.random.default_rng([seed, 1]))])


def choose_starts(X: np.ndarray, values: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """`count x dim` (or all) of the raw points: the best one, and others drawn by their value.

    The draw is without replacement with weights `exp(eta * z)` for standardised values z, so that good
    points far from the best are refined too.

    Args:
        X: `N x dim` raw points.
        values: `N`; points whose value is not finite are taken only when nothing else is left.
        count: number of starts.
        seed: of the draw.

    Source: `initialize_q_batch` of BoTorch (Balandat et al., NeurIPS 2020).
    """
    finite = np.isfinite(values)
    if not finite.any() or count >= len(X):
        return X[:count]
    deviation = values[finite].std()
    standardised = np.where(finite, values - values[finite].max(), -np.inf) / (
        deviation if deviation > 0 else 1.0
    )
    gumbel = np.random.default_rng([seed, 2]).gumbel(size=len(values))
    keys = _ETA * standardised + gumbel
    keys[np.argmax(np.where(finite, values, -np.inf))] = np.inf
    chosen = np.argpartition(-keys, count)[:count]
    return X[chosen[np.argsort(-keys[chosen], kind="stable")]]


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
    changed = rng.random((count, dim)) < min(1.0, _MOST_PERTURBED / dim)
    changed[np.arange(count), rng.integers(dim, size=count)] = True
    points = np.where(changed, centres + width * rng.standard_normal((count, dim)), centres)
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


def _space_filling(space: Space, count: int, seed: int) -> np.ndarray:
    if not is_box(space):
        return sobol(space, count, seed=seed)
    points = quasi_uniform(count, space.dim, seed)
    for column, value in space.fixed_columns.items():
        points[:, column] = value
    return points
