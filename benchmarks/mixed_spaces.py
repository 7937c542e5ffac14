"""Does augury find better points of mixed spaces than SMAC and Optuna with the same number of evaluations?

Five problems of the literature with categories, whole numbers and continuous parameters
(`augury.problems.literature_mixed`), whole optimisations from shared Sobol designs of min(2 (d + 1), 20)
points with paired seeds, 60 evaluations in all. Peers: SMAC's hyperparameter facade, Optuna's GPSampler and
its TPESampler, each with its default options. The rule, fixed before the first run: within each (problem,
seed) all four are ranked by the final regret; the upper 95 % bootstrap bound of augury's mean rank minus each
peer's must be below 0.3.

    python -m benchmarks.mixed_spaces --smac smac-env/bin/python

SMAC runs in an environment of its own (`pip install smac`). Resumable: finished runs are in
benchmarks/results/mixed_spaces.jsonl, each of augury's with the state of the code that it was made by.
"""

from __future__ import annotations

import time
from typing import Any

from augury.problems import load_problem
from augury.problems.registry import MIXED_LITERATURE
from benchmarks.campaigns import Campaign, run_augury, run_optuna, run_random
from benchmarks.foreign.campaign import run_foreign
from benchmarks.ranked_comparison import RankedComparison

RANKED = ("augury", "smac", "optuna-gp", "optuna-tpe")
EVALUATIONS = 60


def work(problem: str, method: str, seed: int, code: str | None = None) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    campaign = Campaign(load_problem(problem), seed, total=EVALUATIONS)
    start = time.perf_counter()
    if method == "smac":
        run_foreign(campaign, "smac")
    elif method.startswith("optuna"):
        run_optuna(campaign, method.removeprefix("optuna-"))
    else:
        {"augury": run_augury, "random": run_random}[method](campaign)
    return {"regrets": campaign.regrets(), "seconds": time.perf_counter() - start}


def main() -> None:
    RankedComparison(
        "mixed_spaces", list(MIXED_LITERATURE), RANKED, ["random"], work, seeds=10, target=0.3
    ).main(__doc__)


if __name__ == "__main__":
    main()
