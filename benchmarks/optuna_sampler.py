"""What does an Optuna user gain who puts `AugurySampler` in the place of `GPSampler`?

Two questions, in Optuna's own ask and tell: the time of a trial of a study that has n trials already (ask and
tell, median of alternating trials of two studies with the same history), and the final regret of whole
optimisations of the regret suite from shared initial designs with paired seeds. Runs of `GPSampler` that
benchmarks/results/regret.jsonl holds are used again. Resumable, in benchmarks/results/optuna_sampler.jsonl.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from augury.problems import HIGH_DIMENSIONAL, SIMULATED, load_problem, problem_names
from augury.problems.registry import MIXED_LITERATURE
from augury.space.space import Space
from benchmarks import campaigns
from benchmarks.jobs import finished, run_jobs
from benchmarks.peers.optuna import OptunaPeer
from benchmarks.ranking import Results, mean_rank_difference, mean_ranks, rank_runs
from benchmarks.timing import Entrant, alternate, pin_threads, print_table, settle, verdict, write_json

RESULTS = Path(__file__).parent / "results" / "optuna_sampler.jsonl"
PEERS = Path(__file__).parent / "results" / "regret.jsonl"
TARGET = 1 / 3  # of the time of a trial, at n = 100


def smooth_function(d: int) -> Callable[[Mapping[str, float]], float]:
    """A draw of a Gaussian process in the cube (as `smooth_data` of `ask_latency`), with 1 % noise."""
    generator = np.random.default_rng([0, d])
    frequencies = generator.standard_normal((d, 256)) / (0.4 * np.sqrt(d))
    phases = generator.uniform(0.0, 2.0 * np.pi, 256)
    weights = generator.standard_normal(256) * np.sqrt(2.0 / 256)

    def value(params: Mapping[str, float]) -> float:
        x = np.array([params[f"x{i}"] for i in range(d)])
        return float(np.cos(x @ frequencies + phases) @ weights + 0.01 * generator.standard_normal())

    return value


def times(n: int, d: int, repeats: int) -> dict[str, Any]:
    """Median seconds of a trial with each sampler, in studies that grow from n trials on."""
    function = smooth_function(d)
    space = Space({f"x{i}": (0.0, 1.0) for i in range(d)})
    peers = {
        name: OptunaPeer(space, 1.0, 0, n_initial=10, noisy=True, sampler=name) for name in ("augury", "gp")
    }
    for params in space.decode(np.random.default_rng([1, n, d]).random((n, d))):
        value = function(params)
        for peer in peers.values():
            peer.add(params, value)

    def trial(peer: OptunaPeer) -> None:
        peer.tell(function(peer.ask()))

    def entrant(peer: OptunaPeer) -> Entrant:
        return Entrant(lambda _: trial(peer), lambda _: settle())

    found = alternate({name: entrant(peer) for name, peer in peers.items()}, repeats)
    ratio = found["augury"] / found["gp"]
    return {
        "n": n,
        "d": d,
        "augury ms": 1e3 * found["augury"],
        "GPSampler ms": 1e3 * found["gp"],
        "ratio": ratio,
        "target": TARGET if n == 100 else None,
        "": verdict(ratio, TARGET if n == 100 else None),
    }


def work(problem: str, method: str, seed: int) -> dict[str, Any]:
    """One whole optimisation in Optuna."""
    campaign = campaigns.Campaign(load_problem(problem), seed)
    campaigns.run_optuna(campaign, sampler="augury" if method == "augury" else "gp")
    return {"regrets": campaign.regrets()}


def suite() -> list[str]:
    """The problems of the regret suite that Optuna can be given."""
    others = (*SIMULATED, *MIXED_LITERATURE, *HIGH_DIMENSIONAL)
    names = [name for name in problem_names() if name not in others]
    return [name for name in names if OptunaPeer.serves(load_problem(name).space)]


def report(results: Results) -> list[dict[str, Any]]:
    """Ranks, and the final regret of each problem."""
    methods = ("augury", "optuna")
    ranked = rank_runs(results, methods)
    difference = mean_rank_difference(ranked, "optuna") if ranked else None
    if difference is None:
        print("no (problem, seed) has been finished with both samplers yet")
        return []
    mean, low, high, runs = difference
    print_table(
        f"mean rank over {runs} runs of {len({run.problem for run in ranked})} problems",
        [{"sampler": name, "mean rank": rank} for name, rank in mean_ranks(ranked, methods).items()],
    )
    print(f"mean-rank difference, augury minus GPSampler: {mean:.3f}, 95 % interval [{low:.3f}, {high:.3f}]")
    rows = []
    for problem in sorted({run.problem for run in ranked}):
        seeds = [run.seed for run in ranked if run.problem == problem]
        ours, theirs = (
            float(np.median([results.of(problem)[method][seed][-1] for seed in seeds])) for method in methods
        )
        worse = [run.ranks["augury"] > run.ranks["optuna"] for run in ranked if run.problem == problem]
        rows.append(
            {
                "problem": problem,
                "seeds": len(seeds),
                "augury": ours,
                "GPSampler": theirs,
                "runs lost": sum(worse),
            }
        )
    print_table("final regret, median over the seeds", rows)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=["time", "regret"], help="one of the two questions")
    parser.add_argument("--problems", nargs="+", help="default: all that Optuna can be given")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--repeats", type=int, default=15, help="timed trials of each sampler")
    parser.add_argument("--quick", action="store_true", help="n = 100, d = 6; branin, one seed")
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if arguments.only != "regret" and not arguments.report:
        pin_threads(1)
        cases = [(100, 6)] if arguments.quick else [(100, 2), (100, 6), (100, 20), (300, 6)]
        rows = [times(n, d, arguments.repeats) for n, d in cases]
        print_table("one trial of an Optuna study, one thread", rows)
    if arguments.only != "time":
        names = arguments.problems or (["branin"] if arguments.quick else suite())
        seeds = range(1 if arguments.quick else arguments.seeds)
        known = [record for record in finished(PEERS) if record["job"]["method"] == "optuna"]
        theirs = {(record["job"]["problem"], record["job"]["seed"]) for record in known}
        jobs = [
            {"problem": name, "method": method, "seed": seed}
            for seed in seeds
            for name in names
            for method in ("augury", "optuna")
            if method == "augury" or (name, seed) not in theirs
        ]
        if not arguments.report:
            run_jobs(jobs, work, RESULTS, workers=arguments.workers, minutes=arguments.minutes)
        records = [one for one in [*known, *finished(RESULTS)] if one["job"]["problem"] in names]
        rows += report(Results(records))
    write_json(arguments.json, "optuna_sampler", rows)


if __name__ == "__main__":
    main()
