"""How much of the time do the workers of a Dask cluster evaluate? 200 evaluations of a second, 4 workers.

The function sleeps, so that a small machine can stand for a cluster; what the workers wait for is the choice
of the next point, the store and Dask. The share is (evaluations x seconds) / (workers x time of the run),
from the call of `run` to its return: the first import of torch and the end, where fewer trials are left than
workers, included. Random points, which take no time to choose, show what Dask and the store cost alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.timing import print_table, verdict, write_json

WORKERS = 4
TARGET = 0.90


def evaluate(params: dict[str, Any], seconds: float) -> float:
    """Hartmann's function of six inputs, with its time, without torch on the workers."""
    from math import exp

    started = time.monotonic()
    x = [params[f"x{i}"] for i in range(6)]
    alpha = (1.0, 1.2, 3.0, 3.2)
    A = (
        (10, 3, 17, 3.5, 1.7, 8),
        (0.05, 10, 17, 0.1, 8, 14),
        (3, 3.5, 1.7, 10, 17, 8),
        (17, 8, 0.05, 10, 0.1, 14),
    )
    P = (
        (1312, 1696, 5569, 124, 8283, 5886),
        (2329, 4135, 8307, 3736, 1004, 9991),
        (2348, 1451, 3522, 2883, 3047, 6650),
        (4047, 8828, 8732, 5743, 1091, 381),
    )
    value = -sum(
        weight * exp(-sum(a * (xi - p / 1e4) ** 2 for a, xi, p in zip(row, x, at, strict=True)))
        for weight, row, at in zip(alpha, A, P, strict=True)
    )
    time.sleep(max(0.0, started + seconds - time.monotonic()))
    return value


def run(client: Any, strategy: str, evaluations: int, seconds: float) -> dict[str, Any]:
    """One study on the cluster."""
    from augury import Minimize
    from augury.study import Study

    with tempfile.TemporaryDirectory() as folder:
        space = {f"x{i}": (0.0, 1.0) for i in range(6)}
        study = Study(space, Minimize("y"), strategy=strategy, store=Path(folder) / "study.db", seed=0)
        start = time.monotonic()
        study.run(partial(evaluate, seconds=seconds), evaluations, executor=client)
        elapsed = time.monotonic() - start
        assert [trial.status for trial in study.trials] == ["complete"] * evaluations
        study.store.close()
    share = evaluations * seconds / (WORKERS * elapsed)
    return {
        "strategy": strategy,
        "run s": elapsed,
        "of the time": share,
        "target": TARGET if strategy == "auto" else None,
        "": verdict(-share, -TARGET) if strategy == "auto" else "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--strategy", nargs="+", default=["auto", "random"], help="which to run")
    parser.add_argument("--quick", action="store_true", help="20 evaluations")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    arguments = parser.parse_args()
    evaluations = 20 if arguments.quick else arguments.evaluations
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0", memory_limit=0
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(WORKERS)
        rows = [run(client, strategy, evaluations, arguments.seconds) for strategy in arguments.strategy]
    print_table(f"{evaluations} evaluations of {arguments.seconds:g} s, {WORKERS} Dask workers", rows)
    write_json(arguments.json, "dask_utilisation", rows)


if __name__ == "__main__":
    main()
