"""`augury models`: the surrogates by name."""

from __future__ import annotations

import inspect
import json
from typing import Annotated

import typer


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the surrogates that --model takes.

    The same names do for `Study(model=...)` and for `model` in the [study] table of a study file.
    """
    from rich.console import Console
    from rich.table import Table

    from augury.models.build import DEFAULT_MODEL
    from augury.models.registry import MODELS

    lines = {name: _first_line(MODELS.load(name)) for name in MODELS.names()}
    if as_json:
        typer.echo(json.dumps({"default": DEFAULT_MODEL, "models": lines}, indent=2))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, line in lines.items():
        table.add_row(name, line + (" The default." if name == DEFAULT_MODEL else ""))
    Console(highlight=False).print(table, markup=False)


def _first_line(model: object) -> str:
    """The first sentence of a part's docstring."""
    text = (inspect.getdoc(model) or "").split("\n\n")[0]
    return " ".join(text.split())
