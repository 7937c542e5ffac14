"""`augury import`: a study from the file that `augury export --whole` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.errors import InvalidInputError


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `augury export --whole` wrote.")],
    store: Annotated[
        str, typer.Argument(metavar="STORE", help="Where the study goes: study.db, or a postgresql:// URL.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Its name in the store; its own otherwise.")
    ] = None,
) -> None:
    """Put an exported study into a store, with every trial as it was.

    A store that is not there is made; a study of the same name in it is left alone, and the command fails.
    """
    from augury.study.portable import read_document
    from augury.study.study import Study

    if Path(store).suffix.lower() in (".toml", ".json") and "://" not in store:
        raise InvalidInputError(f"{store} is no name for a store; give one such as study.db")
    read_document(file)  # before a store is made
    study = Study.import_(file, store, name=name)
    typer.echo(f"{len(study.trials)} trials of the study {study.name!r} are in {store}")
