"""The Pareto front of several objectives, pair by pair, and how much of the outcomes it covers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from augury.study.report.style import BLUE, GREY, INK, MANY, ORANGE, dress, label, new_figure, write_out

_MOST_PANELS = 6


def front_figure(
    names: list[str], values: np.ndarray, feasible: np.ndarray, front: np.ndarray, reference: np.ndarray
) -> Figure:
    """One panel for each pair of objectives (the first six): every result, the front, the reference point.

    Args:
        names: the k objectives.
        values: n x k measured, in their units.
        feasible: n, whether the trial keeps every constraint.
        front: rows of the Pareto front.
        reference: k, in the objectives' units.
    """
    pairs = list(combinations(range(len(names)), 2))[:_MOST_PANELS]
    columns = min(len(pairs), 2)
    rows = -(-len(pairs) // columns)
    figure = new_figure(3.7 * columns if columns > 1 else 5.2, 0.5 + 3.2 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (i, j) in zip(panels, pairs, strict=False):
        _panel(axes, values[:, [i, j]], feasible, front, reference[[i, j]], joined=len(names) == 2)
        axes.set_xlabel(label(names[i]))
        axes.set_ylabel(label(names[j]))
        write_out(axes.xaxis)
        write_out(axes.yaxis)
    for axes in panels[len(pairs) :]:
        axes.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=4, frameon=False, fontsize=9, labelcolor=INK
    )
    return figure


def _panel(
    axes: Axes,
    values: np.ndarray,
    feasible: np.ndarray,
    front: np.ndarray,
    reference: np.ndarray,
    *,
    joined: bool,
) -> None:
    dress(axes)
    others = np.ones(len(values), dtype=bool)
    others[front] = False
    size = 24 if len(values) < 200 else 9
    for mask, face, edge, name in (
        (others & feasible, BLUE, BLUE, "measured"),
        (others & ~feasible, "none", GREY, "breaks a constraint"),
    ):
        if mask.any():
            axes.scatter(
                values[mask, 0],
                values[mask, 1],
                s=size,
                facecolors=face,
                edgecolors=edge,
                alpha=0.7,
                label=name,
                rasterized=len(values) > MANY,
            )
    ordered = values[front][np.argsort(values[front, 0])]
    axes.scatter(ordered[:, 0], ordered[:, 1], s=34, color=ORANGE, label="Pareto front", zorder=4)
    if joined and len(ordered) > 1:
        axes.plot(*ordered.T, color=ORANGE, linewidth=1.2, alpha=0.7, zorder=3)
    axes.plot(*reference, "+", color=INK, markersize=10, label="reference point", zorder=4)


def hypervolume_figure(trials: list[int], values: np.ndarray) -> Figure:
    """How the dominated volume has grown, by trial."""
    figure = new_figure(7.4, 2.6)
    axes = figure.subplots()
    dress(axes)
    axes.step(trials, values, where="post", color=ORANGE, linewidth=2)
    axes.set_xlabel("trial")
    axes.set_ylabel("hypervolume")
    write_out(axes.yaxis)
    return figure
