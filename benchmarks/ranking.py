"""Ranks of methods over many runs, and the bootstrap interval of a mean-rank difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

RANKED = ("augury", "botorch", "optuna")
# Regrets closer than this part of the regret of the initial design are a tie, not a win.
TIE = 1e-6
BOOTSTRAP_DRAWS = 5000
SHARED = 4  # every initial design has at least so many points


class Results:
    """Finished runs: problem -> method -> seed -> regret after each evaluation."""

    def __init__(self, records: Sequence[dict[str, Any]]) -> None:
        self.runs: dict[str, dict[str, dict[int, list[float]]]] = {}
        for record in records:
            job = record["job"]
            self.of(job["problem"]).setdefault(job["method"], {})[job["seed"]] = record["regrets"]

    def of(self, problem: str) -> dict[str, dict[int, list[float]]]:
        return self.runs.setdefault(problem, {})


@dataclass(frozen=True)
class RankedRun:
    """The ranks of the methods in one (problem, seed); ties share their mean rank."""

    problem: str
    seed: int
    ranks: dict[str, float]


def rank_runs(results: Results, methods_ranked: Sequence[str] = RANKED) -> list[RankedRun]:
    """The runs that the first method and every other one which ran the problem at all have finished.

    Runs that do not begin with the same initial design are not compared.
    """
    ranked: list[RankedRun] = []
    for problem, by_method in results.runs.items():
        methods = [method for method in methods_ranked if by_method.get(method)]
        if methods_ranked[0] not in methods or len(methods) < 2:
            continue
        for seed in sorted(set.intersection(*(set(by_method[method]) for method in methods))):
            traces = [by_method[method][seed] for method in methods]
            if any(not np.allclose(trace[:SHARED], traces[0][:SHARED]) for trace in traces):
                continue  # a run of an older state of the problem, or of its initial design
            unit = TIE * max(max(trace[0] for trace in traces), 1e-12)
            ranks = rankdata(np.round([trace[-1] / unit for trace in traces]))
            ranked.append(RankedRun(problem, seed, dict(zip(methods, map(float, ranks), strict=True))))
    return ranked


def mean_ranks(ranked: Sequence[RankedRun], methods: Sequence[str] = RANKED) -> dict[str, float]:
    """Method -> mean rank over the runs that it took part in."""
    return {
        method: float(np.mean(values))
        for method in methods
        if (values := [run.ranks[method] for run in ranked if method in run.ranks])
    }


def mean_rank_difference(
    ranked: Sequence[RankedRun], peer: str, own: str = RANKED[0]
) -> tuple[float, float, float, int] | None:
    """The mean rank of `own` minus a peer's, over the runs of both.

    Returns:
        Mean, lower and upper end of the 95 % interval of a paired bootstrap (problems drawn with
        replacement, then seeds within each), number of runs; None without a common run.
    """
    differences: dict[str, list[float]] = {}
    for run in ranked:
        if peer in run.ranks:
            differences.setdefault(run.problem, []).append(run.ranks[own] - run.ranks[peer])
    if not differences:
        return None
    groups = [np.array(values) for values in differences.values()]
    generator = np.random.default_rng(0)
    draws = [
        np.concatenate(
            [
                generator.choice(groups[g], len(groups[g]))
                for g in generator.integers(len(groups), size=len(groups))
            ]
        ).mean()
        for _ in range(BOOTSTRAP_DRAWS)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    pooled = np.concatenate(groups)
    return float(pooled.mean()), float(low), float(high), len(pooled)
