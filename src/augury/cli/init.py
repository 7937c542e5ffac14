"""`augury init`: an example of a study file to start from."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from augury.errors import InvalidInputError


def init(
    file: Annotated[Path, typer.Argument(metavar="STUDY.TOML", help="The file to write.")] = Path(
        "study.toml"
    ),
) -> None:
    """Write a commented example of a study file.

    A file that exists is never overwritten.
    """
    if file.suffix.lower() != ".toml":
        raise InvalidInputError(f"{file}: a study file's name ends in .toml")
    example = files("augury.cli").joinpath("example.toml").read_text(encoding="utf-8")
    if os.name == "nt":
        example = example.replace('"python3"', '"python"')
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(example)
    except FileExistsError:
        raise InvalidInputError(f"{file} exists already and is left as it is; give another name") from None
    typer.echo(f"wrote {file}; edit it, then: augury run {file}")
