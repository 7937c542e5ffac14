"""The learning curves: what each trial reported on its way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
from augury.study.trial import COMPLETE, PRUNED, Trial


def learning_curves_figure(trials: Sequence[Trial], outcome: str, best: int | None) -> Figure:
    """A line per trial: finished ones blue, stopped ones grey and ended by a cross, the best one orange.

    Args:
        trials: those that have reported.
        outcome: what they reported.
        best: number of the best trial, None where there is none.
    """
    figure = new_figure(7.4, 3.4)
    axes = figure.subplots()
    dress(axes)
    named: set[str] = set()
    for trial in sorted(trials, key=lambda one: (one.number == best, one.status == COMPLETE)):
        color, width, name = _style(trial, best)
        steps = np.array(list(trial.intermediate_values))
        values = np.array(list(trial.intermediate_values.values()))
        axes.plot(
            steps,
            values,
            color=color,
            linewidth=width,
            alpha=1.0 if trial.number == best else 0.6,
            marker="." if len(steps) == 1 else None,
            label=None if name in named else name,
            rasterized=len(trials) > MANY,
        )
        if trial.status == PRUNED:
            axes.plot(steps[-1:], values[-1:], "x", color=GREY, markersize=5)
        named.add(name)
    axes.set_xlabel("step")
    axes.set_ylabel(label(outcome))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=NICE_STEPS))
    write_out(axes.yaxis)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=9, labelcolor=INK)
    return figure


def _style(trial: Trial, best: int | None) -> tuple[str, float, str]:
    if trial.number == best:
        return ORANGE, 2.0, "best"
    if trial.status == PRUNED:
        return GREY, 1.0, "stopped early"
    return (BLUE, 1.0, "complete") if trial.status == COMPLETE else (INK, 1.0, "not complete")
