"""The arguments that commands on a table of experiments share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Sheet = Annotated[Path, typer.Argument(help="Table of experiments: CSV, Excel or Parquet. It is only read.")]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--limit", help='A measured result that must keep a limit, such as "impurity <= 0.5". Repeatable.'
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint",
        "-c",
        help='A rule between settings, such as "a + b <= 1"; or a limit on a result, told by its name. '
        "Repeatable.",
    ),
]
Candidates = Annotated[
    Path | None, typer.Option("--candidates", help="Table whose rows are the only possible choices.")
]
Failures = Annotated[
    list[str] | None,
    typer.Option("--failed", help='Words in a result column that mean a failed experiment: "n.d.,trace".'),
]
Ignored = Annotated[
    list[str] | None, typer.Option("--ignore", help="A column that is no setting. Repeatable.")
]
SpaceFile = Annotated[
    Path | None,
    typer.Option("--space", help="Space file to read, or to write on the first run. [SHEET.space.toml]"),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file given with -o.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
