"""`augury run`: a study file, evaluated until its budget is used up."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.study import Study
    from augury.study.study_file import StudyFile

INTERRUPTED = 130


def run(
    file: Annotated[Path, typer.Argument(metavar="STUDY.TOML", help="The study file; see `augury init`.")],
    budget: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many evaluations the study is to have in all."),
    ] = None,
    cost_budget: Annotated[
        float | None,
        typer.Option(metavar="COST", help="What the evaluations may cost in all; see role = 'fidelity'."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many to evaluate at a time, in processes.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The surrogate to decide with; `augury models` lists them."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="After how long an evaluation is given up.")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Evaluate on the Dask cluster of the scheduler tcp://HOST:PORT."
        ),
    ] = None,
    submit: Annotated[
        Path | None,
        typer.Option(metavar="TEMPLATE", help="Evaluate in Slurm jobs: a job script with {evaluate} in it."),
    ] = None,
) -> None:
    """Optimise as a study file says; resumes by itself.

    Options win over the file's [run] table, --model over its [study] model. Every result is stored before it
    is acted on: a run that was stopped or killed goes on where it was.
    """
    from rich.console import Console

    from augury.cli.elsewhere import executor_at
    from augury.cli.options import check_model
    from augury.cli.progress import best_text, shown_progress
    from augury.study.study_file import load_study_file

    study_file = load_study_file(file)
    if model is not None:
        study_file = study_file.with_settings(model=check_model(model))
    budget, cost_budget = _budgets(study_file, budget, cost_budget)
    workers = study_file.run.workers if workers is None else workers
    timeout = _timeout(study_file.run.timeout if timeout is None else timeout)
    function = study_file.function()
    with executor_at(dask, submit, study_file, workers) as executor:
        study = study_file.open()
        if budget is not None and study.evaluated >= budget:
            typer.echo(
                f"the study already has {study.evaluated} evaluations; --budget says how many it is to have"
            )
        try:
            with shown_progress(study, budget, Console(highlight=False)) as note:
                policy = study_file.run.policy
                study.run(
                    function,
                    budget,
                    cost_budget=cost_budget,
                    workers=workers,
                    timeout=timeout,
                    executor=executor,
                    callbacks=[note],
                    retries=policy.retries,
                    backoff=policy.backoff,
                )
        except KeyboardInterrupt:
            typer.echo(
                f"stopped: {study.evaluated} {'' if budget is None else f'of {budget} '}evaluations are in "
                f"{study.store.location}, "
                f"{best_text(study)}; to go on: {_again(file, dask, submit)}"
            )
            raise typer.Exit(INTERRUPTED) from None
    _print_end(study)
    if (why := _ended_early(study, budget, cost_budget)) is not None:
        typer.echo(f"  {why}")
    if "recommend" in study_file.settings and study.goals.n_objectives == 1:
        _print_recommendation(study)


def _ended_early(study: Study, budget: int | None, cost_budget: float | None) -> str | None:
    """Why a run ended with fewer evaluations than its budget; None where it has as many."""
    from augury.study.costs import CostBudget, cost_of
    from augury.study.trial import QUEUED

    if budget is not None and study.evaluated >= budget:
        return None
    trials = study.trials
    unpaid = next((trial for trial in trials if trial.status == QUEUED), None)
    if cost_budget is None or unpaid is None:
        return "nothing is left to evaluate: every point of the space has been tried"
    left = max(CostBudget(cost_budget, study.space).left(trials), 0.0)
    return (
        f"{left:.6g} of the cost budget of {cost_budget:.6g} is left; "
        f"the next evaluation costs {cost_of(unpaid, study.space):.6g}"
    )


def _again(file: Path, dask: str | None, submit: Path | None) -> str:
    """The command that continues a run that was stopped."""
    options = ["--dask", dask] if dask is not None else []
    options += ["--submit", str(submit)] if submit is not None else []
    jobs = "" if submit is None else " (submitted jobs go on, and it takes their results)"
    return shlex.join(["augury", "run", str(file), *options]) + jobs


def _print_recommendation(study: Study) -> None:
    found = study.recommend()
    if found is None:
        typer.echo("nothing to recommend yet")
        return
    expected = ", ".join(f"{name} = {mean:.6g} ± {found.std[name]:.2g}" for name, mean in found.mean.items())
    typer.echo(f"recommended ({found.rule}), with {expected} expected:")
    for name, value in found.params.items():
        typer.echo(f"  {name} = {value}")


def _budgets(
    study_file: StudyFile, budget: int | None, cost_budget: float | None
) -> tuple[int | None, float | None]:
    """Those of the command line, else those of the file."""
    if budget is None and cost_budget is None:
        budget, cost_budget = study_file.run.budget, study_file.run.cost_budget
    if budget is None and cost_budget is None:
        raise InvalidInputError(
            f"{study_file.path}: [run] has no budget; write budget = 40 or cost_budget = 500.0 there, "
            "or give --budget 40"
        )
    return budget, cost_budget


def _timeout(seconds: float | None) -> float | None:
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise InvalidInputError(f"the timeout is {seconds:g} seconds; it must be above 0")
    return seconds


def _print_end(study: Study) -> None:
    from augury.cli.progress import best_text
    from augury.study.report.words import spending_text

    typer.echo(f"{best_text(study)} of {study.evaluated} evaluations in {study.store.location}")
    if study.space.fidelity is not None:
        typer.echo(f"  {spending_text(study.spending())}")
    if study.goals.n_objectives > 1:
        for trial in study.pareto_front():
            values = ", ".join(f"{name} = {value:.6g}" for name, value in trial.values.items())
            params = ", ".join(f"{name} = {value}" for name, value in trial.params.items())
            typer.echo(f"  trial {trial.number}: {values} at {params}")
    elif study.best is not None:
        for name, value in study.best.params.items():
            typer.echo(f"  {name} = {value}")
