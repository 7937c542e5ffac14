"""The progress of a study: each measured value and the best so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from augury.study.report.results import best_so_far
from augury.study.report.style import (
    BLUE,
    GREY,
    INK,
    MANY,
    NICE_STEPS,
    ORANGE,
    dress,
    label,
    new_figure,
    write_out,
)


@dataclass(frozen=True)
class Outcome:
    """One measured quantity, in the order in which the trials were numbered.

    Args:
        name: as the goals have it.
        values: n values, NaN where none was measured.
        sign: +1 for an objective to maximise, -1 to minimise, 0 for a constraint.
        limits: the (lower, upper) limit of a constraint; None where there is none.
    """

    name: str
    values: np.ndarray
    sign: int
    limits: tuple[float | None, float | None] = field(default=(None, None))


def progress_figure(
    outcomes: list[Outcome], numbers: np.ndarray, feasible: np.ndarray, failed: np.ndarray
) -> Figure:
    """One panel per outcome: points are measurements, the line the best so far, crosses failures.

    Args:
        outcomes: what was measured.
        numbers: n trial numbers, ascending.
        feasible: n, whether the trial keeps every constraint.
        failed: n, whether the trial failed.
    """
    figure = new_figure(7.4, 0.7 + 2.5 * len(outcomes))
    panels = figure.subplots(len(outcomes), 1, sharex=True, squeeze=False)[:, 0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        dress(axes)
        measured = np.isfinite(outcome.values)
        for mask, filled, name in (
            (measured & feasible, True, "measured"),
            (measured & ~feasible, False, "measured, breaks a constraint"),
        ):
            if mask.any():
                axes.scatter(
                    numbers[mask],
                    outcome.values[mask],
                    s=26 if len(numbers) < 200 else 10,
                    facecolors=BLUE if filled else "none",
                    edgecolors=BLUE,
                    linewidths=0.9,
                    alpha=0.85,
                    label=name,
                    rasterized=len(numbers) > MANY,
                    zorder=3,
                )
        if outcome.sign:
            best = best_so_far(outcome.values, feasible, outcome.sign)
            if np.isfinite(best).any():
                axes.step(
                    numbers, best, where="post", color=ORANGE, linewidth=2, label="best so far", zorder=2
                )
        for limit, side in zip(outcome.limits, ("lower limit", "upper limit"), strict=True):
            if limit is not None:
                axes.axhline(limit, color=ORANGE, linewidth=1.4, linestyle=(0, (5, 3)), label=side)
        if failed.any():
            floor = axes.get_xaxis_transform()
            axes.plot(
                numbers[failed], np.full(failed.sum(), 0.03), "x", color=GREY, transform=floor, label="failed"
            )
        axes.set_ylabel(label(outcome.name))
        write_out(axes.yaxis)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(
                loc="lower left",
                bbox_to_anchor=(0, 1),
                ncols=4,
                frameon=False,
                fontsize=9,
                labelcolor=INK,
                borderaxespad=0.2,
                handletextpad=0.5,
            )
    panels[-1].set_xlabel("trial")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, steps=NICE_STEPS))
    if len(numbers) == 1:
        panels[-1].set_xlim(numbers[0] - 1, numbers[0] + 1)
    return figure
