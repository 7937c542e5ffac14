"""What a comparison of several methods by rank prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ranking import RankedRun, Results, mean_rank_difference, mean_ranks, rank_runs
from benchmarks.timing import print_table, write_json


def report_ranks(
    results: Results, ranked_methods: Sequence[str], target: float, name: str, path: Path | None
) -> None:
    """Print mean ranks, the first method's differences with intervals, and the final regrets of each problem.

    Args:
        results: finished runs.
        ranked_methods: those that are ranked, the first against each of the others; others only stand beside.
        target: which the upper 95 % bound of each difference is held to.
        name: of the benchmark.
        path: the file of the report as JSON, or None.
    """
    ranked = rank_runs(results, ranked_methods)
    if not ranked:
        print(f"no (problem, seed) has been finished by {ranked_methods[0]} and a peer yet")
        return
    print_table(
        f"mean rank over {len(ranked)} runs of {len({run.problem for run in ranked})} problems (1 is best)",
        [{"method": name, "mean rank": rank} for name, rank in mean_ranks(ranked, ranked_methods).items()],
    )
    summary: list[dict[str, Any]] = []
    for peer in ranked_methods[1:]:
        difference = mean_rank_difference(ranked, peer, ranked_methods[0])
        if difference is not None:
            mean, low, high, runs = difference
            summary.append(
                {f"{ranked_methods[0]} minus": peer, "runs": runs, "mean": mean}
                | {"95 % low": low, "95 % high": high}
                | {"target": target, "": "met" if high < target else "MISSED"}
            )
    print_table(f"mean-rank difference (negative: {ranked_methods[0]} is better)", summary)
    rows = [
        _finals(problem, by_method, [run for run in ranked if run.problem == problem], ranked_methods)
        for problem, by_method in results.runs.items()
    ]
    print_table("final regret, median over the seeds", rows)
    write_json(path, name, [*summary, *rows])


def _finals(
    problem: str,
    by_method: dict[str, dict[int, list[float]]],
    ranked: Sequence[RankedRun],
    ranked_methods: Sequence[str],
) -> dict[str, Any]:
    finals = {method: [trace[-1] for trace in runs.values()] for method, runs in by_method.items()}
    ranks = mean_ranks(ranked, ranked_methods)
    return (
        {"problem": problem, "seeds": min(map(len, finals.values()))}
        | {method: float(np.median(values)) for method, values in finals.items()}
        | {"best by rank": min(ranks, key=ranks.__getitem__) if ranks else ""}
        | {f"{ranked_methods[0]}'s rank": ranks.get(ranked_methods[0])}
    )
