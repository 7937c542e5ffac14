"""Dao et al., "ROOT: rethinking offline optimization as distributional translation via probabilistic bridge",
arXiv:2509.16300 (NeurIPS 2025), at a reduced size, and the other offline methods beside it.

TF-Bind-8 (Barrera et al., Science 2016, as in Design-Bench): 128 designs from the 32,898 weaker sequences,
scored by the exact table, in pairs by seed. The bridge is published with 100 epochs of 8 functions on 15,000
rows and width 1024; here it has 6 epochs of 2 functions (8,192 rows, 512 centres) and width 256
(`reproductions.offline_large` has one seed near the published size). Networks have width 256 and 6 epochs
(conservative models 2), joint expected improvement the best 50 rows and 50 others. Ascents start from the
same 128 rows, that on Gaussian-process means climbs functions drawn in the same way. As published, repeated
designs are kept; in one row are the 128 different new designs that the strategy proposes with the bridge.
Then 2-d functions, of which the worst 500 of 1,250 random designs are known.

    python -m reproductions.offline [--quick]
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from augury.problems import load_problem
from augury.problems.offline import OfflineProblem, function_table, tf_bind_8
from augury.problems.offline.problem import PUBLISHED_DESIGNS, Percentiles
from augury.strategies import OfflineOptimization
from augury.strategies.offline.ascent import NetworkAscent, ProcessAscent
from augury.strategies.offline.conservative import ConservativeModels
from augury.strategies.offline.evolution import EvolutionStrategy
from augury.strategies.offline.expected_improvement import OfflineExpectedImprovement
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.network import ScoreNetworks
from augury.strategies.offline.table import OfflineTable
from augury.strategies.offline.translator import BridgeTranslator
from reproductions._statistics import paired
from reproductions._table import Row, is_quick, print_table

if TYPE_CHECKING:
    from augury.inference.base import Progress

_PUBLISHED = {
    "bridge": "0.986 ± 0.007",
    "ascent on GP": "0.770 ± 0.087",
    "ascent on network": "0.985 ± 0.011",
    "COMs": "0.940 ± 0.027",
    "CMA-ES": "0.939 ± 0.039",
    "BO-qEI": "0.825 ± 0.091",
}


@dataclass(frozen=True)
class _Learned(OfflineMethod):
    """What has been learned already."""

    search: Search

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        return self.search


def methods(epochs: int) -> dict[str, OfflineMethod]:
    """All methods, the bridge first; `epochs` are those of the bridge and of networks."""
    networks = ScoreNetworks(epochs=epochs)
    return {
        "bridge": BridgeTranslator(epochs=epochs),
        "ascent on GP": ProcessAscent(),
        "ascent on network": NetworkAscent(networks),
        "COMs": ConservativeModels(replace(networks, epochs=epochs // 3)),
        "CMA-ES": EvolutionStrategy(networks),
        "BO-qEI": OfflineExpectedImprovement(max_rows=100),
    }


def tf_bind(seeds: int, epochs: int) -> list[Row]:
    problem = tf_bind_8()
    table = OfflineTable.of(problem.space, problem.goals, problem.observations)
    scores: dict[str, list[Percentiles]] = {}
    different: list[Percentiles] = []
    seconds: dict[str, float] = {}
    for seed in range(seeds):
        for name, method in methods(epochs).items():
            start = time.process_time()
            search = method.learn(table, seed=seed)
            scores.setdefault(name, []).append(problem.percentiles(search(0, PUBLISHED_DESIGNS)))
            seconds[name] = seconds.get(name, 0.0) + time.process_time() - start
            print("TF-Bind-8", seed, name, scores[name][-1], flush=True)
            if name == "bridge":
                proposal = problem.propose(OfflineOptimization(_Learned(search)), seed=seed)
                different.append(problem.percentiles(proposal.points))
    rows = [("TF-Bind-8: best known", "0.439", f"{problem.best:.3f}")]
    arrays = {name: np.array(values) for name, values in scores.items()}
    for name, values in arrays.items():
        text = f"{_summary(values)}; {seconds[name] / seeds:.0f} s"
        rows.append((f"{name}: 50th / 80th / 100th percentile", f"100th: {_PUBLISHED[name]}", text))
    rows.append(("bridge, all different and new: 50th / 80th / 100th", "", _summary(np.array(different))))
    for name in list(arrays)[1:]:
        differences = [paired(arrays["bridge"][:, k], arrays[name][:, k]) for k in (0, 2)]
        rows.append((f"bridge minus {name}: 50th, 100th ({seeds} pairs)", "", ", ".join(differences)))
    return rows


def _summary(values: np.ndarray) -> str:
    means, spreads = values.mean(axis=0), values.std(axis=0)
    return " / ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(means, spreads, strict=True))


def functions(seeds: int, epochs: int) -> list[Row]:
    rows = []
    for name in ("branin", "ackley-2", "six-hump-camel"):
        found, ahead = [], 0
        for seed in range(seeds):
            problem: OfflineProblem = function_table(load_problem(name), 500, seed=seed)
            method = BridgeTranslator(epochs=epochs, functions_per_epoch=4, batch=128)
            proposal = problem.propose(OfflineOptimization(method), seed=seed)
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
    rows = tf_bind(1, 3) if quick else tf_bind(8, 6)
    rows += functions(1, 2) if quick else functions(5, 4)
    print_table("Offline optimisation by a probabilistic bridge", rows)


if __name__ == "__main__":
    main()
