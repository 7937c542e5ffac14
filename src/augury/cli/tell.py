"""`augury tell`: record what a trial came to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.trial import Trial


def tell(
    store: Target,
    number: Annotated[
        int, typer.Argument(metavar="ID", help="The trial's number, as `augury ask` printed it.")
    ],
    values: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help='A JSON file (- for standard input): a number, [value, stderr], or {"outcome": either}. '
            "Beside all outcomes, other names are kept as notes.",
        ),
    ] = None,
    value: Annotated[float | None, typer.Option(metavar="NUMBER", help="The value measured.")] = None,
    stderr: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="The standard error of --value.")
    ] = None,
    failed: Annotated[
        str | None, typer.Option(metavar="REASON", help="The trial gave no result, and why.")
    ] = None,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="With --failed: the point is not to blame; back to the queue with it."),
    ] = False,
    pruned: Annotated[bool, typer.Option("--pruned", help="The trial was stopped early.")] = False,
    step: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="With --value: no result yet, but the value at this step. Prints prune or continue.",
        ),
    ] = None,
    cost: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="What the evaluation cost, in your own unit.")
    ] = None,
    study: StudyName = None,
) -> None:
    """Record the result of a trial.

    Give one of --value, --values, --failed, --pruned. A result for a trial that already has one is kept as a
    replicate. With --step, --value is what the trial has come to so far; then "prune" is printed where the
    study's pruner would stop it, else "continue".
    """
    from augury.study.result import apart_from_notes
    from augury.study.wrong_result import NonFiniteResultError, NothingMeasuredError

    if step is not None:
        if value is None or any((values, stderr is not None, failed, retry, pruned, cost is not None)):
            raise InvalidInputError("--step goes with --value, and with nothing else")
        handle = open_study(store, study).resume(number)
        handle.report(step, value)
        typer.echo("prune" if handle.should_prune() else "continue")
        return
    result = _result(values, value, stderr, failed, retry, pruned)
    opened = open_study(store, study)
    result, notes = apart_from_notes(opened.goals.outcomes, result)
    try:
        trial = opened.tell(number, result, cost=cost, user_attrs=notes)
    except (NonFiniteResultError, NothingMeasuredError) as error:
        must = "; it must be finite" if isinstance(error, NonFiniteResultError) else ""
        raise InvalidInputError(
            f"{error.reason}{must}; tell a trial without a usable result by --failed REASON"
        ) from None
    shown = ", ".join(f"{name} = {one:g}" for name, one in trial.values.items())
    typer.echo(f"trial {trial.number} is {trial.status}{f': {shown}' if shown else ''}{_late(trial, result)}")


def _late(trial: Trial, result: Any) -> str:
    """What became of a result for a trial that was closed before."""
    from augury.study.result import Failure
    from augury.study.signals import Pruned

    tells_nothing = isinstance(result, Pruned) or (isinstance(result, Failure) and result.transient)
    if not tells_nothing:
        n = len(trial.replicates)  # which open trials do not have
        return f"; what was told now is kept as a replicate ({n} in all)" if n else ""
    is_closed = trial.values or trial.status == "abandoned"
    return "; what was told now is not kept, as the trial was closed before" if is_closed else ""


def _result(
    values: str | None,
    value: float | None,
    stderr: float | None,
    failed: str | None,
    retry: bool,
    pruned: bool,
) -> Any:
    if sum(given is not None for given in (values, value, failed, pruned or None)) != 1:
        raise InvalidInputError("give the result with exactly one of --value, --values, --failed, --pruned")
    if stderr is not None and value is None:
        raise InvalidInputError("--stderr belongs to --value; in a --values file write [value, stderr]")
    if retry and failed is None:
        raise InvalidInputError("--retry belongs to --failed")
    if pruned:
        from augury.study.signals import Pruned

        return Pruned()
    if failed is not None:
        from augury.study.result import Failure

        return Failure(failed, transient=retry)
    if values is not None:
        return _read_json(values)
    return value if stderr is None else (value, stderr)


def _read_json(file: str) -> Any:
    where = "standard input" if file == "-" else file
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"{where}, line {error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{where} is not JSON: it is not text in UTF-8") from None
    except RecursionError:
        raise InvalidInputError(f"{where} is not a result: it is nested too deeply") from None
