"""`augury trade-off`: the design for a preference among several objectives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.options import StudyName, Target, open_study
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.recommendation import TradeOff


def trade_off(
    store: Target,
    weight: Annotated[
        list[str],
        typer.Option(
            "--weight",
            "-w",
            metavar="OBJECTIVE=WEIGHT",
            help="How much an objective matters; once for each objective.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    study: StudyName = None,
) -> None:
    """Show the design for a preference among several objectives.

    The Pareto set is learned from all results of the study; only the ratios of the weights count.
    """
    weights = dict(map(_parsed, weight))
    opened = open_study(store, study)
    if opened.goals.n_objectives == 1:
        raise InvalidInputError(
            "one objective leaves nothing to trade off; augury show and augury report tell the best design"
        )
    found = opened.trade_off(weights)
    if found is None:
        raise InvalidInputError(
            "there is nothing to trade off yet: no result has every objective within the limits"
        )
    if as_json:
        from augury.study.documents import to_json

        typer.echo(
            to_json({"weights": found.weights, "params": found.params, "prediction": _expected(found)})
        )
        return
    from augury.study.report.words import number

    for name, value in found.params.items():
        typer.echo(f"{name} = {number(value)}")
    typer.echo()
    for name, mean in found.mean.items():
        typer.echo(f"{name}: {number(mean)} ± {number(found.std[name])} expected")


def _parsed(text: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    try:
        if equals:
            return name.strip(), float(value)
    except ValueError:
        pass
    raise InvalidInputError(
        f"--weight {text}: give OBJECTIVE=WEIGHT with a number, such as --weight cost=0.7"
    )


def _expected(found: TradeOff) -> dict[str, dict[str, float]]:
    return {"mean": dict(found.mean), "std": dict(found.std)}
