"""Enumeration: every point of a small finite Space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from augury.space.scales import Array

if TYPE_CHECKING:
    from augury.space.space import Space


#: Spaces with conditions up to this size are counted by listing them.
MOST_COUNTED = 2**16


def all_points(space: Space, *, feasible_only: bool = True) -> Array:
    """Every feasible point (N x dim) of a space whose `size` is finite and that is no table."""
    axes = [
        np.array([space.fixed_columns[column]])
        if column in space.fixed_columns
        else parameter.encoded_levels()
        for column, parameter in enumerate(space.column_parameters)
    ]
    points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    if space.conditions:
        points = np.unique(space.conditions.canonical(points), axis=0)
    return points[space.feasible(points)] if feasible_only else points
