"""Pictures of vector fields on surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError
from augury.geometry.tangent_bundle import TangentBundle

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def quiver(
    bundle: TangentBundle,
    vectors: Any,
    values: Any = None,
    *,
    length: float = 1.0,
    view: tuple[float, float] = (20.0, -60.0),
    title: str = "",
) -> Figure:
    """A figure of arrows on the points of a surface in two or three dimensions.

    Args:
        bundle: the surface.
        vectors: `n x d`.
        values: `n` numbers that colour the points (a deviation, a divergence), or None.
        length: of the longest arrow, in mean distances between neighbours.
        view: elevation and azimuth of the eye, in degrees.
        title: above the picture.

    Returns:
        A matplotlib figure: `figure.savefig("field.png")`.

    Raises:
        InvalidInputError: other dimensions, or vectors that do not fit the points.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    arrows, d = np.asarray(vectors, dtype=np.float64), bundle.ambient_dim
    if d not in (2, 3) or arrows.shape != bundle.points.shape:
        raise InvalidInputError(
            f"needs one vector for each of {len(bundle)} points in 2 or 3 dimensions; given points in {d} "
            f"and vectors of shape {arrows.shape}"
        )
    longest = max(float(np.linalg.norm(arrows, axis=1).max()), np.finfo(float).tiny)
    spacing = np.sqrt(2.0 * bundle.dimension * bundle.unit * len(bundle) / bundle.graph.sum())
    arrows = arrows * (length * spacing / longest)
    figure = Figure(figsize=(7.0, 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot(projection="3d" if d == 3 else None)
    if d == 3:
        axes.view_init(*view)
    if values is not None:
        points = axes.scatter(*bundle.points.T, c=np.asarray(values, dtype=np.float64), s=12, cmap="viridis")
        figure.colorbar(points, ax=axes, shrink=0.7)
    scale = {} if d == 3 else {"angles": "xy", "scale_units": "xy", "scale": 1.0}
    axes.quiver(*bundle.points.T, *arrows.T, color="#3b82c4", linewidth=0.8, **scale)
    axes.set_aspect("equal")
    axes.set_title(title)
    return figure
