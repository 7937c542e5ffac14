"""The figures: best value against evaluations, and the critical-difference diagram."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reproductions.surrogate_study.ranks import Ranking
from reproductions.surrogate_study.results import Results

_MARKS = ("-", "--", ":", "-.")


def progress_figure(results: Results) -> Figure:
    """One panel a problem: mean best value with one standard error, over the seeds of each surrogate."""
    problems = results.problems
    columns = min(3, len(problems))
    rows = -(-len(problems) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.4 * rows), layout="constrained")
    names = results.surrogates
    styles = {name: {"color": f"C{i % 10}", "linestyle": _MARKS[i // 10 % 4]} for i, name in enumerate(names)}
    for panel, problem in enumerate(problems):
        axes = figure.add_subplot(rows, columns, panel + 1)
        for name in names:
            traces = results.traces(problem, name)
            if not traces:
                continue
            best = np.array(list(traces.values()))
            evaluations = np.arange(1, best.shape[1] + 1)
            from_here = slice(max(results.initial(problem) - 1, 0), None)
            mean, error = (
                best.mean(axis=0),
                best.std(axis=0, ddof=1) / len(best) ** 0.5 if len(best) > 1 else 0.0,
            )
            axes.plot(evaluations[from_here], mean[from_here], label=name, **styles[name])
            axes.fill_between(
                evaluations[from_here],
                (mean - error)[from_here],
                (mean + error)[from_here],
                color=styles[name]["color"],
                alpha=0.15,
                linewidth=0,
            )
        axes.set_title(f"{problem} ({len(results.seeds(problem))} seeds)", fontsize=10)
        axes.set_xlabel("evaluations")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_ylabel("best value")
    handles = {}
    for axes in figure.axes:
        lines, labels = axes.get_legend_handles_labels()
        handles.update(zip(labels, lines, strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside right upper", fontsize=8)
    return figure


def critical_difference_figure(ranking: Ranking) -> Figure:
    """Mean ranks on an axis; a bar joins methods whose ranks do not differ significantly (Demsar 2006)."""
    k = len(ranking.names)
    order = np.argsort(ranking.mean, kind="stable")
    mean = ranking.mean[order]
    half = -(-k // 2)
    groups = ranking.groups()
    figure = Figure(figsize=(7.5, 1.6 + 0.22 * (half + len(groups))), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(0.5, k + 0.5)
    axes.set_ylim(-(1.4 + 0.45 * len(groups) + half), 1.6)
    axes.axis("off")
    axes.plot([1, k], [0, 0], color="black", linewidth=1)
    for tick in range(1, k + 1):
        axes.plot([tick, tick], [0, 0.15], color="black", linewidth=1)
        axes.text(tick, 0.3, str(tick), ha="center", va="bottom", fontsize=8)
    bottom = 0.6 + 0.45 * len(groups)
    for i, value in enumerate(mean):
        left = i < half
        level = -(bottom + (i if left else k - 1 - i))
        edge = 0.9 if left else k + 0.1
        axes.plot([value, value, edge], [0, level, level], color="black", linewidth=0.8)
        text = f"{ranking.names[order[i]]}  {value:.2f}"
        axes.text(edge, level, text, ha="right" if left else "left", va="center", fontsize=9)
    for row, (first, last) in enumerate(groups):
        level = -(0.35 + 0.45 * row)
        axes.plot([mean[first] - 0.05, mean[last] + 0.05], [level, level], color="black", linewidth=3)
    end = 1 + min(ranking.critical_difference, k - 1)
    axes.plot([1, end], [1.1, 1.1], color="C3", linewidth=2)
    blocks = len(ranking.ranks)
    axes.text(1, 1.2, f"critical difference {ranking.critical_difference:.2f} ({blocks} runs)", fontsize=8)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110, bbox_inches="tight")
