"""What every reproduction prints: `claim | published | measured here`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = tuple[str, str, str]

#: Called with the title and the rows of every table that is printed (`reproductions._record` keeps them).
LISTENERS: list[Callable[[str, list[Row]], None]] = []


def is_quick(description: str | None) -> bool:
    """Whether the script was called with `--quick`; its docstring is the help."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller, in less than 30 s")
    return bool(parser.parse_args().quick)


def print_table(title: str, rows: Iterable[Row]) -> None:
    """Print rows of a claim, what was published, and what was measured here."""
    rows = list(rows)
    for listener in LISTENERS:
        listener(title, rows)
    table = Table(title=Text(title, "bold"), title_justify="left", box=SIMPLE, pad_edge=False)
    for header in ("claim", "published", "measured here"):
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)
