"""Does a cheap version of a function help to optimise it, and what does a useless one cost?

Whole optimisations within a budget worth 15 evaluations of the truth, at cost ratios of 2, 10 and 100:
augury with both versions against augury with the truth alone, with paired seeds (that of a proposal follows
from the run's and the number of results of the truth, so that equal situations get equal proposals). Both
begin as they do by themselves; the score is the simple regret of the truth at the best point evaluated in it,
and no evaluation is begun that the budget does not pay. In the problems called "...-bad" the cheap version is
a random function without relation to the truth. Resumable: finished runs are in
benchmarks/results/multi_fidelity.jsonl.

Fixed before the first full run of ten seeds. Better: the mean log10 ratio of the final regrets over all
problems with a good cheap version and all seeds is below 0 with its 95 % interval. Noticed, "no worse than
10 % off": with an unrelated version the mean log10 ratio of the final regrets is at most log10(1.1) = 0.041
(the strict reading; the budget is a whole number of evaluations of the truth, so one cheap evaluation costs
the last of them). Beside it: against the truth alone with 90 % of the budget (at most 0); the ratio of the
median regrets over the seeds, its median over the problems; and the mean difference in deviations of the
truth.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from augury.space import Categorical, Goals, Observations, Space
from augury.strategies.base import Strategy
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.multi_fidelity.strategy import MultiFidelityBayesianOptimization
from benchmarks.jobs import finished, run_jobs
from benchmarks.timing import print_table, write_json
from benchmarks.version_pairs import BAD, GOOD, optimum, versions

RESULTS = Path(__file__).parent / "results" / "multi_fidelity.jsonl"
RATIOS = [2, 10, 100]
BUDGET = 15  # evaluations of the truth
LESS = 0.9  # of the budget
ALONE, DRAWS = "truth alone", 5000
SCALE = 1e-6  # regrets below this share of the truth's range count as equal


def work(problem: str, method: str, ratio: int, seed: int) -> dict[str, Any]:
    """One whole optimisation: the regret of the truth after each evaluation, the cost and the version."""
    torch.set_default_dtype(torch.float64)
    cheap, truth, dim = versions(problem)
    best, spread = optimum(truth, dim)
    inputs: dict[str, Any] = {f"x{index}": (0.0, 1.0) for index in range(dim)}
    strategy: Strategy = BayesianOptimization()
    if method != ALONE:
        inputs["version"] = Categorical(["cheap", "truth"], role="fidelity", cost=[1, ratio])
        strategy = MultiFidelityBayesianOptimization(**_options(method))
    space, goals = Space(inputs), Goals.of("min:y")
    X, y = np.empty((0, space.dim)), np.empty(0)
    spent, trace, state, start, left = 0.0, [], None, time.perf_counter(), float(BUDGET * ratio)
    while True:
        unknown = np.full((len(X), 1), np.nan)
        status = np.full(len(X), "complete")
        observations = Observations(X, y[:, None], unknown, unknown[:, 0], status)
        proposal = strategy.propose(
            space,
            goals,
            observations,
            np.empty((0, space.dim)),
            1,
            seed=1000 * seed + (len(X) if method == ALONE else int((X[:, -1] == 1.0).sum())),
            state=state,
        )
        [x], state = proposal.points, proposal.state
        is_truth = method == ALONE or x[-1] == 1.0
        cost = float(ratio if is_truth else 1)
        if spent + cost > left:
            break
        value = float((truth if is_truth else cheap)(torch.from_numpy(x[None, :dim]))[0])
        X, y, spent = np.vstack([X, x]), np.append(y, value), spent + cost
        trace.append([spent / ratio, value - best if is_truth else None])
    return {"trace": trace, "spread": spread, "seconds": time.perf_counter() - start}


def _options(method: str) -> dict[str, Any]:
    """Of the strategy: "augury", or "augury:option=value,..."."""
    _, _, given = method.partition(":")
    return dict(part.split("=") for part in given.split(",") if part)


def report(records: list[dict[str, Any]], method: str, path: Path | None) -> None:
    """Print, for each problem and ratio, regrets of both and the interval of their paired difference."""
    runs = {
        tuple(record["job"][key] for key in ("problem", "method", "ratio", "seed")): record
        for record in records
    }
    rows, pooled = [], {}
    for problem in [*GOOD, *BAD]:
        base = problem.removesuffix("-bad")
        for ratio in RATIOS:
            seeds = [
                seed
                for name, kind, at, seed in sorted(runs)
                if (name, kind, at) == (problem, method, ratio) and (base, ALONE, 1, seed) in runs
            ]
            if not seeds:
                continue
            found = [runs[problem, method, ratio, seed] for seed in seeds]
            truth = [runs[base, ALONE, 1, seed] for seed in seeds]
            spread = truth[0]["spread"]
            with_cheap, alone, less, fewer = (
                np.maximum([_regret(record, budget) for record in those], SCALE * spread)
                for those, budget in (
                    (found, BUDGET),
                    (truth, BUDGET),
                    (truth, LESS * BUDGET),
                    (truth, BUDGET - 1),
                )
            )
            logs, later = np.log10(with_cheap / alone), np.log10(with_cheap / less)
            one_less = np.log10(with_cheap / fewer)
            medians = float(np.median(with_cheap) / np.median(alone))
            pooled.setdefault((problem in BAD, ratio), []).append(
                (logs, later, one_less, (with_cheap - alone) / spread, medians)
            )
            low, high = _interval(logs)
            truths = [sum(one is not None for _, one in record["trace"]) for record in found]
            rows.append(
                {
                    "problem": problem,
                    "ratio": ratio,
                    "seeds": len(seeds),
                    "median regret": float(np.median(with_cheap)),
                    "truth alone": float(np.median(alone)),
                    "log10 ratio": float(logs.mean()),
                    "95 % low": low,
                    "95 % high": high,
                    "better / equal / worse": "{} / {} / {}".format(
                        *(int((np.sign(logs.round(6)) == sign).sum()) for sign in (-1, 0, 1))
                    ),
                    "runs of the truth": float(np.mean(truths)),
                    "seconds": float(np.median([record["seconds"] for record in found])),
                }
            )
    print_table(f"{method}: regret after a budget worth {BUDGET} runs of the truth", rows)
    summary = []
    for (is_bad, ratio), parts in sorted(pooled.items()):
        logs, later, one_less, differences = (
            np.concatenate([part[index] for part in parts]) for index in range(4)
        )
        low, high = _interval(logs)
        summary.append(
            {
                "cheap version": "unrelated" if is_bad else "good",
                "ratio": ratio,
                "pairs": len(logs),
                "better / equal / worse": "{} / {} / {}".format(
                    *(int((np.sign(logs.round(6)) == sign).sum()) for sign in (-1, 0, 1))
                ),
                "log10 ratio": float(logs.mean()),
                "95 % low": low,
                "95 % high": high,
                f"to {LESS:.0%} of the budget": float(later.mean()),
                "to one run less": float(one_less.mean()),
                "ratio of medians": float(np.median([part[4] for part in parts])),
                "in deviations of the truth": float(differences.mean()),
            }
        )
    print_table("all problems: with the cheap version against the truth alone (negative: better)", summary)
    write_json(path, "multi_fidelity", [*summary, *rows])


def _regret(record: dict[str, Any], budget: float) -> float:
    """The best regret of the truth within a budget in evaluations of it."""
    paid = [one for cost, one in record["trace"] if one is not None and cost <= budget + 1e-9]
    return min(paid, default=float("inf"))


def _interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, size=(DRAWS, len(values))).mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--problems", nargs="+", default=[*GOOD, *BAD], choices=[*GOOD, *BAD])
    parser.add_argument("--ratios", nargs="+", type=int, default=RATIOS)
    parser.add_argument(
        "--method", default="augury", help='"augury", or "augury:acquisition=NAME,model=NAME"'
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where finished runs are kept")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    jobs: list[dict[str, Any]] = []
    for seed in range(arguments.seeds):
        for problem in arguments.problems:
            alone = {"problem": problem.removesuffix("-bad"), "method": ALONE, "ratio": 1, "seed": seed}
            jobs += [alone] if alone not in jobs else []
            jobs += [
                {"problem": problem, "method": arguments.method, "ratio": ratio, "seed": seed}
                for ratio in arguments.ratios
            ]
    if not arguments.report:
        run_jobs(jobs, work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
    report(finished(arguments.results), arguments.method, arguments.json)


if __name__ == "__main__":
    main()
