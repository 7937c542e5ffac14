"""The arguments that several commands share, and the study they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.study import Study

Target = Annotated[
    str,
    typer.Argument(
        metavar="STORE", help="A store (study.db or a postgresql:// URL), or a study file (study.toml)."
    ),
]
StudyName = Annotated[
    str | None, typer.Option("--study", metavar="NAME", help="Which study, where the store has several.")
]


def check_model(name: str) -> str:
    """`name` if it names a surrogate, before anything heavy is loaded."""
    from augury.models.registry import MODELS

    if name != "auto" and name not in MODELS:
        allowed = ", ".join(map(repr, ["auto", *MODELS.names()]))
        raise InvalidInputError(f"--model {name}: there is no such model; choose one of {allowed}")
    return name


def is_study_file(target: str) -> bool:
    """Whether a command was given a study file rather than a store."""
    return "://" not in target and Path(target).suffix.lower() == ".toml"


def open_study(target: str, name: str | None) -> Study:
    """The stored study that `target` stands for; nothing is created.

    Args:
        target: a store, or the study file that names it.
        name: the study's name in a store; None where the store has only one, or for a study file.

    Raises:
        InvalidInputError: there is no such store or study, or a study file and a name were both given.
    """
    from augury.study.study import Study

    if not is_study_file(target):
        return Study.load(target, name)
    if name is not None:
        raise InvalidInputError("--study names one of the studies in a store; a study file defines just one")
    from augury.study.study_file import load_study_file

    settings = load_study_file(target).settings
    return Study.load(settings["store"], settings.get("name", "default"))
