"""`augury worker`: a machine that evaluates trials of a study in a shared store."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.options import StudyName
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.run_settings import RunSettings
    from augury.study.study import Study

INTERRUPTED = 130


def worker(
    store: Annotated[str, typer.Option(metavar="STORE", help="The store: a postgresql:// URL, or study.db.")],
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- PROGRAM ARGUMENT...]",
            help="Evaluate with this program, {name} for each parameter, instead of what the store says.",
            show_default=False,
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(metavar="MODULE:NAME", help="Evaluate this function instead of what the store says."),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many evaluations the study is to have in all."),
    ] = None,
    cost_budget: Annotated[
        float | None, typer.Option(metavar="COST", help="What the evaluations may cost in all.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many to evaluate at a time here, in processes.")
    ] = 1,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="After how long an evaluation is given up.")
    ] = None,
    stale_after: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Take over the trials of a worker that gave no sign of life for so long (default 60).",
        ),
    ] = None,
    study: StudyName = None,
) -> None:
    """Evaluate trials of a study in a store that machines share.

    What to evaluate, and how often, is in the store where `augury run` or `augury ask` opened a study file;
    functions and files are looked for in the current folder. As many workers as you like may share a study:
    none takes a trial that another one has, and what a worker leaves is taken over.
    """
    from rich.console import Console

    from augury.cli.progress import best_text, shown_progress
    from augury.study.study import Study

    opened = Study.load(store, study)
    settings = _settings(opened, command, function)
    evaluated = _evaluated(opened, settings)
    budget, cost_budget = _budgets(opened, settings, budget, cost_budget)
    try:
        with _stopped_by_sigterm(), shown_progress(opened, budget, Console(highlight=False)) as note:
            opened.run(
                evaluated,
                budget,
                cost_budget=cost_budget,
                workers=workers,
                timeout=settings.timeout if timeout is None else timeout,
                callbacks=[note],
                retries=settings.policy.retries,
                backoff=settings.policy.backoff,
                stale_after=_check_stale_after(stale_after),
            )
    except KeyboardInterrupt:
        typer.echo("stopped: what was being evaluated here is in the queue again, for other workers")
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"{best_text(opened)} of {opened.evaluated} evaluations in {opened.store.location}")


def _settings(study: Study, command: list[str] | None, function: str | None) -> RunSettings:
    """The [run] table that the store has, with what the command line says to evaluate."""
    from augury.study.run_settings import read_run

    if command and function is not None:
        raise InvalidInputError("--function and a program are two things to evaluate; give one of them")
    record = study.store.find(study.name)
    settings = read_run(record.settings.get("run") or {} if record is not None else {})
    if command or function is not None:
        return replace(settings, function=function, command=tuple(command) if command else None)
    if settings.command is None and settings.function is None:
        raise InvalidInputError(
            f"the store does not say what to evaluate for the study {study.name!r}; give --function "
            "module:function, or a program after --"
        )
    return settings


def _evaluated(study: Study, settings: RunSettings) -> Callable[..., Any]:
    from augury.study.run_settings import import_function

    if settings.command is not None:
        typer.echo(f"evaluating {shlex.join(settings.command)}")
        return settings.program(Path.cwd(), study.space.param_names)
    assert settings.function is not None
    typer.echo(f"evaluating {settings.function}")
    return import_function(settings.function, Path.cwd())


def _budgets(
    study: Study, settings: RunSettings, budget: int | None, cost_budget: float | None
) -> tuple[int | None, float | None]:
    """Those of the command line, else those of the store."""
    if budget is None and cost_budget is None:
        budget, cost_budget = settings.budget, settings.cost_budget
    if budget is None and cost_budget is None:
        raise InvalidInputError(
            f"the store has no budget for the study {study.name!r}; say how many evaluations it is to have "
            "in all: --budget 40"
        )
    return budget, cost_budget


def _check_stale_after(seconds: float | None) -> float:
    from augury.study.store import STALE_AFTER

    if seconds is None:
        return STALE_AFTER
    if not 1.0 <= seconds <= 1e9:
        raise InvalidInputError(f"--stale-after is {seconds:g} seconds; it must be at least 1")
    return seconds


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Ends as Ctrl-C does when the machine, or its batch system, says that time is up."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
