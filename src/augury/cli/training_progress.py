"""How a training shows itself: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from augury.inference.prior_fitted.training import Note, Trainer


@contextmanager
def shown_training(trainer: Trainer) -> Iterator[Callable[[Note], None]]:
    """Show a training while it lasts.

    Args:
        trainer: what is run.

    Yields:
        The callback for `Trainer.run`.
    """
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        yield lambda line: typer.echo(_text(line))
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as Remaining

    times = (TimeElapsedColumn(), TextColumn("left"), Remaining())
    columns = (BarColumn(), TaskProgressColumn(), *times, TextColumn("{task.description}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0)

        def note(line: Note) -> None:
            done = trainer.plan.progress(line.step, line.elapsed)
            bar.update(task, completed=done, description=_text(line))

        yield note


def _text(note: Note) -> str:
    return f"step {note.step}: divergence {note.divergence:.4f} nat, learning rate {note.rate:.2g}"
