"""Does augury cover more of the Pareto front than BoTorch's qLogNEHVI, and how fast?

Whole optimisations from shared initial designs with paired seeds, in batches (5 by default), both told the
problem's reference point. Fixed before the first run: initial design min(2 (d + 1), 20) Sobol points; the
score is the log hypervolume difference log10(1 - reached / best), with the best known hypervolume or,
where none is known, 1.001 times the largest that any run has reached; within each (problem, seed) the two are
ranked, and the upper 95 % bootstrap bound of the mean-rank difference must be below 0.3. Thinking time is
the processor's, one thread each, so that other work does not count. Pareto set learning runs
beside them, with its coupling and without. Resumable: finished runs are in results/multi_objective.jsonl.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augury.problems.multi_objective import MultiObjectiveProblem
from augury.problems.registry import MULTI_OBJECTIVE_PROBLEMS, load_multi_objective_problem
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.pareto import hypervolume
from augury.space.sampling import sobol
from augury.strategies import ParetoSetLearning, Strategy
from augury.study.study import Study
from benchmarks.campaigns import initial_size
from benchmarks.code_version import code_version, of_version
from benchmarks.jobs import finished, run_jobs
from benchmarks.peers.botorch import botorch_pareto_batch
from benchmarks.timing import print_table, write_json

RESULTS = Path(__file__).parent / "results" / "multi_objective.jsonl"
SUITE = [
    *("branin-currin", "zdt1-6", "zdt2-6", "zdt3-6", "vlmop2-6", "dtlz2-6", "vehicle-safety"),
    *("re21", "re33", "re37"),
]
METHODS = ["augury", "botorch", "psl-coupled", "psl", "random"]
OWN = ("augury", "psl-coupled", "psl")  # whose runs depend on the state of the code
TARGET_RANK, DRAWS = 0.3, 5000


class _Campaign:
    """One optimisation under way, from a shared initial design."""

    def __init__(self, problem: MultiObjectiveProblem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        signs = problem.goals.objective_signs
        self.reference = signs * np.array([problem.reference_point[name] for name in problem.goals.outcomes])
        self.X = sobol(problem.space, initial_size(problem.space.dim), seed=seed)
        self.Y = self._evaluate(self.X)
        self.hypervolumes = [hypervolume(self.Y, self.reference)]
        self.thinking = 0.0

    def run(self, method: str, total: int, batch: int) -> dict[str, Any]:
        propose: Iterator[np.ndarray]
        if method == "augury":
            propose = self._study("auto", batch)
        elif method in OWN:
            coupling = "local" if method == "psl-coupled" else "none"
            propose = self._study(ParetoSetLearning(coupling=coupling), batch)
        else:
            propose = {"botorch": self._botorch, "random": self._random}[method](batch)
        while len(self.X) < total:
            start = time.process_time()
            X = next(propose)
            self.thinking += time.process_time() - start
            self.X, self.Y = np.concatenate([self.X, X]), np.concatenate([self.Y, self._evaluate(X)])
            self.hypervolumes.append(hypervolume(self.Y, self.reference))
        return {"hypervolumes": self.hypervolumes, "seconds": self.thinking}

    def _evaluate(self, X: np.ndarray) -> np.ndarray:
        """Objectives to be maximised."""
        rows = [self.problem.function(params) for params in self.problem.space.decode(X)]
        names, signs = self.problem.goals.outcomes, self.problem.goals.objective_signs
        return signs * np.array([[row[name] for name in names] for row in rows])

    def _study(self, strategy: str | Strategy, batch: int) -> Iterator[np.ndarray]:
        goals = Goals(
            [
                type(goal)(goal.name, threshold=self.problem.reference_point[goal.name])
                for goal in self.problem.goals.objectives
                if isinstance(goal, Minimize | Maximize)
            ]
        )
        study = Study(self.problem.space, goals, strategy=strategy, store=None, seed=self.seed)
        signs = goals.objective_signs
        for params, y in zip(self.problem.space.decode(self.X), signs * self.Y, strict=True):
            study.add(params, tuple(y))
        while True:
            trials = study.ask(batch)
            yield self.problem.space.encode([trial.params for trial in trials])
            for trial, y in zip(trials, signs * self.Y[-len(trials) :], strict=True):
                study.tell(trial, tuple(y))

    def _botorch(self, batch: int) -> Iterator[np.ndarray]:
        while True:
            yield botorch_pareto_batch(
                self.X, self.Y, self.problem.space, batch, self.reference, seed=1000 * self.seed + len(self.X)
            )

    def _random(self, batch: int) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        while True:
            low, high = self.problem.space.bounds
            yield self.problem.space.snap(rng.uniform(low, high, size=(batch, len(low))))


def work(
    problem: str, method: str, seed: int, total: int, batch: int, code: str | None = None
) -> dict[str, Any]:
    """One whole optimisation; `code` only names the job."""
    torch.set_default_dtype(torch.float64)
    return _Campaign(load_multi_objective_problem(problem), seed).run(method, total, batch)


def report(records: list[dict[str, Any]], path: Path | None) -> None:
    """Print what each problem came to, and augury and Pareto set learning against each other and BoTorch."""
    runs = {(r["job"]["problem"], r["job"]["seed"], r["job"]["method"]): r for r in records}
    missing = _missing_shares(runs)
    rows = []
    for problem in sorted({key[0] for key in runs}):
        row: dict[str, Any] = {"problem": problem}
        for method in METHODS:
            values = [value for key, value in missing.items() if key[0] == problem and key[2] == method]
            row[method] = f"{np.mean(values):.2f} ({len(values)})" if values else None
        for method in METHODS[:-1]:
            seconds = [r["seconds"] for key, r in runs.items() if key[0] == problem and key[2] == method]
            row[f"{method}, s"] = float(np.median(seconds)) if seconds else None
        if row["augury, s"] and row["botorch, s"]:
            row["times faster"] = row["botorch, s"] / row["augury, s"]
        rows.append(row)
    print_table("log10 of the missing share of hypervolume, mean (seeds), and processor time of a run", rows)
    summaries = [
        summary
        for ours, peer in (("augury", "botorch"), ("psl-coupled", "psl"), ("psl-coupled", "augury"))
        if (summary := _compared(missing, ours, peer)) is not None
    ]
    print_table("differences in pairs (negative: the first is better), 95 % bootstrap intervals", summaries)
    write_json(path, "multi_objective", [*summaries, *rows])


def _missing_shares(runs: dict[tuple[str, int, str], dict[str, Any]]) -> dict[tuple[str, int, str], float]:
    """Of each run, log10 of the share of the best hypervolume that it has not reached."""
    best = {}
    for problem in {key[0] for key in runs}:
        reached = max(r["hypervolumes"][-1] for key, r in runs.items() if key[0] == problem)
        known = load_multi_objective_problem(problem).max_hypervolume
        best[problem] = 1.001 * reached if known is None or known <= reached else known
    return {key: float(np.log10(1.0 - r["hypervolumes"][-1] / best[key[0]])) for key, r in runs.items()}


def _compared(missing: dict[tuple[str, int, str], float], ours: str, peer: str) -> dict[str, Any] | None:
    """Two methods over the (problem, seed) pairs that both have finished: ranks and logarithms."""
    pairs = sorted({key[:2] for key in missing if all((*key[:2], one) in missing for one in (ours, peer))})
    if not pairs:
        return None
    differences: dict[str, list[float]] = {}
    for problem, seed in pairs:
        gap = missing[problem, seed, ours] - missing[problem, seed, peer]
        differences.setdefault(problem, []).append(gap)
    logs = {name: np.array(values) for name, values in differences.items()}
    ranks = {name: np.sign(values) for name, values in logs.items()}
    low, high = _interval(ranks)
    log_low, log_high = _interval(logs)
    return {
        "first": ours,
        "second": peer,
        "runs": len(pairs),
        "mean-rank difference": float(np.mean([d.mean() for d in ranks.values()])),
        "from": low,
        "to": high,
        "log10 difference": float(np.mean([d.mean() for d in logs.values()])),
        "log from": log_low,
        "log to": log_high,
        "target": _verdict(high) if (ours, peer) == ("augury", "botorch") else None,
    }


def _verdict(high: float) -> str:
    return f"rank < {TARGET_RANK}: {'met' if high < TARGET_RANK else 'NOT met'}"


def _interval(differences: dict[str, np.ndarray]) -> tuple[float, float]:
    """Bootstrap over problems, and over seeds within each."""
    rng, names = np.random.default_rng(0), list(differences)
    draws = [
        np.mean(
            [
                rng.choice(differences[name], len(differences[name])).mean()
                for name in rng.choice(names, len(names))
            ]
        )
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=SUITE, choices=list(MULTI_OBJECTIVE_PROBLEMS))
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--code", help="report the runs of another state of the code")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument(
        "--total", type=int, default=100, help="evaluations of a run, the initial design included"
    )
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--quick", action="store_true", help="one seed of branin-currin, 20 evaluations")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    problems = ["branin-currin"] if arguments.quick else arguments.problems
    total, seeds = (20, 1) if arguments.quick else (arguments.total, arguments.seeds)
    sizes = {"total": total, "batch": arguments.batch}
    code = arguments.code or code_version()
    jobs = [
        {"problem": problem, "method": method, "seed": seed, **sizes}
        | ({"code": code} if method in OWN else {})
        for seed in range(seeds)
        for problem in problems
        for method in arguments.methods
    ]
    if not arguments.report:
        run_jobs(jobs, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    records = of_version(finished(arguments.results), code, depends=lambda job: job["method"] in OWN)
    records = [r for r in records if r["job"]["problem"] in problems and r["job"]["total"] == total]
    report(records, arguments.json)


if __name__ == "__main__":
    main()
