"""Does augury find better points than the whole field, and how long does it think?

The 24 BBOB functions in 4, 6, 8 and 10 dimensions in turn and two tasks of tuning a learner
(`field_problems`), whole optimisations of 40 evaluations from shared Sobol designs of min(2 (d + 1), 20)
points with paired seeds. Peers with their default options: SMAC (hyperparameter facade), Ax, BoTorch's
standard loop, HEBO, Optuna's GPSampler and TPESampler, scikit-optimize. The rule, fixed before the first run:
within each (problem, seed) all are ranked by the final regret; augury is to have the lowest mean rank, the
upper 95 % bootstrap bound of its mean rank minus each peer's below 0.3, and to think less than a second per
suggestion (median, by the clock).

    python -m benchmarks.field --smac smac-env/bin/python --ax ax-env/bin/python ...

SMAC, Ax, HEBO and scikit-optimize run in environments of their own (`benchmarks.foreign`); one that is not
given is left out. Resumable: finished runs are in benchmarks/results/field.jsonl, each of augury's with
the state of the code that it was made by.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.campaigns import Campaign, run_augury, run_botorch, run_optuna, run_random
from benchmarks.field_problems import FIELD, field_problem
from benchmarks.foreign.campaign import FOREIGN, run_foreign
from benchmarks.ranked_comparison import RankedComparison
from benchmarks.timing import print_table

RANKED = ("augury", "smac", "ax", "botorch", "hebo", "optuna-gp", "optuna-tpe", "skopt")
EVALUATIONS = 40


@dataclass
class _TimedCampaign(Campaign):
    """One that keeps the seconds between the end of an evaluation and the start of the next."""

    seconds: list[float] = field(default_factory=list)
    _since: float | None = None

    def evaluate(self, params: Mapping[str, Any]) -> float:
        if self._since is not None:
            self.seconds.append(time.perf_counter() - self._since)
        value = super().evaluate(params)
        self._since = time.perf_counter()
        return value


def work(problem: str, method: str, seed: int, code: str | None = None) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    campaign = _TimedCampaign(field_problem(problem), seed, total=EVALUATIONS)
    designed = len(campaign.seconds)
    if method in FOREIGN:
        run_foreign(campaign, method)
    elif method.startswith("optuna"):
        run_optuna(campaign, method.removeprefix("optuna-"))
    else:
        {"augury": run_augury, "botorch": run_botorch, "random": run_random}[method](campaign)
    return {"regrets": campaign.regrets(), "seconds": campaign.seconds[designed:]}


def print_seconds(records: list[dict[str, Any]]) -> None:
    """Each method's seconds for a suggestion."""
    seconds: dict[str, list[float]] = {}
    for record in records:
        seconds.setdefault(record["job"]["method"], []).extend(record["seconds"])
    print_table(
        "seconds for a suggestion by the clock (augury: median below 1)",
        [
            {"method": method, "median": float(np.median(values)), "longest": max(values)}
            for method, values in seconds.items()
        ],
    )


def main() -> None:
    RankedComparison("field", FIELD, RANKED, ["random"], work, seeds=3, target=0.3).main(
        __doc__, print_seconds
    )


if __name__ == "__main__":
    main()
