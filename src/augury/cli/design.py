"""`augury design`: the best designs from a table, all at once, without an experiment between."""

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


def design(
    sheet: Sheet,
    goal: Annotated[str, typer.Option("--goal", "-g", help="What is wanted: max:COLUMN or min:COLUMN.")],
    n: Annotated[int, typer.Option("-n", "--number", help="How many designs are wanted.")] = 128,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="NAME",
            help="bridge, gp-ascent, network-ascent, coms, cma-es or qei: how designs are found.",
        ),
    ] = "bridge",
    limit: Limits = None,
    constraint: Rules = None,
    candidates: Candidates = None,
    failed: Failures = None,
    ignore: Ignored = None,
    space: SpaceFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write the designs. [SHEET.next.csv]")
    ] = None,
    force: Force = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="NAME",
            help="The surrogate that predicts the designs; `augury models` lists them.",
        ),
    ] = "gp",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed gives other designs.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Design many experiments at once from a table of past ones.

    For many experiments that are made together, with nothing measured between: what --method learns from the
    whole table leads to designs beyond its best row. Each comes with what a surrogate predicts for it, how
    uncertain that is, and its distance from the data: the number of choices that differ from the nearest row,
    plus the differences of numbers as shares of their ranges. Files are read and written as by `augury
    suggest`.
    """
    from augury.cli.options import check_model
    from augury.cli.sheet_reading import Reading, target_file
    from augury.strategies.offline.registry import OFFLINE_METHODS

    if n < 1:
        raise InvalidInputError(f"-n {n}: ask for at least 1 design")
    if method not in OFFLINE_METHODS:
        names = ", ".join(OFFLINE_METHODS.names())
        raise InvalidInputError(f"--method {method}: there is no such method; choose one of {names}")
    check_model(model)
    reading = Reading(
        sheet,
        [goal],
        limit=limit or [],
        constraint=constraint or [],
        candidates=candidates,
        failed=failed or [],
        ignore=ignore or [],
        space=space,
    )
    target = target_file(reading, output, force)
    known = reading.read()

    from rich.console import Console

    from augury.cli.step_progress import shown_steps
    from augury.strategies.offline.strategy import OfflineOptimization

    with shown_steps(Console(stderr=True), as_json) as progress:
        strategy = OfflineOptimization(method, model, progress)
        advice = known.advise(n, seed=seed, model=model, strategy=strategy)
    known.leave(advice, n, target, force=force and output is not None, as_json=as_json)
