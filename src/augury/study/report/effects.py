"""Parameter effects: how the surrogate's prediction changes along one parameter, the others held at the best.

The curves are slices of the surrogate through the best conditions (Friedman, 2001, calls their average over
all conditions partial dependence; at the best conditions the slice is what the next decision stands on).
Which effects come first is decided by their strength averaged over many conditions, so that a parameter is
not called unimportant only because the best point lies on a flat spot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from augury.space.parameters import Categorical, Parameter
from augury.space.space import Space
from augury.study.report.style import BLUE, INK, NICE_STEPS, ORANGE, dress, label, new_figure, write_out
from augury.study.report.surrogate import Surrogate

_POINTS = 61
_REFERENCES = 24
_REFERENCE_POINTS = 11
_MOST_CATEGORIES = 20
_DECADES = 100.0


@dataclass(frozen=True)
class Effect:
    """The prediction along one parameter.

    Args:
        name: the parameter.
        values: k values of the parameter: numbers, or categories.
        mean: k predicted means, in the outcome's units.
        std: k standard deviations of the function there.
        best: the value at the best conditions.
        numeric: whether `values` are numbers on an axis.
        log: whether that axis is logarithmic.
        ordered: whether categories keep their own order; others are sorted by their mean.
    """

    name: str
    values: list[Any]
    mean: np.ndarray
    std: np.ndarray
    best: Any
    numeric: bool
    log: bool = False
    ordered: bool = False


def raw_values(parameter: Parameter, coordinates: np.ndarray) -> list[Any]:
    """The parameter's values at encoded coordinates (k)."""
    return parameter.from_numbers(parameter.scale.value(np.asarray(coordinates, dtype=np.float64)))


def importance(surrogate: Surrogate, space: Space) -> np.ndarray:
    """How far each column moves the prediction: the standard deviation along it, averaged over conditions.

    Returns:
        d numbers, in the outcome's units.
    """
    references = surrogate.X[:: max(1, len(surrogate.X) // _REFERENCES)][:_REFERENCES]
    grids = [points_along(space, column, _REFERENCE_POINTS) for column in range(space.dim)]
    slices = [np.concatenate([_slice(x, c, grid) for x in references]) for c, grid in enumerate(grids)]
    mean, _ = surrogate.predict(np.concatenate(slices))
    parts = np.split(mean, np.cumsum([len(part) for part in slices])[:-1])
    return np.array(
        [part.reshape(-1, len(grid)).std(axis=1).mean() for part, grid in zip(parts, grids, strict=True)]
    )


def important_columns(space: Space, surrogates: Sequence[Surrogate]) -> list[int]:
    """All columns, those that move the first surrogate's prediction most first; in order without one."""
    order = np.arange(space.dim)
    if surrogates:
        order = np.argsort(-importance(surrogates[0], space), kind="stable")
    return [int(column) for column in order]


def effects(surrogate: Surrogate, space: Space, best: np.ndarray, columns: list[int]) -> list[Effect]:
    """The effects of some columns around the best point.

    Args:
        surrogate: of the outcome to look at.
        space: the study's space.
        best: d, the encoded best point.
        columns: which columns, in the order wanted.
    """
    grids = [points_along(space, column, _POINTS) for column in columns]
    points = [_slice(best, column, grid) for column, grid in zip(columns, grids, strict=True)]
    mean, std = surrogate.predict(np.concatenate(points))
    ends = np.cumsum([len(grid) for grid in grids])[:-1]
    result = []
    for column, grid, m, s in zip(columns, grids, np.split(mean, ends), np.split(std, ends), strict=True):
        name, parameter = space.columns[column], space.column_parameters[column]
        best_value = raw_values(parameter, best[[column]])[0]
        values = raw_values(parameter, grid)
        options = {key: bool(getattr(parameter, key, False)) for key in ("log", "ordered")}
        numeric = not isinstance(parameter, Categorical)
        result.append(Effect(name, values, m, s, best_value, numeric, **options))
    return result


def common_limits(shown: list[Effect]) -> tuple[float, float]:
    """One value axis for all effects, so that they compare at a glance."""
    low = min(float((effect.mean - 2 * effect.std).min()) for effect in shown)
    high = max(float((effect.mean + 2 * effect.std).max()) for effect in shown)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def effect_figure(effect: Effect, outcome: str, limits: tuple[float, float]) -> Figure:
    """One effect: the mean with two standard deviations either side; the best value is marked in orange."""
    if effect.numeric:
        return _curve(effect, outcome, limits)
    return _categories(effect, outcome, limits)


def _curve(effect: Effect, outcome: str, limits: tuple[float, float]) -> Figure:
    figure = new_figure(3.5, 2.6)
    axes = figure.subplots()
    dress(axes)
    x, low, high = effect.values, effect.mean - 2 * effect.std, effect.mean + 2 * effect.std
    if len(x) <= _POINTS // 3:
        axes.errorbar(x, effect.mean, yerr=2 * effect.std, fmt="o-", color=BLUE, markersize=4, linewidth=1)
    else:
        axes.fill_between(x, low, high, color=BLUE, alpha=0.22, linewidth=0)
        axes.plot(x, effect.mean, color=BLUE, linewidth=2)
    axes.axvline(effect.best, color=ORANGE, linewidth=1.6)
    if effect.log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        if x[-1] / x[0] < _DECADES:  # too few powers of ten lie in between
            ticks = np.geomspace(x[0], x[-1], 4)
            axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=NICE_STEPS))
        write_out(axes.xaxis)
    write_out(axes.yaxis)
    axes.set_ylim(limits)
    axes.set_xlabel(label(effect.name))
    axes.set_ylabel(label(outcome, 22))
    return figure


