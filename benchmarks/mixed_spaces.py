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
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from augury.problems import load_problem
from augury.problems.registry import MIXED_LITERATURE
from benchmarks.campaigns import Campaign, run_augury, run_optuna, run_random
from benchmarks.code_version import code_version, of_version
from benchmarks.jobs import finished, run_jobs
from benchmarks.ranking import Results, mean_rank_difference, mean_ranks, rank_runs
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "mixed_spaces.jsonl"
RANKED = ("augury", "smac", "optuna-gp", "optuna-tpe")
METHODS = (*RANKED, "random")
EVALUATIONS, TARGET = 60, 0.3
_SMAC = "AUGURY_BENCHMARK_SMAC"


def run_smac(campaign: Campaign) -> None:
    """SMAC, in a process of another environment."""
    with subprocess.Popen(
        [os.environ[_SMAC], "-P", str(Path(__file__).with_name("smac_peer.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        parameters = [[name, p.to_dict()] for name, p in campaign.problem.space.parameters.items()]
        told = [[p, -campaign.sign * y] for p, y in zip(campaign.params, campaign.observed, strict=True)]
        message: Any = {"parameters": parameters, "told": told, "seed": campaign.seed}
        while campaign.remaining:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            params = campaign.problem.space.validate(json.loads(process.stdout.readline()))
            message = -campaign.sign * campaign.evaluate(params)
        process.stdin.close()


def work(problem: str, method: str, seed: int, code: str | None = None) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    campaign = Campaign(load_problem(problem), seed, total=EVALUATIONS)
    start = time.perf_counter()
    if method == "smac":
        run_smac(campaign)
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


def report(results: Results, path: Path | None) -> None:
    """Print mean ranks, their differences with intervals, and the final regrets of every problem."""
    ranked = rank_runs(results, RANKED)
    if not ranked:
        print("no (problem, seed) has been finished by augury and a peer yet")
        return
    print_table(
        f"mean rank over {len(ranked)} runs of {len({run.problem for run in ranked})} problems (1 is best)",
        [{"method": name, "mean rank": rank} for name, rank in mean_ranks(ranked, RANKED).items()],
    )
    summary: list[dict[str, Any]] = []
    for peer in RANKED[1:]:
        difference = mean_rank_difference(ranked, peer)
        if difference is not None:
            mean, low, high, runs = difference
            summary.append(
                {"augury minus": peer, "runs": runs, "mean": mean, "95 % low": low, "95 % high": high}
                | {"target": TARGET, "": "met" if high < TARGET else "MISSED"}
            )
    print_table("mean-rank difference (negative: augury is better)", summary)
    rows = []
    for name, by_method in results.runs.items():
        finals = {method: [trace[-1] for trace in runs.values()] for method, runs in by_method.items()}
        ranks = [run.ranks for run in ranked if run.problem == name]
        mean = {
            m: float(np.mean([r[m] for r in ranks if m in r])) for m in RANKED if any(m in r for r in ranks)
        }
        rows.append(
            {"problem": name, "seeds": min(map(len, finals.values()))}
            | {method: float(np.median(finals[method])) for method in METHODS if method in finals}
            | {"best by rank": min(mean, key=mean.__getitem__) if mean else ""}
            | {"augury's rank": mean.get("augury")}
        )
    print_table("final regret, median over the seeds", rows)
    write_json(path, "mixed_spaces", [*summary, *rows])


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
    if arguments.smac:
        os.environ[_SMAC] = str(arguments.smac)
    seeds = range(arguments.first_seed, arguments.first_seed + (1 if arguments.quick else arguments.seeds))
    if not arguments.report:
        todo = jobs(names, methods, seeds, code_version())
        run_jobs(todo, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    wanted = [r for r in finished(arguments.results) if r["job"]["problem"] in names]
    wanted = [r for r in wanted if r["job"]["seed"] in seeds]
    version = arguments.code or code_version()
    wanted = of_version(wanted, version, depends=lambda job: job["method"] == "augury")
    report(Results(wanted), arguments.json)


if __name__ == "__main__":
    main()
