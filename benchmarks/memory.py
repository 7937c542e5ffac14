"""How much memory does one suggestion take? A fresh process at n = 2,000; the target: under 1 GiB."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
from pathlib import Path
from typing import Any

from benchmarks.timing import print_table, verdict, write_json

TARGET_MIB = 1024.0


def peak_mib() -> float:
    """The largest resident memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def suggest(n: int, d: int) -> dict[str, float]:
    """One suggestion in this process: the peak after the imports and the peak at the end, in MiB."""
    import numpy as np

    from augury.space.goal import Maximize
    from augury.space.goals import Goals
    from augury.space.space import Space
    from augury.strategies.bayesian_optimization import BayesianOptimization
    from benchmarks.ask_latency import observations, smooth_data

    X, y = smooth_data(n, d)
    # a small suggestion first: what the libraries load on first use is not what grows with n
    space, goals = Space({f"x{i + 1}": (0.0, 1.0) for i in range(d)}), Goals.of(Maximize("y"))
    nothing = np.empty((0, d))
    strategy = BayesianOptimization()
    strategy.propose(space, goals, observations(X[:30], y[:30]), nothing, 1, seed=0)
    baseline = peak_mib()
    strategy.propose(space, goals, observations(X, y), nothing, 1, seed=0)
    return {"baseline": baseline, "peak": peak_mib()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[100, 1000, 2000])
    parser.add_argument("--d", type=int, default=6)
    parser.add_argument("--quick", action="store_true", help="n = 100 only")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for n in [100] if arguments.quick else arguments.n:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured = pool.apply(suggest, (n, arguments.d))
        matrix = n * n * 8 / 2**20
        grown = measured["peak"] - measured["baseline"]
        rows.append(
            {
                "n": n,
                "d": arguments.d,
                "peak MiB": measured["peak"],
                "of it above imports": grown,
                "n x n matrices": grown / matrix,
                "target MiB": TARGET_MIB,
                "": verdict(measured["peak"], TARGET_MIB),
            }
        )
    print_table("peak memory of one suggestion, each in a fresh process", rows)
    write_json(arguments.json, "memory", rows)


if __name__ == "__main__":
    main()
