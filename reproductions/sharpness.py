"""Dao, Nguyen, Truong and Hoang, "Incorporating surrogate gradient norm to improve offline optimization
techniques", NeurIPS 2024 (arXiv:2503.04242), at a reduced size.

TF-Bind-8: gradient ascent on a network, trained plainly, with the published bound on its sharpness (IGNITE),
and with the published fixed weight (IGNITE-2). Published with width 2048 and 100 epochs; here width 256 and 8
epochs. Reported in pairs by seed: the sharpness, radius 0.05 times the norm of the gradient of the mean
prediction with respect to the weights, on all rows of the table and at the designs found; and the scores.

    python -m reproductions.sharpness [--quick]
"""

from __future__ import annotations

import math

import numpy as np
import torch

from augury.inference.sharpness import SharpnessRegularizer, surrogate_sharpness
from augury.problems.offline import OfflineProblem, tf_bind_8
from augury.strategies.offline.network import ScoreNetworks, ascended, predicted
from augury.strategies.offline.table import OfflineTable
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

_RADIUS = 0.05
_VARIANTS = {
    "base": None,
    "bounded": SharpnessRegularizer(radius=0.05, fd_step=0.05, budget=0.1, weight=1e-3, dual_lr=1e-3),
    "fixed weight": SharpnessRegularizer(radius=0.2, fd_step=0.2, budget=None, weight=0.01),
}


def one(
    problem: OfflineProblem,
    table: OfflineTable,
    sharpness: SharpnessRegularizer | None,
    seed: int,
    epochs: int,
) -> tuple[float, float, float, float]:
    """Sharpness on the rows and at the designs; 50th and 100th percentile of the scores."""
    (network,) = ScoreNetworks(epochs=epochs, sharpness=sharpness).train(table, seed=seed)
    network.requires_grad_(True)
    starts, lr = table.Z[table.order[:128]], 0.01 * math.sqrt(table.Z.shape[1])
    found = ascended(lambda X: predicted([network], X, "mean"), starts, steps=200, lr=lr)
    scores = problem.percentiles(table.decode(found))
    sharp = [surrogate_sharpness(network, X, _RADIUS) for X in (table.Z, found)]
    return sharp[0], sharp[1], scores.p50, scores.p100


def main() -> None:
    quick = is_quick(__doc__)
    seeds, epochs = (2, 1) if quick else (8, 3)
    problem = tf_bind_8()
    table = OfflineTable.of(problem.space, problem.goals, problem.observations)
    runs: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in _VARIANTS}
    for seed in range(seeds):
        for name, sharpness in _VARIANTS.items():
            runs[name].append(one(problem, table, sharpness, seed, epochs))
            print(name, seed, *(f"{value:.4f}" for value in runs[name][-1]), flush=True)
    results = {name: np.array(values) for name, values in runs.items()}
    rows: list[Row] = []
    for name, values in results.items():
        means = " / ".join(f"{value:.3f}" for value in values.mean(axis=0))
        claim = f"{name}: sharpness on rows / at designs, score 50th / 100th percentile"
        rows.append((claim, "100th: 0.985 ± 0.011" if name == "base" else "", means))
    for name in ("bounded", "fixed weight"):
        own, base = results[name], results["base"]
        lower = [int((own[:, k] < base[:, k]).sum()) for k in (0, 1)]
        published = "lower at the designs (Ant, TF-Bind-10)"
        text = f"on rows in {lower[0]} of {seeds} seeds, at designs in {lower[1]} of {seeds}"
        rows.append((f"{name}: less sharp than base", published, text))
        for label, k in (("sharpness on rows", 0), ("sharpness at designs", 1), ("50th", 2), ("100th", 3)):
            claim = f"{name} minus base, {label}"
            rows.append((claim, "up to +9.6 % over 4 tasks" if k == 3 else "", paired(own[:, k], base[:, k])))
    print_table("Sharpness of surrogates", rows)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
