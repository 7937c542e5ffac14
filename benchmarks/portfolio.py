"""Does the portfolio find better points than each of its members alone?

Whole optimisations from shared initial designs with paired seeds, as in `benchmarks.regret` (its problems,
its budgets), by `model="portfolio"`, by the default (`auto`: the Gaussian process, of the logarithm where
that is likelier) and by each other surrogate. The rule, fixed before the first run of seeds 0 and up: within
each (problem, seed) the models are ranked by the regret at the end of the budget; the portfolio's mean rank
is to be below each single model's, and the upper 95 % bootstrap bound of the difference to the best of them
at most 0.3. Surrogates that take over 0.1 s a suggestion (`--dear`) run five named problems only. Settings
were chosen by seeds from 100 on. Resumable: finished runs are in benchmarks/results/portfolio.jsonl, each
with the state of the code that it was made by.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from augury.problems import HIGH_DIMENSIONAL, SIMULATED, load_problem, problem_names
from augury.problems.registry import MIXED_LITERATURE
from benchmarks.campaigns import Campaign, run_augury
from benchmarks.code_version import code_version, of_version
from benchmarks.jobs import finished, run_jobs
from benchmarks.ranking import Results, mean_rank_difference, mean_ranks, rank_runs
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "portfolio.jsonl"
OWN = "portfolio"
CHEAP = ["auto", "gp", "student-t", "infinite-width", "random-forest"]
DEAR = ["deep-kernel", "bnn-hmc"]
DEAR_PROBLEMS = ["branin", "hartmann-6", "ackley-5", "mixed-branin", "suzuki-1"]
QUICK_PROBLEMS = ["branin", "mixed-branin"]
TARGET = 0.3


def work(problem: str, model: str, seed: int, code: str | None = None) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    start = time.process_time()
    campaign = Campaign(load_problem(problem), seed)
    run_augury(campaign, model=model)
    return {"regrets": campaign.regrets(), "seconds": time.process_time() - start}


def suite() -> list[str]:
    """The problems of `benchmarks.regret`."""
    left_out = (*SIMULATED, *MIXED_LITERATURE, *HIGH_DIMENSIONAL)
    return [name for name in problem_names() if name not in left_out]


def as_results(records: list[dict[str, Any]]) -> Results:
    """Finished runs, with the model in the place of the method."""
    return Results(
        [record | {"job": record["job"] | {"method": record["job"]["model"]}} for record in records]
    )


def report(records: list[dict[str, Any]], models: list[str], path: Path | None) -> None:
    """Mean ranks, the differences with their intervals, and the medians of each problem."""
    results = as_results(records)
    methods = [OWN, *models]
    ranked = rank_runs(results, methods)
    if not ranked:
        print("no (problem, seed) has been finished by the portfolio and another model yet")
        return
    problems = sorted({run.problem for run in ranked})
    seconds = {name: [r["seconds"] for r in records if r["job"]["model"] == name] for name in methods}
    print_table(
        f"mean rank over {len(ranked)} runs of {len(problems)} problems (1 is best)",
        [
            {"model": name, "mean rank": rank, "CPU seconds a run": float(np.median(seconds[name]))}
            for name, rank in mean_ranks(ranked, methods).items()
        ],
    )
    summary: list[dict[str, Any]] = []
    for name in models:
        difference = mean_rank_difference(ranked, name, OWN)
        if difference is not None:
            mean, low, high, runs = difference
            summary.append(
                {"portfolio minus": name, "runs": runs, "mean": mean, "95 % low": low, "95 % high": high}
                | {"target": TARGET, "": "met" if high < TARGET else "MISSED"}
            )
    print_table("mean-rank difference (negative: the portfolio is better)", summary)
    rows = [_medians(results, name, methods) for name in problems]
    print_table("final regret, median over the seeds", rows)
    write_json(path, "portfolio", [*summary, *rows])


def _medians(results: Results, problem: str, methods: list[str]) -> dict[str, Any]:
    runs = results.of(problem)
    seeds = set.intersection(*(set(runs[name]) for name in methods if runs.get(name)))
    medians = {
        name: float(np.median([runs[name][seed][-1] for seed in seeds])) if runs.get(name) and seeds else None
        for name in methods
    }
    return {"problem": problem, "seeds": len(seeds), **medians}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", nargs="+", help="default: those of benchmarks.regret")
    parser.add_argument("--models", nargs="+", help=f"beside the portfolio; default: {', '.join(CHEAP)}")
    parser.add_argument(
        "--dear", action="store_true", help=f"{', '.join(DEAR)} on {', '.join(DEAR_PROBLEMS)}"
    )
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--code", help="the state of the code that runs belong to")
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(QUICK_PROBLEMS)}; one seed")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    models = arguments.models or (DEAR if arguments.dear else CHEAP)
    default = QUICK_PROBLEMS if arguments.quick else DEAR_PROBLEMS if arguments.dear else suite()
    names = arguments.problems or default
    seeds = range(arguments.first_seed, arguments.first_seed + (1 if arguments.quick else arguments.seeds))
    version = arguments.code or code_version()
    if not arguments.report:
        todo = [
            {"problem": name, "model": model, "seed": seed, "code": version}
            for seed in seeds
            for name in names
            for model in [OWN, *models]
        ]
        run_jobs(todo, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    wanted = [
        record
        for record in of_version(finished(arguments.results), version, depends=lambda job: True)
        if record["job"]["problem"] in names and record["job"]["seed"] in seeds
    ]
    report(wanted, models, arguments.json)


if __name__ == "__main__":
    main()
