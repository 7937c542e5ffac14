"""How a run shows itself: a live bar on a terminal, a line per result elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from augury.study.recommendation import Recommendation
from augury.study.trial import FAILED, PRUNED, QUEUED, Trial

if TYPE_CHECKING:
    from rich.console import Console

    from augury.study.study import Study

Note = Callable[["Study", Trial], None]


@contextmanager
def shown_progress(study: Study, budget: int | None, console: Console) -> Iterator[Note]:
    """Show a run while it lasts.

    Args:
        study: what is run.
        budget: how many evaluations it is to have; None where their cost is limited.
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
            if trial.status in (FAILED, QUEUED):
                console.print(Text(f"trial {trial.number} {_ended(trial)}", "yellow"))
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
    statuses = [trial.status for trial in study.trials]
    counts = {name: statuses.count(name) for name in (FAILED, PRUNED)}
    return best_text(study) + "".join(f", {n} {name}" for name, n in counts.items() if n)


def _ended(trial: Trial) -> str:
    """What became of a trial that has no result."""
    if trial.status == PRUNED:
        where = "" if trial.last_step is None else f" at step {trial.last_step} ({trial.last_value:.6g})"
        return f"pruned{where}"
    again = " (will be tried again)" if trial.status == QUEUED else ""
    return f"failed{again}: {one_line(trial.reason)}"


def _line(study: Study, trial: Trial, budget: int | None) -> str:
    if trial.values:
        came_to = ", ".join(f"{name} = {value:.6g}" for name, value in trial.values.items())
    else:
        came_to = _ended(trial)
    count = study.evaluated if budget is None else f"{study.evaluated}/{budget}"
    return f"[{count}] trial {trial.number}: {came_to}; {best_text(study)}"
