"""Which surrogates decided: their weights by trial, and the scores that these come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from augury.study.report.style import INK, NICE_STEPS, dress, new_figure, to_svg
from augury.study.trial import Trial

#: Told apart with every kind of colour vision (Okabe and Ito's palette).
_COLOURS = ("#3b82c4", "#e0752d", "#009e73", "#cc79a7", "#e6c229", "#8a8f98", "#56b4e9", "#b04a3a")


@dataclass(frozen=True)
class PortfolioSection:
    """What the template shows.

    Args:
        figure: the weights by trial.
        rows: for each member (name, weight now, score, correction, results when it was last scored), as text.
        outcome: of whose model the scores are.
    """

    figure: Markup
    rows: list[tuple[str, str, str, str, str]]
    outcome: str


def portfolio_section(trials: Sequence[Trial], surrogates: Sequence[Any]) -> PortfolioSection | None:
    """The weights by which trials were chosen; None where no portfolio has chosen any.

    Args:
        trials: of the study.
        surrogates: the report's fitted surrogates, the first of which is asked for its scores.
    """
    chosen = [trial for trial in trials if trial.prediction is not None and trial.prediction.weights]
    if not chosen:
        return None
    figure = weights_figure(
        [trial.number for trial in chosen],
        [trial.prediction.weights or {} for trial in chosen if trial.prediction is not None],
    )
    svg = Markup(to_svg(figure, "portfolio", "The weights of the surrogates by trial"))  # noqa: S704
    rows = member_rows(surrogates[0].model) if surrogates else []
    return PortfolioSection(svg, rows, surrogates[0].outcome if surrogates else "")


def member_rows(model: Any) -> list[tuple[str, str, str, str, str]]:
    """The rows of the table of a portfolio's members, the heaviest first; none for another model."""
    records = getattr(model, "records", None)
    if not records:
        return []
    weights = model.weights
    return [
        (
            name,
            f"{weights.get(name, 0.0):.2f}",
            f"{record.score:.2f}" if math.isfinite(record.score) else "",
            f"{record.correction:.2f}" if record.corrected_at else "",
            str(record.scored_at or ""),
        )
        for name, record in sorted(records.items(), key=lambda pair: -weights.get(pair[0], 0.0))
    ]


def weights_figure(numbers: Sequence[int], weights: Sequence[dict[str, float]]) -> Figure:
    """Weights stacked to 1, a bar for each trial.

    Args:
        numbers: of the trials.
        weights: surrogate -> weight, for each trial.
    """
    totals: dict[str, float] = {}
    for one in weights:
        for name, weight in one.items():
            totals[name] = totals.get(name, 0.0) + weight
    figure = new_figure(7.4, 2.6)
    axes = figure.subplots()
    dress(axes)
    base = np.zeros(len(numbers))
    for index, name in enumerate(sorted(totals, key=lambda name: -totals[name])):
        heights = np.array([one.get(name, 0.0) for one in weights])
        axes.bar(
            numbers, heights, 1.0, base, color=_COLOURS[index % len(_COLOURS)], label=name, linewidth=0.0
        )
        base = base + heights
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("trial")
    axes.set_ylabel("weight")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=NICE_STEPS))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=9, labelcolor=INK)
    return figure
