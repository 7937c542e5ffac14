"""Batches of designs that differ from each other and from those known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.acquisition.enumeration import is_among
from augury.space.repair import repaired
from augury.strategies.design import first_occurrence

if TYPE_CHECKING:
    from augury.space.space import Space
    from augury.strategies.offline.coordinates import DesignCoordinates


def distinct(space: Space, coordinates: DesignCoordinates, X: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The designs (`N x dim`) that may be proposed, in their order: at most N.

    Of a table of candidates, each design becomes the nearest row that is left.

    Args:
        space: of the designs.
        coordinates: in which distances to rows are measured.
        X: encoded designs, as a search left them.
        taken: `m x dim` designs that are known or under way.
    """
    if space.candidates is not None:
        return _nearest_rows(space, coordinates, X, taken)
    X = repaired(space, X)
    return X[first_occurrence(X) & ~is_among(X, taken) & space.feasible(X)]


def distances(space: Space, X: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How far designs (`N x dim`) are from the nearest known one (`m x dim`): N numbers.

    The distance of two designs is the number of categories that differ, plus the differences of all numbers
    as shares of their ranges.
    """
    categorical = list(space.cardinalities)
    numeric = [column for column in range(space.dim) if column not in space.cardinalities]
    return np.array(
        [
            (
                (known[:, categorical] != point[categorical]).sum(axis=1)
                + np.abs(known[:, numeric] - point[numeric]).sum(axis=1)
            ).min()
            for point in X
        ]
    )


def _nearest_rows(
    space: Space, coordinates: DesignCoordinates, X: np.ndarray, taken: np.ndarray
) -> np.ndarray:
    assert space.candidates is not None
    left = space.remaining_rows(taken)
    rows = coordinates.encode(space.candidates[left])
    chosen: list[int] = []
    free = np.ones(len(left), dtype=bool)
    for target in coordinates.encode(X):
        if not free.any():
            break
        gaps = np.where(free, np.square(rows - target).sum(axis=1), np.inf)
        nearest = int(gaps.argmin())
        free[nearest] = False
        chosen.append(nearest)
    points: np.ndarray = space.candidates[left[chosen]]
    return points
