"""A study of Bayesian neural network surrogates (Li, Rudner and Wilson, ICLR 2024).

Surrogates x problems x seeds: whole optimisations through `augury.Study`, by the paper's networks (with
`--full` by every registered surrogate), the paper's Gaussian process (Gamma priors), BoTorch's of today, and
designs without a model; all from the same initial design for a seed. Runs are kept in a file of JSON lines:
an interrupted study goes on where it was.

    python -m reproductions.bnn_surrogates            # <= 10 minutes on 2 cores
    python -m reproductions.bnn_surrogates --low      # the claims about low dimension, an hour
    python -m reproductions.bnn_surrogates --high     # d = 100 and 400, some 15 minutes on free cores
    python -m reproductions.bnn_surrogates --full     # the paper's problems and schedules: days
    python -m reproductions.bnn_surrogates --high --report     # only what is finished

Written to reproductions/results: runs as a tidy table (CSV), best value against evaluations with its standard
error (a panel a problem), a critical-difference diagram of the ranks (Friedman's test, Nemenyi's differences;
a block is a problem with a seed).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.jobs import finished, run_jobs

from reproductions._table import print_table
from reproductions.surrogate_study.campaign import run
from reproductions.surrogate_study.claims import claim_rows
from reproductions.surrogate_study.figures import critical_difference_figure, progress_figure, save
from reproductions.surrogate_study.plans import DEFAULT, FULL, HIGH, LOW, QUICK, Plan
from reproductions.surrogate_study.ranks import rank
from reproductions.surrogate_study.results import Results

RESULTS = Path(__file__).parent / "results"
PLANS = {"quick": QUICK, "default": DEFAULT, "low": LOW, "high": HIGH, "full": FULL}


def report(plan: Plan, name: str, results: Results, folder: Path) -> None:
    """Write the table and the figures, and print the claims."""
    if results.surrogates:
        results.write_csv(folder / f"bnn_surrogates-{name}.csv")
        save(progress_figure(results), folder / f"bnn_surrogates-{name}.png")
        scores, _ = results.final(results.surrogates)
        if len(scores) and len(results.surrogates) > 1:
            ranking = rank(results.surrogates, scores)
            save(critical_difference_figure(ranking), folder / f"bnn_surrogates-{name}-ranks.png")
            chance = "" if ranking.p_value is None else f", Friedman p = {ranking.p_value:.2g}"
            difference = ranking.critical_difference
            print(f"{len(scores)} complete blocks, critical difference {difference:.2f}{chance}")
        times = [f"{one} {results.seconds(one):.2g}" for one in results.surrogates]
        print(f"seconds for one round: {', '.join(times)}")
    print_table(f"Surrogates compared ({name} plan)", claim_rows(results, plan.high_dimensional))
    print(f"table and figures are in {folder}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    chosen = parser.add_mutually_exclusive_group()
    for name, text in (
        ("quick", "< 30 s"),
        ("low", "low dimension"),
        ("high", "high dimension"),
        ("full", "everything, long"),
    ):
        chosen.add_argument(f"--{name}", dest="plan", action="store_const", const=name, help=text)
    parser.add_argument("--surrogates", nargs="+", help="run only these")
    parser.add_argument("--problems", nargs="+", help="run only these")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    parser.add_argument("--minutes", type=float, help="start no further run after so long")
    parser.add_argument("--report", action="store_true", help="only report what is finished")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of all that is written")
    arguments = parser.parse_args()
    name = arguments.plan or "default"
    plan, file = PLANS[name], arguments.results / "bnn_surrogates.jsonl"
    if not arguments.report:
        run_jobs(
            plan.jobs(arguments.surrogates, arguments.problems),
            run,
            file,
            workers=arguments.workers,
            minutes=arguments.minutes or plan.minutes,
            progress=True,
        )
    report(plan, name, Results(finished(file), plan.jobs()), arguments.results)


if __name__ == "__main__":
    main()
