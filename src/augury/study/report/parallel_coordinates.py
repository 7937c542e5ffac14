"""Parallel coordinates: every trial is a line over the parameters, coloured by its value (Inselberg 1985)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from augury.space.parameters import Categorical
from augury.space.space import Space
from augury.study.report.effects import raw_values
from augury.study.report.style import (
    GRID,
    INK,
    MANY,
    SURFACE,
    dress,
    label,
    new_figure,
    value_colours,
    write_out,
)

MOST_TRIALS = 400
_MOST_TICKS = 8
_CROWD = 60
"""From so many lines on, the worse ones fade."""
_OUTSTANDING = 15
"""About so many of the best lines stand out from a crowd."""
_ROOM_FOR_NAMES = 72
"""Characters that fit side by side above the axes."""


@dataclass(frozen=True)
class Coordinate:
    """One vertical axis.

    Args:
        name: of the parameter.
        heights: n heights of the trials, in [0, 1]; NaN where the parameter is inactive, where lines end.
        ticks: heights that carry a text.
        texts: those texts.
    """

    name: str
    heights: np.ndarray
    ticks: np.ndarray
    texts: list[str]


def coordinates(space: Space, X: np.ndarray, columns: list[int]) -> list[Coordinate]:
    """One axis per column of the encoded points X (n x d)."""
    result = []
    active = space.conditions.active(X)
    for column in columns:
        name, parameter, top = space.columns[column], space.column_parameters[column], space.bounds[1, column]
        wanted = np.linspace(0.0, top, _MOST_TICKS if isinstance(parameter, Categorical) else 3)
        ticks = np.unique(parameter.scale.unit(parameter.scale.value(wanted)))
        raw = raw_values(parameter, ticks)
        texts = [f"{v:.3g}" if isinstance(v, float) else label(v, 14) for v in raw]
        heights = np.where(active[:, column], X[:, column] / top, np.nan)
        result.append(Coordinate(name, heights, ticks / top, texts))
    return result


def parallel_coordinates_figure(
    axes_shown: list[Coordinate], values: np.ndarray, sign: int, outcome: str
) -> Figure:
    """The figure; good values are drawn last, and thicker.

    Args:
        axes_shown: at least one.
        values: n measured values, in the same order as the heights.
        sign: +1 where larger is better, -1 where smaller is.
        outcome: name of the value.
    """
    names = [label(coordinate.name, 18) for coordinate in axes_shown]
    crowded = len(names) * max(map(len, names)) > _ROOM_FOR_NAMES
    figure = new_figure(7.4, 4.2 if crowded else 3.8)
    axes = figure.subplots()
    dress(axes)
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)

    worst_first = np.argsort(sign * values, kind="stable")
    places = np.arange(len(axes_shown), dtype=float)
    if len(places) == 1:  # a line needs two ends
        places = np.array([0.0, 1.0])
    heights = np.column_stack([axes_shown[min(i, len(axes_shown) - 1)].heights for i in range(len(places))])
    lines = np.stack([np.broadcast_to(places, heights.shape), heights], axis=-1)[worst_first]
    merit = (np.arange(len(values)) / max(1, len(values) - 1)) ** max(4.0, len(values) / _OUTSTANDING)
    colours, scale = Normalize(values.min(), values.max()), value_colours()
    scale = scale if sign > 0 else scale.reversed()
    tints = scale(colours(values[worst_first]))
    tints[:, 3] = 0.85 if len(values) < _CROWD else 0.25 + 0.7 * merit
    axes.add_collection(
        LineCollection(
            list(lines),
            colors=tints,
            linewidths=0.7 + 1.6 * merit,
            rasterized=lines.size > 20 * MANY,
        )
    )
    box = {"facecolor": SURFACE, "edgecolor": "none", "alpha": 0.72, "pad": 0.8}
    for place, coordinate in zip(places, axes_shown, strict=False):
        axes.axvline(place, color=GRID, linewidth=1.2, zorder=0)
        for tick, text in zip(coordinate.ticks, coordinate.texts, strict=True):
            axes.text(place + 0.015 * len(places), tick, text, fontsize=8, color=INK, va="center", bbox=box)
    axes.set_xlim(places[0] - 0.05 * len(places), places[-1] + 0.2 * max(1.0, len(places) / 6))
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([])
    axes.xaxis.tick_top()
    axes.set_xticks(places[: len(names)], names)
    if crowded:
        for name in axes.get_xticklabels():
            name.set(rotation=30, ha="left", rotation_mode="anchor")
    key = ScalarMappable(colours, scale)
    bar = figure.colorbar(key, ax=axes, pad=0.02, aspect=30, fraction=0.05)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=INK, length=0, labelsize=9)
    bar.set_label(label(outcome), color=INK)
    write_out(bar.ax.yaxis)
    return figure


def chosen_trials(values: np.ndarray, sign: int) -> np.ndarray:
    """Rows to draw: all, or of more than `MOST_TRIALS` the best ones and an even spread of the others."""
    n = len(values)
    if n <= MOST_TRIALS:
        return np.arange(n)
    best_first = np.argsort(-sign * values, kind="stable")
    half = MOST_TRIALS // 2
    rest = best_first[half:]
    return np.sort(np.concatenate([best_first[:half], rest[np.linspace(0, len(rest) - 1, half).astype(int)]]))
