"""Does augury find better points than its peers with the same number of evaluations?

Whole optimisations from shared initial designs with paired seeds, against BoTorch's standard loop and
Optuna's GPSampler (and random search, for scale). The rule, fixed before the first run: within each
(problem, seed) the GP-based methods are ranked by the regret at the end of the budget; the upper 95 %
bootstrap bound of augury's mean rank minus the best peer's must be below 0.3. Initial design min(2 (d + 1),
20) points; 30, 40, 50 or 60 evaluations in all for d up to 2, 4, 6 or more. Resumable: finished runs are in
benchmarks/results/regret.jsonl, each of augury's with the state of the code (`code_version`) that it was made
by; a peer's runs are used again whatever became of augury.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from augury.problems import HIGH_DIMENSIONAL, SIMULATED, load_problem, problem_names
from augury.problems.registry import MIXED_LITERATURE
from benchmarks import campaigns
from benchmarks.code_version import code_version, of_version
from benchmarks.jobs import finished, run_jobs
from benchmarks.ranking import RANKED, TIE, Results, mean_rank_difference, mean_ranks, rank_runs
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "regret.jsonl"
QUICK_PROBLEMS = ["branin", "mixed-branin", "suzuki-1"]
TARGET = 0.3


def work(problem: str, method: str, seed: int, code: str | None = None) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    start = time.perf_counter()
    regrets = campaigns.run(problem, method, seed)
    return {"regrets": regrets, "seconds": time.perf_counter() - start}


def jobs(names: list[str], methods: list[str], seeds: int, code: str) -> list[dict[str, Any]]:
    """All runs, seed by seed, so that an interrupted benchmark has few seeds of all problems."""
    applicable = {name: campaigns.methods_for(load_problem(name), methods) for name in names}
    return [
        {"problem": name, "method": method, "seed": seed} | ({"code": code} if method == "augury" else {})
        for seed in range(seeds)
        for name in names
        for method in applicable[name]
    ]


def report(results: Results, path: Path | None) -> None:
    """Print the mean ranks, their difference with its interval, and the final regret of every problem."""
    ranked = rank_runs(results)
    if not ranked:
        print("no (problem, seed) has been finished by augury and a peer yet")
        return
    problems = sorted({run.problem for run in ranked})
    print_table(
        f"mean rank over {len(ranked)} runs of {len(problems)} problems (1 is best)",
        [{"method": name, "mean rank": rank} for name, rank in mean_ranks(ranked).items()],
    )
    summary: list[dict[str, Any]] = []
    for peer in RANKED[1:]:
        difference = mean_rank_difference(ranked, peer)
        if difference is not None:
            mean, low, high, runs = difference
            met = "met" if high < TARGET else "MISSED"
            summary.append(
                {"augury minus": peer, "runs": runs, "mean": mean, "95 % low": low, "95 % high": high}
                | {"target": TARGET, "": met}
            )
    print_table("mean-rank difference (negative: augury is better); the best peer decides", summary)
    rows = [final_regrets(results, name) for name in problems]
    print_table("final regret, median over the seeds", rows)
    losses = [row["problem"] for row in rows if row["best"] not in ("augury", "tie")]
    print(f"problems lost: {', '.join(losses) or 'none'}")
    write_json(path, "regret", [*summary, *rows])


def final_regrets(results: Results, problem: str) -> dict[str, Any]:
    """Median final regret of each method over the seeds that all its methods have finished."""
    by_method = results.of(problem)
    seeds = set.intersection(*(set(runs) for runs in by_method.values()))
    medians = {
        method: float(np.median([runs[seed][-1] for seed in seeds])) if seeds else float("nan")
        for method, runs in by_method.items()
    }
    ranked = {method: value for method, value in medians.items() if method in RANKED}
    winner = min(ranked, key=ranked.__getitem__)
    width = TIE * max(trace[0] for method in ranked for trace in by_method[method].values())
    tie = [method for method, value in ranked.items() if value <= ranked[winner] + width]
    columns = {method: medians.get(method) for method in [*RANKED, "random"]}
    return {"problem": problem, "seeds": len(seeds), **columns, "best": "tie" if len(tie) > 1 else winner}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", nargs="+", help="default: all but the simulated ones")
    parser.add_argument("--methods", nargs="+", default=list(campaigns.METHODS), choices=campaigns.METHODS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--code", help="report the runs of another state of the code")
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(QUICK_PROBLEMS)}; one seed")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    suite = [
        name for name in problem_names() if name not in (*SIMULATED, *MIXED_LITERATURE, *HIGH_DIMENSIONAL)
    ]
    names = arguments.problems or (QUICK_PROBLEMS if arguments.quick else suite)
    seeds = 1 if arguments.quick else arguments.seeds
    if not arguments.report:
        todo = jobs(names, arguments.methods, seeds, code_version())
        run_jobs(todo, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    wanted = [record for record in finished(arguments.results) if record["job"]["problem"] in names]
    version = arguments.code or code_version()
    wanted = of_version(wanted, version, depends=lambda job: job["method"] == "augury")
    report(Results(wanted), arguments.json)


if __name__ == "__main__":
    main()
