"""Evenly spread points out of many."""

from __future__ import annotations

import numpy as np

from augury.errors import InvalidInputError


def farthest_points(points: np.ndarray, spacing: float, start: int = 0) -> np.ndarray:
    """Indices of points that are at least a distance apart and leave no other one farther away.

    Each is the point farthest from those before it (Gonzalez 1985), until that distance is below `spacing`
    times the extent of the points. `O(n)` memory, `O(n)` time for each point chosen.

    Args:
        points: `n x d`.
        spacing: least distance, relative to the diagonal of the box about the points.
        start: the first point.

    Returns:
        Indices in the order of choice.

    Raises:
        InvalidInputError: a spacing that is not positive.
    """
    if not spacing > 0.0:
        raise InvalidInputError(f"spacing must be positive; given {spacing:g}")
    chosen = [start]
    distance = np.linalg.norm(points - points[start], axis=1)
    extent = np.linalg.norm(points.max(axis=0) - points.min(axis=0))
    while len(chosen) < len(points):
        farthest = int(distance.argmax())
        if distance[farthest] < spacing * extent:
            break
        chosen.append(farthest)
        np.minimum(distance, np.linalg.norm(points - points[farthest], axis=1), out=distance)
    return np.array(chosen)