def _categories(effect: Effect, outcome: str, limits: tuple[float, float]) -> Figure:
    order = np.arange(len(effect.values)) if effect.ordered else np.argsort(effect.mean)
    best = effect.values.index(effect.best)
    if len(order) > _MOST_CATEGORIES:  # the two ends tell the most
        half = _MOST_CATEGORIES // 2
        order = np.concatenate([order[:half], order[half:-half][order[half:-half] == best], order[-half:]])
    figure = new_figure(3.5, max(2.6, 0.9 + 0.22 * len(order)))
    axes = figure.subplots()
    dress(axes)
    rows = np.arange(len(order))
    colours = [ORANGE if i == best else BLUE for i in order]
    axes.hlines(
        rows,
        effect.mean[order] - 2 * effect.std[order],
        effect.mean[order] + 2 * effect.std[order],
        colors=colours,
    )
    axes.scatter(effect.mean[order], rows, c=colours, s=30, zorder=3)
    axes.set_yticks(rows, [label(effect.values[i], 20) for i in order], color=INK)
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.set_xlim(limits)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=NICE_STEPS))
    axes.set_xlabel(label(outcome))
    left_out = len(effect.values) - len(order)
    axes.set_ylabel(label(effect.name) + (f" ({left_out} between not shown)" if left_out else ""))
    write_out(axes.xaxis)
    return figure


def points_along(space: Space, column: int, most: int) -> np.ndarray:
    """Encoded values to look at along one column: categories, the levels of a discrete one, else a grid."""
    if column in space.cardinalities:
        return np.arange(space.cardinalities[column], dtype=np.float64)
    if column in space.levels:
        levels = space.levels[column]
        return (
            levels
            if len(levels) <= most
            else levels[np.linspace(0, len(levels) - 1, most).round().astype(int)]
        )
    return np.linspace(0.0, 1.0, most)


def _slice(x: np.ndarray, column: int, grid: np.ndarray) -> np.ndarray:
    points = np.tile(x, (len(grid), 1))
    points[:, column] = grid
    return points
