"""`augury demo`: optimise a real reaction from a published table, and say how good the result is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, comb
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from augury.datasets.lookup_table import LookupTable
    from augury.study.trial import Trial

PER_ROUND = 5
TABLE_BUDGET, COUPLING_BUDGET = 50, 40
RANDOM_SEEDS = 20


@dataclass(frozen=True)
class DemoResult:
    """What the demo found.

    Args:
        params: the best conditions.
        value: their measured yield in percent.
        rank: 1 + the number of conditions in the table with a higher yield.
        n_candidates: how many conditions the table has.
        n_experiments: how many of them were tried.
        random_ranks: the rank that random choice reached with as many experiments, one per seed.
    """

    params: dict[str, Any]
    value: float
    rank: int
    n_candidates: int
    n_experiments: int
    random_ranks: list[int]


def budget_for(coupling: int | None) -> int:
    """Experiments that the demo makes: 50 of the whole table, 40 of one coupling."""
    return TABLE_BUDGET if coupling is None else COUPLING_BUDGET


def best_percent(n_candidates: int) -> int:
    """The last rank that counts as the best 1 % of a table."""
    return ceil(n_candidates / 100)


def chance(n_candidates: int, n_good: int, n_drawn: int) -> float:
    """The probability that a random choice without replacement has at least one good candidate.

    1 - C(N - k, n) / C(N, n) for k good ones among N candidates and n draws.
    """
    return 1.0 - comb(n_candidates - n_good, n_drawn) / comb(n_candidates, n_drawn)


def random_ranks(table: LookupTable, n: int, seeds: int = RANDOM_SEEDS) -> list[int]:
    """The rank of the best of n conditions chosen at random without replacement, one per seed."""
    import numpy as np

    values = table.frame[table.outcome].to_numpy()
    draws = [np.random.default_rng(seed).choice(values, n, replace=False) for seed in range(seeds)]
    return [table.rank(float(draw.max())) for draw in draws]


def run_demo(
    coupling: int | None = None,
    budget: int | None = None,
    report: Path | None = None,
    seed: int = 0,
    console: Console | None = None,
) -> DemoResult:
    """Choose experiments from the Suzuki-Miyaura table, five at a time, and show what comes of it.

    Args:
        coupling: None for all 5,760 experiments, or 1 to 15 for the 384 of one reactant pair.
        budget: number of experiments; None for 50 (40 for one coupling).
        report: where the HTML report is written; None for none.
        seed: the same seed makes the same choices.
        console: where to print; None for the standard output.

    Raises:
        InvalidInputError: an unknown coupling, a budget below 1 or above the size of the table, or a report
            path whose directory does not exist.
    """
    from rich.console import Console

    from augury.datasets.suzuki import SUZUKI_SOURCE, suzuki_couplings, suzuki_table
    from augury.study.study import Study
    from augury.study.trial import Trial

    console = Console(highlight=False) if console is None else console
    table = suzuki_table(coupling)
    budget = budget_for(coupling) if budget is None else budget
    _check(budget, len(table), report)
    what = "15 reactant pairs" if coupling is None else suzuki_couplings()[coupling - 1]
    console.print(f"Suzuki-Miyaura couplings of {what}: {len(table):,} conditions, each one measured")
    console.print(f"Source: {SUZUKI_SOURCE}. augury may try {budget} of them, {PER_ROUND} at a time.\n")
    study = Study(table.space, table.goals, name="Suzuki-Miyaura demo", store=None, seed=seed)
    with _display(console, table, budget) as show:
        tried = 0
        while tried < budget:
            trials = study.ask(min(PER_ROUND, budget - tried))
            for trial in trials:
                study.tell(trial, table.value(trial.params))
            tried += len(trials)
            show(trials, study.best, tried)
    best = study.best
    assert isinstance(best, Trial)  # every look-up gives a value
    value = best.values[table.outcome]
    result = DemoResult(
        best.params, value, table.rank(value), len(table), budget, random_ranks(table, budget)
    )
    _print_result(console, result)
    if report is not None:
        from augury.study.report import write_report

        write_report(study, report)
        console.print(f"Report: {report}")
    return result


def demo(
    coupling: Annotated[
        int | None, typer.Option(help="Only one of the 15 reactant pairs, 1 to 15: 384 conditions.")
    ] = None,
    report: Annotated[Path, typer.Option("-o", "--report", help="Where the report is written.")] = Path(
        "report.html"
    ),
    seed: Annotated[int, typer.Option(help="The same seed makes the same choices.")] = 0,
) -> None:
    """Optimise a real reaction from a published table."""
    run_demo(coupling=coupling, report=report, seed=seed)


def _check(budget: int, n_candidates: int, report: Path | None) -> None:
    from augury.cli.output import check_folder
    from augury.errors import InvalidInputError

    if not 1 <= budget <= n_candidates:
        raise InvalidInputError(f"the budget is {budget}; choose from 1 to {n_candidates} experiments")
    if report is not None:
        check_folder(report, "-o")


def _conditions(params: dict[str, Any]) -> str:
    return ", ".join(str(value) for value in params.values())


def _print_result(console: Console, result: DemoResult) -> None:
    good = best_percent(result.n_candidates)
    hits = sum(rank <= good for rank in result.random_ranks)
    exact = chance(result.n_candidates, good, result.n_experiments)
    ranks = sorted(result.random_ranks)
    console.print(f"\nBest conditions found: yield {result.value:.1f} %", style="bold")
    for name, value in result.params.items():
        console.print(f"  {name.replace('_', ' '):14s} {value}")
    verdict = "in" if result.rank <= good else "not in"
    console.print(
        f"Rank {result.rank} of {result.n_candidates:,} ({verdict} the best 1 %), "
        f"after {result.n_experiments} experiments."
    )
    console.print(
        f"Random choice of {result.n_experiments}, {len(ranks)} times: median rank {ranks[len(ranks) // 2]}, "
        f"in the best 1 % {hits} of {len(ranks)} times (expected: {exact:.0%})."
    )


@contextmanager
def _display(console: Console, table: LookupTable, budget: int) -> Iterator[Any]:
    """Gives `show(trials, best trial, experiments so far)`: live on a terminal, else a line a round."""
    if not console.is_terminal:

        def line(trials: list[Trial], best: Trial, tried: int) -> None:
            shown = max(trials, key=lambda trial: table.value(trial.params))
            console.print(
                f"{tried:3d} experiments: best yield {best.values[table.outcome]:5.1f} %; this round's best "
                f"{table.value(shown.params):5.1f} % ({_conditions(shown.params)})",
                soft_wrap=True,
            )

        yield line
        return

    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Table

    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )
    task = progress.add_task("experiments", total=budget)

    def picks(trials: list[Trial], best: Trial) -> Table:
        grid = Table(title=f"best yield so far: {best.values[table.outcome]:.1f} %", title_justify="left")
        for name in table.factors:
            grid.add_column(name.replace("_", " "))
        grid.add_column("predicted", justify="right")
        grid.add_column("measured", justify="right")
        grid.add_column("why")
        for trial in trials:
            known = trial.prediction
            mean = known.mean.get(table.outcome) if known else None
            std = known.std.get(table.outcome) if known else None
            predicted = "" if mean is None or std is None else f"{mean:.0f} ± {std:.0f} %"
            cells = [str(trial.params[name]) for name in table.factors]
            reason = known.reason if known else ""
            grid.add_row(*cells, predicted, f"{table.value(trial.params):.1f} %", reason)
        return grid

    with Live(progress, console=console, refresh_per_second=8) as live:

        def update(trials: list[Trial], best: Trial, tried: int) -> None:
            progress.update(task, completed=tried)
            live.update(Group(progress, picks(trials, best)))

        yield update
