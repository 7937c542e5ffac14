"""`augury suggest`: the next experiments for a table of past ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.errors import InvalidInputError


def suggest(
    sheet: Annotated[
        Path, typer.Argument(help="Table of experiments: CSV, Excel or Parquet. It is only read.")
    ],
    goal: Annotated[
        list[str], typer.Option("--goal", "-g", help="What is wanted: max:COLUMN or min:COLUMN.")
    ],
    n: Annotated[int, typer.Option("-n", "--number", help="How many experiments to suggest.")] = 1,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit", help='A measured result that must keep a limit, such as "impurity <= 0.5". Repeatable.'
        ),
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            "--constraint",
            "-c",
            help='A rule between settings, such as "a + b <= 1"; or a limit on a result, told by its name. '
            "Repeatable.",
        ),
    ] = None,
    stderr: Annotated[
        list[str] | None,
        typer.Option(
            "--stderr",
            help="RESULT=COLUMN: standard errors of a result, such as yield=yield_sd. Repeatable.",
        ),
    ] = None,
    cost: Annotated[
        str | None, typer.Option("--cost", metavar="COLUMN", help="The column of what each experiment cost.")
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option("--candidates", help="Table whose rows are the only possible choices.")
    ] = None,
    descriptors: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptors", help="COLUMN=TABLE: numbers that describe the choices of a column. Repeatable."
        ),
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option(
            "--failed", help='Words in a result column that mean a failed experiment: "n.d.,trace".'
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", help="A column that is no setting. Repeatable.")
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option("--space", help="Space file to read, or to write on the first run. [SHEET.space.toml]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the next experiments. [SHEET.next.csv]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file given with -o.")] = False,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="The surrogate; `augury models` lists them.")
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other suggestions.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Propose the next experiments for a table of past ones.

    The first run writes SHEET.space.toml, which says what the columns were taken for: edit it and run
    again. The next experiments go to SHEET.next.csv (then .next-2.csv, ...), in the format of the table; an
    existing file is never replaced, unless named by -o with --force. Rows with an empty result count as
    under way.
    """
    from augury.cli.options import check_model
    from augury.cli.sheet_reading import Reading, target_file
    from augury.study.sheet.advice import advise

    if n < 1:
        raise InvalidInputError(f"-n {n}: ask for at least 1 experiment")
    check_model(model)
    reading = Reading(
        sheet,
        goal,
        limit=limit or [],
        constraint=constraint or [],
        stderr=stderr or [],
        cost=cost,
        candidates=candidates,
        descriptors=descriptors or [],
        failed=failed or [],
        ignore=ignore or [],
        space=space,
    )
    target = target_file(reading, output, force)
    known = reading.read()
    advice = advise(known.experiments, known.definition, known.goals, known.table, n, seed=seed, model=model)
    known.leave(advice, n, target, force=force and output is not None, as_json=as_json)
