"""`augury suggest`: the next experiments for a table of past ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.sheet_options import (
    AsJson,
    Candidates,
    Failures,
    Force,
    Ignored,
    Limits,
    Rules,
    Sheet,
    SpaceFile,
)
from augury.errors import InvalidInputError


def suggest(
    sheet: Sheet,
    goal: Annotated[
        list[str], typer.Option("--goal", "-g", help="What is wanted: max:COLUMN or min:COLUMN.")
    ],
    n: Annotated[int, typer.Option("-n", "--number", help="How many experiments to suggest.")] = 1,
    limit: Limits = None,
    constraint: Rules = None,
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
    candidates: Candidates = None,
    descriptors: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptors", help="COLUMN=TABLE: numbers that describe the choices of a column. Repeatable."
        ),
    ] = None,
    failed: Failures = None,
    ignore: Ignored = None,
    space: SpaceFile = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the next experiments. [SHEET.next.csv]"),
    ] = None,
    force: Force = False,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="The surrogate; `augury models` lists them.")
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other suggestions.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Propose the next experiments for a table of past ones.

    The first run writes SHEET.space.toml, which says what the columns were taken for: edit it and run
    again. The next experiments go to SHEET.next.csv (then .next-2.csv, ...), in the format of the table; an
    existing file is never replaced, unless named by -o with --force. Rows with an empty result count as
    under way.
    """
    from augury.cli.options import check_model
    from augury.cli.sheet_reading import Reading, target_file

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
    advice = known.advise(n, seed=seed, model=model)
    known.leave(advice, n, target, force=force and output is not None, as_json=as_json)
