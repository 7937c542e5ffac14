"""How work in steps shows itself: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Step = Callable[[int, int, str], None]


@contextmanager
def shown_steps(console: Console, as_json: bool) -> Iterator[Step | None]:
    """Show work while it lasts.

    Args:
        console: where to show it.
        as_json: whether the command prints JSON; then nothing is shown.

    Yields:
        What is to be called with the steps done, the steps in all, and what is being done; None where nothing
        is shown.
    """
    if as_json or not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, description=what, completed=done, total=total)
