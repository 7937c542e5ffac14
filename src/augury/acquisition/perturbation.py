"""Search without gradients: the best points are moved at random, less and less far."""

from __future__ import annotations

import numpy as np

from augury.acquisition.base import Acquisition
from augury.acquisition.enumeration import blockwise_value
from augury.acquisition.moves import neighbours
from augury.acquisition.starts import around
from augury.space.space import Space

_ROUNDS = 12
_KEPT = 12  # points that are moved in a round
_MOVES = 20  # of each
_WIDTHS = (0.15, 0.003)  # of the first and of the last round


def refine_by_perturbation(
    acquisition: Acquisition, space: Space, X: np.ndarray, values: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """All points, and those found around the best of them: an evolution strategy of shrinking steps.

    In each round the best points are moved in some columns at once, and in each discrete column alone.

    Args:
        acquisition: what is maximised.
        space: not a table.
        X: `N x dim` points of the space.
        values: `N`, their worth.
        seed: of the moves.

    Returns:
        The points and their values, the best kept ones first.

    Source: SMAC searches a forest's expected improvement so, from its best random points (Hutter, Hoos and
    Leyton-Brown 2011, section 4.3).
    """
    rng = np.random.default_rng([seed, 3])
    best, worth = _best(X, values)
    for width in np.geomspace(*_WIDTHS, _ROUNDS):
        near = around(space, best, _KEPT * _MOVES, rng, float(width))[len(best) :]
        moved = np.concatenate([near, neighbours(space, best)[0]])
        if len(moved):
            candidates = np.concatenate([best, moved])
            reached = np.concatenate([worth, blockwise_value(acquisition, moved)])
            best, worth = _best(candidates, reached)
    return np.concatenate([best, X]), np.concatenate([worth, values])


def _best(X: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best points; of points of the same value, which are on one piece, the first."""
    values = np.where(np.isnan(values), -np.inf, values)
    distinct = np.unique(values, return_index=True)[1][::-1][:_KEPT]
    return X[distinct], values[distinct]
