"""Dao et al., "ROOT: rethinking offline optimization as distributional translation via probabilistic bridge",
arXiv:2509.16300 (NeurIPS 2025), at a reduced size.

TF-Bind-8 (Barrera et al., Science 2016, as in Design-Bench): 128 designs from the 32,898 weaker sequences,
scored by the exact table. Published at full size (100 epochs of 8 functions on 15,000 rows, width 1024, 8
seeds); here 3 epochs of 8 functions (8,192 rows, 512 centres), width 256. Ascents start from the same 128
rows, that on Gaussian-process means climbs functions drawn in the same way. As published, repeated designs
are kept; in the last rows are the 128 different new designs that the strategy proposes. Then 2-d functions,
of which the worst 500 of 1,250 random designs are known.

    python -m reproductions.offline [--quick]
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from augury.problems import load_problem
from augury.problems.offline import OfflineProblem, function_table, tf_bind_8
from augury.strategies import OfflineOptimization
from augury.strategies.offline.ascent import NetworkAscent, ProcessAscent
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.network import ScoreNetworks
from augury.strategies.offline.table import OfflineTable
from augury.strategies.offline.translator import BridgeTranslator
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

if TYPE_CHECKING:
    from augury.inference.base import Progress

_DESIGNS = 128
_PUBLISHED = {
    "bridge": "0.986 ± 0.007",
    "ascent on GP": "0.770 ± 0.087",
    "ascent on network": "0.985 ± 0.011",
}


@dataclass(frozen=True)
class _Learned(OfflineMethod):
    """What has been learned already."""

    search: Search

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        return self.search


def tf_bind(seeds: int, epochs: int) -> list[Row]:
    problem = tf_bind_8()
    table = OfflineTable.of(problem.space, problem.goals, problem.observations)
    methods: dict[str, OfflineMethod] = {
        "bridge": BridgeTranslator(epochs=epochs),
        "ascent on GP": ProcessAscent(),
        "ascent on network": NetworkAscent(ScoreNetworks(epochs=2 * epochs)),
    }
    kept: dict[str, list[tuple[float, float, float]]] = {name: [] for name in methods}
    differing: dict[str, list[tuple[float, float, float]]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    for seed in range(seeds):
        for name, method in methods.items():
            start = time.process_time()
            search = method.learn(table, seed=seed)
            kept[name].append(problem.percentiles(search(0, _DESIGNS)))
            seconds[name] += time.process_time() - start
            strategy = OfflineOptimization(_Learned(search))
            differing[name].append(problem.percentiles(problem.propose(strategy, _DESIGNS, seed=seed).points))
            print("TF-Bind-8", seed, name, kept[name][-1], differing[name][-1], flush=True)
    rows = [("TF-Bind-8: best known", "0.439", f"{problem.best:.3f}")]
    for protocol, scores in (("", kept), (", all different and new", differing)):
        arrays = {name: np.array(values) for name, values in scores.items()}
        for name, values in arrays.items():
            mean, spread = values.mean(axis=0), values.std(axis=0)
            text = " / ".join(f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True))
            published = "" if protocol else f"100th: {_PUBLISHED[name]}"
            taken = "" if protocol else f"; {seconds[name] / seeds:.0f} s"
            rows.append(
                (f"{name}{protocol}, {seeds} seeds: 50th / 80th / 100th percentile", published, text + taken)
            )
        for other in ("ascent on GP", "ascent on network"):
            differences = [paired(arrays["bridge"][:, k], arrays[other][:, k]) for k in (0, 2)]
            rows.append((f"bridge minus {other}{protocol}: 50th, 100th", "", ", ".join(differences)))
    return rows


def functions(seeds: int, epochs: int) -> list[Row]:
    rows = []
    for name in ("branin", "ackley-2", "six-hump-camel"):
        found, ahead = [], 0
        for seed in range(seeds):
            problem: OfflineProblem = function_table(load_problem(name), 500, seed=seed)
            method = BridgeTranslator(epochs=epochs, functions_per_epoch=4)
            proposal = problem.propose(OfflineOptimization(method), _DESIGNS, seed=seed)
            scores = problem.percentiles(proposal.points)
            found.append((problem.best, *scores))
            ahead += scores.p50 > problem.best
            print(name, seed, found[-1], flush=True)
        best, p50, _, p100 = np.mean(found, axis=0)
        text = f"{ahead} of {seeds} seeds; best known {best:.3f}, designs 50th {p50:.3f}, 100th {p100:.3f}"
        rows.append((f"{name}: median design above the best known", "", text))
    return rows


def main() -> None:
    quick = is_quick(__doc__)
    rows = tf_bind(1, 1) if quick else tf_bind(8, 3)
    rows += functions(1, 2) if quick else functions(5, 4)
    print_table("Offline optimisation by a probabilistic bridge", rows)


if __name__ == "__main__":
    main()
