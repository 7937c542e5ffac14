"""Finished runs: by problem, surrogate and seed, and as a tidy table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


class Results:
    """The finished runs of one plan.

    Args:
        records: what `benchmarks.jobs.finished` gives; those of other plans are left out.
        jobs: the plan.
    """

    def __init__(self, records: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]]) -> None:
        self._records = [record for record in records if record["job"] in jobs]
        wanted = dict.fromkeys(job["surrogate"] for job in jobs)
        done = {record["job"]["surrogate"] for record in self._records}
        self.surrogates = [name for name in wanted if name in done]
        self.problems = list(dict.fromkeys(record["job"]["problem"] for record in self._records))

    def traces(self, problem: str, surrogate: str) -> dict[int, list[float]]:
        """Seed -> best value after each evaluation."""
        return {
            record["job"]["seed"]: record["best"]
            for record in self._records
            if (record["job"]["problem"], record["job"]["surrogate"]) == (problem, surrogate)
        }

    def seeds(self, problem: str) -> list[int]:
        """The seeds of a problem of which at least one run is finished."""
        return sorted({r["job"]["seed"] for r in self._records if r["job"]["problem"] == problem})

    def initial(self, problem: str) -> int:
        """The size of the initial design."""
        return next(int(r["job"]["initial"]) for r in self._records if r["job"]["problem"] == problem)

    def seconds(self, surrogate: str) -> float:
        """Mean thinking time of one round."""
        rounds = [s for r in self._records if r["job"]["surrogate"] == surrogate for s in r["seconds"]]
        return float(np.mean(rounds)) if rounds else float("nan")

    def final(
        self, names: Sequence[str], problems: Sequence[str] | None = None
    ) -> tuple[np.ndarray, list[str]]:
        """Final best values of the (problem, seed) that all these surrogates have finished.

        Returns:
            `N x k` values, and the problem of each row.
        """
        rows, of = [], []
        for problem in self.problems if problems is None else problems:
            traces = [self.traces(problem, name) for name in names]
            for seed in self.seeds(problem):
                if all(seed in trace for trace in traces):
                    rows.append([trace[seed][-1] for trace in traces])
                    of.append(problem)
        return np.array(rows).reshape(len(rows), len(names)), of

    def write_csv(self, path: Path) -> None:
        """One row for each evaluation of each run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["problem", "surrogate", "seed", "evaluations", "best"])
            for record in self._records:
                job = record["job"]
                for evaluations, best in enumerate(record["best"], start=1):
                    table.writerow([job["problem"], job["surrogate"], job["seed"], evaluations, best])
