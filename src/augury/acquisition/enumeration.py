"""Exact search where the points can be listed: candidate tables and small discrete spaces."""

from __future__ import annotations

import numpy as np

from augury.acquisition.base import Acquisition
from augury.space.encoding import row_keys
from augury.space.enumeration import all_points
from augury.space.space import Space

#: Finite spaces up to this size are evaluated completely.
ENUMERABLE = 20_000
_BLOCK = 4096
_FEW_POINTS = 4  # are compared one by one with all others


def listed_points(space: Space) -> np.ndarray | None:
    """All points (`N x dim`) of a table or of a small finite space, None where they are not to be listed."""
    if space.candidates is not None:
        return space.candidates.copy()  # torch warns about arrays that cannot be written to
    if space.size is None or space.size > ENUMERABLE:
        return None
    return all_points(space)


def best_of(
    acquisition: Acquisition, points: np.ndarray, avoid: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """The best of the listed points that is not to be avoided; the best of all when every one is.

    Args:
        acquisition: what is maximised.
        points: `N x dim`, each evaluated.
        avoid: `m x dim` points of the space, or None.
    """
    values = blockwise_value(acquisition, points)
    values = np.where(np.isnan(values), -np.inf, values)
    allowed = np.flatnonzero(~is_among(points, avoid))
    index = allowed[np.argmax(values[allowed])] if len(allowed) else int(np.argmax(values))
    return points[index].copy(), float(values[index])


def is_among(points: np.ndarray, others: np.ndarray | None) -> np.ndarray:
    """Mask (`N`) of the rows of `points` (`N x dim`) that are exactly a row of `others` (`m x dim`)."""
    among = np.zeros(len(points), dtype=bool)
    if others is None or len(others) == 0:
        return among
    if len(points) <= _FEW_POINTS:
        for index, point in enumerate(points):
            among[index] = (others == point).all(axis=1).any()
        return among
    rows = np.arange(len(points))
    for column in range(points.shape[1]):  # most rows are ruled out by the first columns
        rows = rows[np.isin(points[rows, column], others[:, column])]
    wanted = set(row_keys(others))
    among[rows] = [key in wanted for key in row_keys(points[rows])]
    return among


def blockwise_value(acquisition: Acquisition, X: np.ndarray) -> np.ndarray:
    """Acquisition values of many points (`N x dim`), in blocks that fit the cache."""
    if len(X) <= _BLOCK:
        return acquisition.value(X)
    return np.concatenate(
        [acquisition.value(X[start : start + _BLOCK]) for start in range(0, len(X), _BLOCK)]
    )
