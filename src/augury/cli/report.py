"""`augury report`: a study as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.cli.output import check_folder
from augury.errors import InvalidInputError


def report(
    store: Target,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The HTML file to write.")
    ] = Path("report.html"),
    study: StudyName = None,
) -> None:
    """Write a report of a study as one HTML file.

    It needs nothing else, no network either; an older report of that name is replaced.
    """
    if output.suffix.lower() not in (".html", ".htm"):
        raise InvalidInputError(f"-o {output}: a report is an HTML file; let its name end in .html")
    check_folder(output, "-o")
    opened = open_study(store, study)
    from augury.study.report import write_report

    typer.echo(f"wrote {write_report(opened, output)}")
