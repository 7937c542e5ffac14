"""`augury ask`: the next trials of a study, for whoever evaluates them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.options import StudyName, Target, is_study_file, open_study

if TYPE_CHECKING:
    from augury.space.parameter import Parameter
    from augury.space.space import Space
    from augury.study.study import Study


def ask(
    store: Target,
    n: Annotated[int, typer.Option("-n", "--number", metavar="N", help="How many trials.")] = 1,
    fixed: Annotated[
        list[str] | None,
        typer.Option("--fixed", metavar="NAME=VALUE", help="Hold a parameter at a value; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    study: StudyName = None,
) -> None:
    """Take the next trials of a study, to evaluate them elsewhere.

    They are stored before they are printed and wait for `augury tell`, however long it takes. Given a study
    file, the study is created if it does not exist yet.
    """
    from augury.study.documents import ask_document, to_json

    opened = _open_or_create(store, study)
    trials = opened.ask(n, fixed=read_fixed(opened.space, fixed or []))
    if len(trials) < n:
        typer.echo(f"augury: only {len(trials)} of {n} trials: no other points are left", err=True)
    if as_json:
        typer.echo(to_json([ask_document(trial) for trial in trials]))
        return
    for trial in trials:
        params = "  ".join(f"{name}={value}" for name, value in trial.params.items())
        typer.echo(f"{trial.number}  {params}")


def _open_or_create(target: str, name: str | None) -> Study:
    if name is not None or not is_study_file(target):
        return open_study(target, name)
    from augury.study.study_file import load_study_file

    return load_study_file(target).open()


def read_fixed(space: Space, assignments: Sequence[str]) -> dict[str, Any]:
    """The values that `--fixed name=value` texts give to parameters, in the parameters' own types.

    Raises:
        InvalidInputError: a text without "=", an unknown name, a name given twice, or a value not allowed.
    """
    from augury.errors import InvalidInputError

    fixed: dict[str, Any] = {}
    for assignment in assignments:
        name = next((one for one in space.names if assignment.startswith(f"{one}=")), None)
        if name is None:
            raise InvalidInputError(
                f"--fixed {assignment!r} does not fix a parameter: write NAME=VALUE with one of the names "
                + ", ".join(space.names)
            )
        if name in fixed:
            raise InvalidInputError(f"--fixed gives {name!r} two values; give it one")
        fixed[name] = _value(space.parameters[name], assignment.removeprefix(f"{name}="))
    return fixed


def _value(parameter: Parameter, text: str) -> Any:
    """The category that reads like `text`, or the number it is; else the text, for the study to refuse."""
    for value in getattr(parameter, "values", ()):
        if str(value) == text:
            return value
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
