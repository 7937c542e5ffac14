"""Maps: the surrogate's prediction over two parameters, the others held at the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.space.parameters import Categorical
from augury.space.space import Space
from augury.study.report.effects import points_along, raw_values
from augury.study.report.surrogate import Surrogate

_POINTS = 33


@dataclass(frozen=True)
class MapAxis:
    """One axis of a map.

    Args:
        name: the parameter.
        values: its values along the axis: numbers, or categories.
        best: its value at the best conditions.
        numeric: whether `values` are numbers.
        log: whether their axis is logarithmic.
    """

    name: str
    values: list[Any]
    best: Any
    numeric: bool
    log: bool


@dataclass(frozen=True)
class SurrogateMap:
    """The prediction over two parameters.

    Args:
        across: the axis of the columns, k values.
        up: the axis of the rows, l values.
        mean: l x k predicted means, in the outcome's units.
        std: l x k standard deviations of the function there.
    """

    across: MapAxis
    up: MapAxis
    mean: np.ndarray
    std: np.ndarray


def surrogate_map(
    surrogate: Surrogate, space: Space, best: np.ndarray, across: int, up: int, most: int = _POINTS
) -> SurrogateMap:
    """The prediction around the best point.

    Args:
        surrogate: of the outcome to look at.
        space: the study's space.
        best: d, the encoded best point.
        across, up: two different columns.
        most: points along an axis, where the parameter does not have fewer levels.
    """
    columns, rows = points_along(space, across, most), points_along(space, up, most)
    points = np.tile(best, (len(rows), len(columns), 1))
    points[:, :, across] = columns
    points[:, :, up] = rows[:, None]
    mean, std = surrogate.predict(points.reshape(-1, space.dim))
    shape = (len(rows), len(columns))
    return SurrogateMap(
        _axis(space, across, columns, best),
        _axis(space, up, rows, best),
        mean.reshape(shape),
        std.reshape(shape),
    )


def _axis(space: Space, column: int, grid: np.ndarray, best: np.ndarray) -> MapAxis:
    parameter = space.column_parameters[column]
    return MapAxis(
        space.columns[column],
        raw_values(parameter, grid),
        raw_values(parameter, best[[column]])[0],
        not isinstance(parameter, Categorical),
        bool(getattr(parameter, "log", False)),
    )
