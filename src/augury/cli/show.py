"""`augury show`: where a study stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.cli.output import unwrapped_console

if TYPE_CHECKING:
    from augury.cli.fitting_table import FittingTable
    from augury.study.recommendation import Recommendation
    from augury.study.report.results import Results
    from augury.study.study import Study

_BEST = 10


def show(
    store: Target,
    show_all: Annotated[
        bool, typer.Option("--all", help="Every trial by number, not only the best.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    recommend: Annotated[
        bool, typer.Option(help="Ask the surrogate what to use; a slow one has to be trained for it.")
    ] = True,
    study: StudyName = None,
) -> None:
    """Show where a study stands and what it recommends."""
    from augury.study.report.recommended import recommended_of
    from augury.study.report.results import Results

    opened = open_study(store, study)
    results = Results.of(opened)
    recommended = recommended_of(opened, results) if recommend else None
    if as_json:
        from augury.study.documents import to_json

        typer.echo(to_json(_document(opened, results, recommended, show_all)))
        return
    _print(opened, results, recommended, show_all)


def _document(
    study: Study, results: Results, recommended: Recommendation | None, show_all: bool
) -> dict[str, Any]:
    from augury.study.documents import trial_document

    trials = results.trials if show_all else [results.finished[row] for row in results.ranking()[:_BEST]]
    return {
        "study": study.name,
        "store": str(study.store.location),
        "goals": study.goals.to_dict(),
        "counts": results.counts(),
        "front": [results.finished[row].number for row in results.front],
        "spending": [asdict(one) for one in study.spending()],
        "recommended": None if recommended is None else asdict(recommended),
        "best": None if results.best is None else trial_document(results.finished[results.best]),
        "trials": [trial_document(trial) for trial in trials],
    }


def _print(study: Study, results: Results, recommended: Recommendation | None, show_all: bool) -> None:
    from rich.text import Text

    from augury.cli.progress import one_line
    from augury.study.report.words import goal_sentence, recommendation_lines, spending_text

    console = unwrapped_console()
    counts = ", ".join(f"{count} {status}" for status, count in results.counts().items())
    console.print(Text(f"{study.name} in {study.store.location}", "bold"))
    console.print(Text(f"Goal:   {goal_sentence(results.goals)}"))
    console.print(Text(f"Trials: {counts or 'none yet'}"))
    if results.space.fidelity is not None:
        console.print(Text(spending_text(study.spending())))
    if recommended is not None:
        for line in recommendation_lines(recommended, results.goals):
            console.print(Text(line))
    if (failure := results.last_failure()) is not None:
        console.print(Text(f"Last failure: trial {failure.number}: {one_line(failure.reason)}", "yellow"))
    rows = results.trials if show_all else [results.finished[row] for row in results.ranking()[:_BEST]]
    if rows:
        console.print(_table(results, rows))


def _table(results: Results, trials: list[Any]) -> FittingTable:
    from augury.cli.fitting_table import FittingTable
    from augury.study.report.words import measured, number

    outcomes, names = results.goals.outcomes, results.space.param_names
    best = {results.finished[row].number for row in results.front}
    rows = [
        [
            str(trial.number),
            trial.status,
            *(measured(trial, name) or _reported(trial, name, results) for name in outcomes),
            *(number(trial.params.get(name, "")) for name in names),
        ]
        for trial in trials
    ]
    styles = ["bold green" if trial.number in best else None for trial in trials]
    return FittingTable(["trial", "status", *outcomes, *names], rows, styles=styles, named=True)


def _reported(trial: Any, outcome: str, results: Results) -> str:
    """Where a trial without a result stood in the end, by its own reports of the objective."""
    if trial.last_step is None or outcome != results.goals.outcomes[0]:
        return ""
    return f"({trial.last_value:.5g} at step {trial.last_step})"
