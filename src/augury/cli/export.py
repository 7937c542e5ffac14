"""`augury export`: the trials of a study as a table, or all of it as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.cli.output import check_folder
from augury.errors import InvalidInputError
from augury.study.frame_files import FORMATS, write_table


def export(
    store: Target,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="A .csv, .xlsx, .parquet or .json file; without it CSV is printed.",
        ),
    ] = None,
    study: StudyName = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Write all of the study into one .json file, which `augury import` reads."
        ),
    ] = False,
) -> None:
    """Write the trials of a study as a table, or all of it as one file.

    One row per trial: number, status, parameters, outcomes, times. An older file of that name is replaced.
    """
    if whole:
        if output is None or output.suffix.lower() != ".json":
            raise InvalidInputError("--whole writes a JSON file; name it by -o FILE.json")
        check_folder(output, "-o")
        exported = open_study(store, study)
        exported.export(output)
        typer.echo(f"wrote the study {exported.name!r} with {len(exported.trials)} trials to {output}")
        return
    if output is not None and output.suffix.lower() not in FORMATS:
        raise InvalidInputError(f"-o {output}: the name must end in one of {', '.join(FORMATS)}")
    if output is not None:
        check_folder(output, "-o")
    frame = open_study(store, study).to_dataframe()
    if output is None:
        frame.to_csv(sys.stdout, index=False)
        return
    write_table(frame, output)
    typer.echo(f"wrote {len(frame)} trials to {output}")
