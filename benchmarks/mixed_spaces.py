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

import argparse
import time
from pathlib import Path
from typing import Any

from augury.problems import load_problem
from augury.problems.registry import MIXED_LITERATURE
from benchmarks.campaigns import Campaign, run_augury, run_optuna, run_random
from benchmarks.code_version import code_version, of_version
from benchmarks.foreign.campaign import run_foreign, set_python
from benchmarks.jobs import finished, run_jobs
from benchmarks.ranking import Results
from benchmarks.ranking_report import report_ranks

RESULTS = Path(__file__).parent / "results" / "mixed_spaces.jsonl"
RANKED = ("augury", "smac", "optuna-gp", "optuna-tpe")
METHODS = (*RANKED, "random")
EVALUATIONS, TARGET = 60, 0.3


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


def jobs(names: list[str], methods: list[str], seeds: range, code: str) -> list[dict[str, Any]]:
    """All runs, seed by seed."""
    return [
        {"problem": name, "method": method, "seed": seed} | ({"code": code} if method == "augury" else {})
        for seed in seeds
        for name in names
        for method in methods
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--smac", type=Path, help="python of an environment that has SMAC; left out without")
    parser.add_argument("--problems", nargs="+", default=list(MIXED_LITERATURE), choices=MIXED_LITERATURE)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0, help="100 and above: for tuning, not reported")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--code", help="report the runs of another state of the code")
    parser.add_argument("--quick", action="store_true", help="two problems, one seed")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    names = arguments.problems[:2] if arguments.quick else arguments.problems
    methods = [name for name in arguments.methods if name != "smac" or arguments.smac]
    set_python("smac", arguments.smac)
    seeds = range(arguments.first_seed, arguments.first_seed + (1 if arguments.quick else arguments.seeds))
    if not arguments.report:
        todo = jobs(names, methods, seeds, code_version())
        run_jobs(todo, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    wanted = [r for r in finished(arguments.results) if r["job"]["problem"] in names]
    wanted = [r for r in wanted if r["job"]["seed"] in seeds]
    version = arguments.code or code_version()
    wanted = of_version(wanted, version, depends=lambda job: job["method"] == "augury")
    report_ranks(Results(wanted), RANKED, TARGET, "mixed_spaces", arguments.json)


if __name__ == "__main__":
    main()
