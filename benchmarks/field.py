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

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns import Campaign, run_augury, run_botorch, run_optuna, run_random
from benchmarks.code_version import code_version, of_version
from benchmarks.field_problems import FIELD, field_problem
from benchmarks.foreign.campaign import FOREIGN, has_python, run_foreign, set_python
from benchmarks.jobs import finished, run_jobs
from benchmarks.ranking import Results
from benchmarks.ranking_report import report_ranks
from benchmarks.timing import print_table

RESULTS = Path(__file__).parent / "results" / "field.jsonl"
RANKED = ("augury", "smac", "ax", "botorch", "hebo", "optuna-gp", "optuna-tpe", "skopt")
METHODS = (*RANKED, "random")
EVALUATIONS, TARGET, TARGET_SECONDS = 40, 0.3, 1.0


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


def jobs(names: list[str], methods: list[str], seeds: range, code: str) -> list[dict[str, Any]]:
    """All runs, seed by seed."""
    return [
        {"problem": name, "method": method, "seed": seed} | ({"code": code} if method == "augury" else {})
        for seed in seeds
        for name in names
        for method in methods
    ]


def report(records: list[dict[str, Any]], path: Path | None) -> None:
    """Print the ranks, and each method's seconds for a suggestion."""
    report_ranks(Results(records), RANKED, TARGET, "field", path)
    seconds: dict[str, list[float]] = {}
    for record in records:
        seconds.setdefault(record["job"]["method"], []).extend(record["seconds"])
    print_table(
        f"seconds for a suggestion by the clock (augury: median below {TARGET_SECONDS:g})",
        [
            {"method": method, "median": float(np.median(all_of_it)), "longest": max(all_of_it)}
            for method, all_of_it in seconds.items()
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, package in FOREIGN.items():
        parser.add_argument(f"--{name}", type=Path, help=f"python of an environment that has {package}")
    parser.add_argument("--problems", nargs="+", default=list(FIELD), choices=FIELD)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="100 and above: for tuning, not reported")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--code", help="report the runs of another state of the code")
    parser.add_argument("--quick", action="store_true", help="two problems, one seed")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    for name in FOREIGN:
        set_python(name, getattr(arguments, name))
    names = arguments.problems[:2] if arguments.quick else arguments.problems
    methods = [name for name in arguments.methods if name not in FOREIGN or has_python(name)]
    seeds = range(arguments.first_seed, arguments.first_seed + (1 if arguments.quick else arguments.seeds))
    if not arguments.report:
        todo = jobs(names, methods, seeds, code_version())
        run_jobs(todo, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    wanted = [r for r in finished(arguments.results) if r["job"]["problem"] in names]
    wanted = [r for r in wanted if r["job"]["seed"] in seeds]
    version = arguments.code or code_version()
    report(of_version(wanted, version, depends=lambda job: job["method"] == "augury"), arguments.json)


if __name__ == "__main__":
    main()
