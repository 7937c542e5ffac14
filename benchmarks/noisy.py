"""Is the point that augury recommends after noisy evaluations as good as BoTorch's, and how fast is it found?

Hartmann6 with noise of 10 % and 50 % of the function's deviation (over 4,096 Sobol points), minimised by
augury as a user has it (a Study with everything "auto") and by BoTorch's loop (SingleTaskGP,
qLogNoisyExpectedImprovement with pruned baseline, 10 restarts, 512 raw points), from shared designs of
14 Sobol points with shared noise, one point at a time. Fixed before the first full run: the score is log10 of
the noise-free regret at the point that each method's own model recommends, by two rules applied to both:
the best posterior mean of the whole space (`posterior-mean`, held to the target) and of the evaluated points
(`evaluated`); the upper end of the 95 % bootstrap interval of the mean paired difference must be below 0.1,
and the median CPU time of a suggestion at most a fifth of BoTorch's (one thread each). Other acquisition
functions are run as `augury:NAME`. Resumable: finished runs are in benchmarks/results/noisy.jsonl.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augury.problems import load_problem
from augury.space.sampling import sobol
from augury.study.study import Study
from benchmarks.campaigns import initial_size
from benchmarks.code_version import code_version, of_version
from benchmarks.jobs import finished, run_jobs
from benchmarks.peers.botorch import botorch_recommendation, botorch_suggest
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "noisy.jsonl"
RULES = ("posterior-mean", "evaluated")
SHARES = [0.1, 0.5]
TARGET_REGRET, TARGET_TIME, DRAWS = 0.1, 1.0 / 5.0, 5000

#: An ask-and-tell loop: next point (`d`), result, and the recommendations by rule (each `d`).
Loop = tuple[Callable[[], np.ndarray], Callable[[float], None], Callable[[], dict[str, np.ndarray]]]


def work(problem: str, method: str, share: float, seed: int, total: int, code: str | None = None) -> Any:
    """One whole optimisation; `code` only names the job."""
    torch.set_default_dtype(torch.float64)
    loaded = load_problem(problem)
    space = loaded.space

    def function(X: np.ndarray) -> np.ndarray:
        return np.array([loaded.function(params) for params in space.decode(X)])

    deviation = share * function(sobol(space, 4096, seed=0)).std()
    X = sobol(space, initial_size(space.dim), seed=seed)
    errors = deviation * np.random.default_rng([seed, 11]).standard_normal(total)
    y = function(X) + errors[: len(X)]
    start = _augury if method.startswith("augury") else _botorch
    ask, tell, recommend = start(space, X, y, method, seed)
    seconds = []
    for error in errors[len(X) :]:
        begun = time.process_time()
        point = ask()
        seconds.append(time.process_time() - begun)
        tell(float(function(point[None])[0] + error))
    regrets = {
        rule: max(float(loaded.regret(function(point[None])[0])), 1e-12)
        for rule, point in recommend().items()
    }
    return {"regrets": regrets, "seconds": seconds}


def _augury(space: Any, X: np.ndarray, y: np.ndarray, method: str, seed: int) -> Loop:
    acquisition = method.partition(":")[2] or "auto"
    study = Study(space, "min:value", store=None, seed=seed, acquisition=acquisition)
    for params, value in zip(space.decode(X), y, strict=True):
        study.add(params, float(value))
    trials: list[Any] = []

    def ask() -> np.ndarray:
        trials[:] = study.ask()
        point: np.ndarray = space.encode([trials[0].params])[0]
        return point

    def recommend() -> dict[str, np.ndarray]:
        found = {rule: study.recommend(rule) for rule in RULES}
        return {rule: space.encode([one.params])[0] for rule, one in found.items() if one is not None}

    return ask, lambda value: study.tell(trials[0], value) and None, recommend


def _botorch(space: Any, X: np.ndarray, y: np.ndarray, method: str, seed: int) -> Loop:
    points, values = list(X), list(-y)

    def ask() -> np.ndarray:
        told = np.array(points), np.array(values)
        point = botorch_suggest(*told, space, 1000 * seed + len(points), noisy=True)
        points.append(point)
        return point

    def recommend() -> dict[str, np.ndarray]:
        found = botorch_recommendation(np.array(points), np.array(values), space, seed=seed)
        return dict(zip(("evaluated", "posterior-mean"), found, strict=True))

    return ask, lambda value: values.append(-value), recommend


def report(records: list[dict[str, Any]], path: Path | None) -> None:
    """Print, for each noise level and method, the regrets, the paired difference to BoTorch, and the time."""
    runs = {(r["job"]["share"], r["job"]["method"], r["job"]["seed"]): r for r in records}
    methods = sorted({method for _, method, _ in runs} - {"botorch"})
    rows = []
    for share in sorted({share for share, _, _ in runs}):
        for method in methods:
            seeds = [seed for s, m, seed in runs if (s, m) == (share, method)]
            seeds = [seed for seed in sorted(seeds) if (share, "botorch", seed) in runs]
            if len(seeds) > 1:
                ours, theirs = ([runs[share, m, seed] for seed in seeds] for m in (method, "botorch"))
                rows += [_row(share, method, rule, ours, theirs) for rule in RULES]
    if not rows:
        print("no two seeds have been finished by both")
        return
    print_table("log10 regret at the recommended point against BoTorch (negative: augury is better)", rows)
    write_json(path, "noisy", rows)


def _row(share: float, method: str, rule: str, ours: list[Any], theirs: list[Any]) -> dict[str, Any]:
    regrets = [np.array([run["regrets"][rule] for run in runs]) for runs in (ours, theirs)]
    difference = np.log10(regrets[0]) - np.log10(regrets[1])
    rng = np.random.default_rng(0)
    means = rng.choice(difference, (DRAWS, len(difference))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    seconds = [float(np.median([s for run in runs for s in run["seconds"]])) for runs in (ours, theirs)]
    ratio, held = seconds[0] / seconds[1], rule == RULES[0]
    met = high < TARGET_REGRET and ratio <= TARGET_TIME
    return {
        "noise": f"{share:.0%}",
        "method": method,
        "rule": rule,
        "seeds": len(difference),
        "regret": float(np.median(regrets[0])),
        "BoTorch": float(np.median(regrets[1])),
        "difference": float(difference.mean()),
        "95 % low": float(low),
        "95 % high": float(high),
        "ms": 1e3 * seconds[0],
        "time ratio": ratio,
        f"< {TARGET_REGRET}, <= 1/5": ("met" if met else "MISSED") if held else "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problem", default="hartmann-6")
    parser.add_argument("--methods", nargs="+", default=["augury", "botorch"], help="augury[:NAME], botorch")
    parser.add_argument(
        "--shares", nargs="+", type=float, default=SHARES, help="noise / function's deviation"
    )
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0, help="others than 0 for tuning")
    parser.add_argument("--total", type=int, default=44, help="evaluations, the initial design included")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--quick", action="store_true", help="two seeds, 17 evaluations")
    parser.add_argument("--code", help="report the runs of this state of the code instead of the present one")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    seeds, total = (2, 17) if arguments.quick else (arguments.seeds, arguments.total)
    code = arguments.code or code_version()
    chosen = range(arguments.first_seed, arguments.first_seed + seeds)
    jobs = [
        {"problem": arguments.problem, "method": method, "share": share, "seed": seed, "total": total}
        | ({} if method == "botorch" else {"code": code})
        for seed in chosen
        for share in arguments.shares
        for method in arguments.methods
    ]
    if not arguments.report:
        run_jobs(jobs, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    records = of_version(finished(arguments.results), code, depends=lambda job: job["method"] != "botorch")
    same = {"problem": arguments.problem, "total": total}
    records = [r for r in records if same.items() <= r["job"].items() and r["job"]["seed"] in chosen]
    report(records, arguments.json)


if __name__ == "__main__":
    main()
