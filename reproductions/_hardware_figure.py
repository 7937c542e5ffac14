"""Draw `docs/figures/hardware.png`: predicted and synthesised lookup tables, and what a study finds.

python -m reproductions._hardware_figure
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

import augury
from augury.datasets.synthesised_networks import synthesised_exemplars, synthesised_networks
from augury.hardware import LayerSurrogate
from reproductions.hardware import digits_search

FILE = Path(__file__).parents[1] / "docs" / "figures" / "hardware.png"
_LEVELS = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
_LUT = 0


def main() -> None:
    mpl.use("agg")
    known, exemplars = synthesised_networks(), synthesised_exemplars()
    groups = known.architectures
    test = groups % 4 == 0
    surrogate = LayerSurrogate(known.designs[~test], known.costs[~test], groups=groups[~test]).fit()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for X, Y, label in (
        (known.designs[test], known.costs[test], "architectures held out"),
        (exemplars.designs, exemplars.costs, "exemplars, wider than any known"),
    ):
        predicted(
            left, surrogate.posterior(X).quantile(_LEVELS)[..., _LUT].numpy(), Y[:, _LUT].numpy(), label
        )
    ends = left.get_xlim()
    left.plot(ends, ends, color="0.6", linewidth=0.8, zorder=0)
    left.set(
        xscale="log",
        yscale="log",
        xlabel="lookup tables after synthesis",
        ylabel="predicted, with 90 % interval",
    )
    left.legend(frameon=False)
    search = digits_search(LayerSurrogate(known.designs, known.costs, groups=groups).fit())
    study = augury.Study(search.space, search.goals, store=None, seed=0)
    study.run(search, budget=60)
    trade_offs(right, figure, study)
    figure.savefig(FILE, dpi=110)


def predicted(axes: Axes, quantiles: np.ndarray, true: np.ndarray, label: str) -> None:
    low, median, high = quantiles
    axes.errorbar(
        true, median, [median - low, high - median], fmt="o", markersize=3, linewidth=0.7, label=label
    )


def trade_offs(axes: Axes, figure: plt.Figure, study: augury.Study) -> None:
    front = {trial.number for trial in study.pareto_front()}
    rows = [(trial.number in front, trial.values) for trial in study.trials]
    for on_front, size, edge in ((False, 14, "none"), (True, 46, "black")):
        chosen = [values for there, values in rows if there == on_front]
        dots = axes.scatter(
            [values["area"] for values in chosen],
            [100.0 * values["accuracy"] for values in chosen],
            c=[values["cycles"] for values in chosen],
            s=size,
            edgecolors=edge,
            vmin=1,
            vmax=12,
        )
    axes.set(xscale="log", xlabel="predicted area (lookup tables)", ylabel="accuracy on held-out digits, %")
    figure.colorbar(dots, ax=axes, label="predicted cycles")


if __name__ == "__main__":
    main()
