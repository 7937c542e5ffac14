"""A comparison of augury with several peers by rank: its runs, resumable, and its report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.code_version import code_version, of_version
from benchmarks.foreign.campaign import FOREIGN, has_python, set_python
from benchmarks.jobs import Job, finished, run_jobs
from benchmarks.ranking import Results
from benchmarks.ranking_report import report_ranks

OWN = "augury"


@dataclass(frozen=True)
class RankedComparison:
    """What is compared, and by which rule.

    Args:
        name: of the benchmark, and of its file of finished runs.
        problems: names of the problems.
        ranked: methods, augury first; each peer of `FOREIGN` is left out where its environment is not given.
        beside: methods that are not ranked.
        work: an importable function of `problem`, `method`, `seed` and `code`: one whole optimisation.
        seeds: how many, unless asked for otherwise.
        target: which the upper 95 % bound of each mean-rank difference is held to.
    """

    name: str
    problems: Sequence[str]
    ranked: Sequence[str]
    beside: Sequence[str]
    work: Callable[..., dict[str, Any]]
    seeds: int
    target: float

    def main(
        self, description: str | None, more: Callable[[list[dict[str, Any]]], None] | None = None
    ) -> None:
        """Run what the command line asks for and print the report.

        Args:
            description: of the benchmark, for `--help`.
            more: prints more of the records.
        """
        methods = [*self.ranked, *self.beside]
        arguments = self._parser(description, methods).parse_args()
        given = [name for name in FOREIGN if name in methods]
        for name in given:
            set_python(name, getattr(arguments, name))
        problems = arguments.problems[:2] if arguments.quick else arguments.problems
        first = arguments.first_seed
        seeds = range(first, first + (1 if arguments.quick else arguments.seeds))
        if not arguments.report:
            runnable = [name for name in arguments.methods if name not in given or has_python(name)]
            todo = self._jobs(problems, runnable, seeds)
            run_jobs(todo, self.work, arguments.results, workers=arguments.workers, minutes=arguments.minutes)
        records = [one for one in finished(arguments.results) if one["job"]["problem"] in problems]
        records = [one for one in records if one["job"]["seed"] in seeds]
        version = arguments.code or code_version()
        records = of_version(records, version, depends=lambda job: job["method"] == OWN)
        report_ranks(Results(records), self.ranked, self.target, self.name, arguments.json)
        if more is not None:
            more(records)

    def _jobs(self, problems: Sequence[str], methods: Sequence[str], seeds: range) -> list[Job]:
        """All runs, seed by seed."""
        code = {"code": code_version()}
        return [
            {"problem": problem, "method": method, "seed": seed} | (code if method == OWN else {})
            for seed in seeds
            for problem in problems
            for method in methods
        ]

    def _parser(self, description: str | None, methods: list[str]) -> argparse.ArgumentParser:
        results = Path(__file__).parent / "results" / f"{self.name}.jsonl"
        parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawTextHelpFormatter
        )
        for name, package in FOREIGN.items():
            if name in methods:
                told = f"python of an environment that has {package}; left out without"
                parser.add_argument(f"--{name}", type=Path, help=told)
        problems = list(self.problems)
        parser.add_argument("--problems", nargs="+", default=problems, choices=problems)
        parser.add_argument("--methods", nargs="+", default=methods, choices=methods)
        parser.add_argument("--seeds", type=int, default=self.seeds)
        parser.add_argument(
            "--first-seed", type=int, default=0, help="100 and above: for tuning, not reported"
        )
        parser.add_argument("--workers", type=int, default=2, help="processes of one thread each")
        parser.add_argument("--minutes", type=float, help="start no further run after so long")
        parser.add_argument("--results", type=Path, default=results, help="where finished runs are kept")
        parser.add_argument("--report", action="store_true", help="only report what is finished")
        parser.add_argument("--code", help="report the runs of another state of the code")
        parser.add_argument("--quick", action="store_true", help="two problems, one seed")
        parser.add_argument("--json", type=Path, help="also write the report to this file")
        return parser
