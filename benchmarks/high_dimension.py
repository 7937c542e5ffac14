"""Is augury in hundreds of dimensions as good as TuRBO-1 at equal evaluations, and how long does it think?

Whole optimisations from shared Sobol designs with paired seeds: Ackley-200 and the 60-dimensional rover (200
initial points, batches of 100, as published for TuRBO-1; 600 evaluations by default instead of the published
10,000 and 20,000), and Hartmann6 hidden in 100 dimensions (20 initial points, batches of 10, a fifth as many
evaluations); other functions of many inputs by `--problems`. The peer is the published implementation of
TuRBO-1 (`benchmarks.foreign.turbo`, needs `TURBO_PATH`). Fixed before the first full run: the score is the
best value, minimised; augury is no worse where the upper end of the 95 % bootstrap interval of the mean
paired difference (augury minus TuRBO-1) is below 0. Thinking is CPU time, one thread each. Resumable:
finished runs are in benchmarks/results/high_dimension.jsonl.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from augury.problems import HIGH_DIMENSIONAL, SIMULATED, Problem, load_problem
from augury.space.sampling import sobol
from augury.study.study import Study
from benchmarks.code_version import code_version, of_version
from benchmarks.foreign.turbo import run_turbo
from benchmarks.jobs import finished, run_jobs
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "high_dimension.jsonl"
SUITE = ["ackley-200", "rover-60", "hartmann-6-in-100"]
#: "auto" and the strategies by name are augury's; "bayesian-optimization/saas" names a model too.
METHODS = ["trust-region", "bayesian-optimization", "turbo"]
DRAWS = 10_000


def sizes(problem: str, total: int) -> dict[str, int]:
    """Initial points, points at once, evaluations."""
    if problem.startswith("hartmann"):
        return {"initial": 20, "batch": 10, "total": total // 5}
    return {"initial": min(200, total // 2), "batch": min(100, total // 4), "total": total}


def work(
    problem: str, method: str, seed: int, initial: int, batch: int, total: int, code: str | None = None
) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    task = load_problem(problem)
    design = sobol(task.space, initial, seed=seed)
    values: list[float] = []
    start = time.process_time()
    spent = 0.0

    def evaluate(point: np.ndarray) -> float:
        """The value to be minimised at an encoded point; its time is not counted."""
        nonlocal spent
        begun = time.process_time()
        (params,) = task.space.decode(point[None])
        values.append(-float(task.goals.objective_signs[0]) * task.function(params))
        spent += time.process_time() - begun
        return values[-1]

    if method == "turbo":
        run_turbo(evaluate, design, total, batch, seed)
    else:
        _run_augury(task, method, design, evaluate, total, batch, seed)
    seconds = time.process_time() - start - spent
    best = np.minimum.accumulate(values)[initial - 1 :: batch]
    return {"best": best.tolist(), "seconds": seconds}


def _run_augury(
    task: Problem, strategy: str, design: np.ndarray, evaluate: Any, total: int, batch: int, seed: int
) -> None:
    strategy, _, model = strategy.partition("/")
    study = Study(task.space, task.goals, strategy=strategy, model=model or "auto", store=None, seed=seed)
    sign = -float(task.goals.objective_signs[0])
    for point, params in zip(design, task.space.decode(design), strict=True):
        study.add(params, sign * evaluate(point))
    for done in range(len(design), total, batch):
        trials = study.ask(min(batch, total - done))
        points = task.space.encode([trial.params for trial in trials])
        for trial, point in zip(trials, points, strict=True):
            study.tell(trial, sign * evaluate(point))


def report(records: list[dict[str, Any]], methods: list[str], path: Path | None) -> None:
    """Print each method's best values, and the paired differences to TuRBO-1."""
    runs = {(r["job"]["problem"], r["job"]["method"], r["job"]["seed"]): r for r in records}
    rows, comparisons = [], []
    for problem in dict.fromkeys(key[0] for key in runs):
        for method in methods:
            mine = {seed: r for (p, m, seed), r in runs.items() if (p, m) == (problem, method)}
            if not mine:
                continue
            last = np.array([r["best"][-1] for r in mine.values()])
            rows.append(
                {"problem": problem, "method": method, "seeds": len(mine), "mean best": float(last.mean())}
                | {"smallest": float(last.min()), "largest": float(last.max())}
                | {"CPU s of a run": float(np.median([r["seconds"] for r in mine.values()]))}
            )
            paired = sorted(seed for seed in mine if (problem, "turbo", seed) in runs)
            if method == "turbo" or not paired:
                continue
            gap = np.array(
                [mine[seed]["best"][-1] - runs[problem, "turbo", seed]["best"][-1] for seed in paired]
            )
            draws = np.random.default_rng(0).choice(gap, (DRAWS, len(gap))).mean(axis=1)
            times = [runs[problem, "turbo", seed]["seconds"] / mine[seed]["seconds"] for seed in paired]
            comparisons.append(
                {"problem": problem, "method": method, "pairs": len(gap), "mean": float(gap.mean())}
                | {"95 % low": float(np.quantile(draws, 0.025)), "high": float(np.quantile(draws, 0.975))}
                | {"no worse": "yes" if np.quantile(draws, 0.975) < 0.0 else "NO"}
                | {"times faster": float(np.median(times))}
            )
    print_table("best value after all evaluations (minimised)", rows)
    if comparisons:
        print_table("minus TuRBO-1, paired by seed (negative: augury is better)", comparisons)
    write_json(path, "high_dimension", [*rows, *comparisons])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=SUITE, choices=[*HIGH_DIMENSIONAL, *SIMULATED])
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="for a repetition on fresh seeds")
    parser.add_argument("--total", type=int, default=600, help="evaluations (a fifth for Hartmann6)")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--code", help="report the runs of another state of the code")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--quick", action="store_true", help="one seed, 200 evaluations, without TuRBO-1")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    seeds, total = (1, 200) if arguments.quick else (arguments.seeds, arguments.total)
    methods = [m for m in arguments.methods if m != "turbo"] if arguments.quick else arguments.methods
    code = code_version()
    jobs = [
        {"problem": problem, "method": method, "seed": seed, **sizes(problem, total)}
        | ({"code": code} if method != "turbo" else {})
        for seed in range(arguments.first_seed, arguments.first_seed + seeds)
        for problem in arguments.problems
        for method in methods
    ]
    if not arguments.report:
        run_jobs(jobs, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    records = finished(arguments.results)
    records = of_version(records, arguments.code or code, depends=lambda job: job["method"] != "turbo")
    wanted = {(problem, sizes(problem, total)["total"]) for problem in arguments.problems}
    records = [r for r in records if (r["job"]["problem"], r["job"]["total"]) in wanted]
    report(records, methods, arguments.json)


if __name__ == "__main__":
    main()
