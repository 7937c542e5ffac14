"""How a run shows itself: a live bar on a terminal, a line per result elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from augury.study.recommendation import Recommendation
from augury.study.trial import FAILED, Trial

if TYPE_CHECKING:
    from rich.console import Console

    from augury.study.study import Study

Note = Callable[["Study", Trial], None]


@contextmanager
def shown_progress(study: Study, budget: int, console: Console) -> Iterator[Note]:
    """Show a run while it lasts.

    Args:
        study: what is run.
        budget: how many evaluations it is to have.
        console: where to show it.

    Yields:
        The callback for `Study.run`.
    """
    if not console.is_terminal:
        yield lambda study, trial: typer.echo(_line(study, trial, budget))
        return
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Remaining
    from rich.text import Text

    times = (TextColumn("elapsed"), TimeElapsedColumn(), TextColumn("left"), Remaining())
    bar = Progress(BarColumn(), MofNCompleteColumn(), *times, console=console)
    task = bar.add_task("", total=budget, completed=study.evaluated)
    state = Text(_state(study), "bold")
    with Live(Group(bar, state), console=console):

        def note(study: Study, trial: Trial) -> None:
            if trial.status == FAILED:
                console.print(Text(f"trial {trial.number} failed: {one_line(trial.reason)}", "yellow"))
            bar.update(task, completed=study.evaluated)
            state.plain = _state(study)

        yield note


def best_text(study: Study) -> str:
    """The best result so far, as a person would say it."""
    if study.goals.n_objectives > 1:
        return f"{len(study.pareto_front())} trials on the Pareto front"
    best = study.best
    if best is None:
        return "no result yet"
    name = study.goals.outcomes[0]
    if isinstance(best, Recommendation):
        return f"recommended: {name} = {best.mean[name]:.6g} ± {best.std[name]:.2g} over the environment"
    return f"best {name} = {best.values[name]:.6g} (trial {best.number})"


def one_line(reason: str | None) -> str:
    """The reason of a failure on one line of bearable length."""
    text = " ".join((reason or "no reason given").split())
    return text if len(text) <= 200 else f"{text[:199]}…"


def _state(study: Study) -> str:
    failed = sum(trial.status == FAILED for trial in study.trials)
    return best_text(study) + (f", {failed} failed" if failed else "")


def _line(study: Study, trial: Trial, budget: int) -> str:
    if trial.values:
        came_to = ", ".join(f"{name} = {value:.6g}" for name, value in trial.values.items())
    else:
        came_to = f"{trial.status}: {one_line(trial.reason)}"
    return f"[{study.evaluated}/{budget}] trial {trial.number}: {came_to}; {best_text(study)}"
