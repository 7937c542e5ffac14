"""A picture of calibration: how many results lie in the intervals in which a surrogate expects them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from augury.models.calibration import LeftOutScores

_LEVELS = np.linspace(0.0, 1.0, 101)
_STYLES = ("-", "--", ":", "-.")


def reliability_figure(scores: Mapping[str, LeftOutScores]) -> Figure:
    """Coverage against level for each surrogate; on the diagonal it knows how sure it is.

    Below the diagonal a surrogate is too sure, above it not sure enough.

    Args:
        scores: surrogate -> scores of its predictions of results left out.
    """
    figure = Figure(figsize=(5.6, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0.0, 1.0], [0.0, 1.0], color="0.7", linewidth=2.0)
    for index, (name, one) in enumerate(scores.items()):
        covered = [one.coverage(level) for level in _LEVELS]
        axes.plot(_LEVELS, covered, _STYLES[index % len(_STYLES)], color=f"C{index % 10}", label=name)
    axes.set(
        xlim=(0.0, 1.0),
        ylim=(0.0, 1.0),
        xlabel="level of the predicted interval",
        ylabel="share of the results inside",
    )
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=8)
    return figure


def draw_reliability(scores: Mapping[str, LeftOutScores], path: Path) -> None:
    """Write the figure to a .png, .svg or .pdf file."""
    reliability_figure(scores).savefig(path, dpi=150)
