"""`augury check`: how well surrogates predict a table of experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augury.cli.output import check_picture
from augury.cli.sheet_options import Candidates, Ignored, Sheet
from augury.errors import InvalidInputError

if TYPE_CHECKING:
    from augury.study.sheet.check import Check, Results


def check(
    sheet: Sheet,
    goal: Annotated[
        str, typer.Option("--goal", "-g", help="The result that is predicted: max:COLUMN or min:COLUMN.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="A surrogate (`augury models` lists them), or auto: the portfolio for predictions and "
            "each of its members. Repeatable. [auto]",
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option("--folds", metavar="K", help="Leave one in K settings out; 0 for one at a time."),
    ] = 5,
    stderr: Annotated[
        list[str] | None,
        typer.Option("--stderr", help="RESULT=COLUMN: its standard errors, such as yield=yield_sd."),
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option("--failed", help='Words in the result column that mean a failed experiment: "n.d.".'),
    ] = None,
    candidates: Candidates = None,
    ignore: Ignored = None,
    space: Annotated[
        Path | None,
        typer.Option("--space", help="Space file to read. [SHEET.space.toml]"),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.png", help="Draw how calibrated each is."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Another seed leaves other settings out together.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how well surrogates predict a table of experiments.

    Each surrogate is trained without a part of the experiments in turn and predicts these: the negative log
    density of what was measured (smaller is better), the error, and how many results lie in the intervals in
    which the surrogate expects 50, 80 and 95 % of them. Nothing is written, but for --plot.
    """
    from augury.cli.options import check_model
    from augury.cli.step_progress import shown_steps

    if folds < 0 or folds == 1:
        raise InvalidInputError(f"--folds {folds}: give 2 or more, or 0 to leave one setting out at a time")
    check_picture(plot, "--plot")
    wanted = [check_model(name) for name in model or ["auto"]]
    results = _read(sheet, goal, stderr or [], candidates, failed or [], ignore or [], space)

    from rich.console import Console

    from augury.study.sheet.check import check_table, models_for

    names = models_for(wanted, results)
    with shown_steps(Console(stderr=True), as_json) as note:
        found = check_table(results, names, folds or None, seed, note)
    if plot is not None:
        from augury.study.report.reliability import draw_reliability

        draw_reliability({one.model: one.scores for one in found.checks}, plot)
    _print(found, as_json)


def _read(
    sheet: Path,
    goal: str,
    stderr: list[str],
    candidates: Path | None,
    failed: list[str],
    ignore: list[str],
    space: Path | None,
) -> Results:
    """The results of the goal's column, as `augury suggest` reads them."""
    from augury.cli.sheet_definition import define
    from augury.cli.suggest_goals import read_accuracy, read_goals
    from augury.study.sheet.advice import read_experiments
    from augury.study.sheet.check import results_of
    from augury.study.sheet.outcomes import check_outcomes
    from augury.study.sheet.space_file import space_path
    from augury.study.sheet.table import read_table

    accuracy, goals, table = read_accuracy(stderr, None), read_goals([goal], []), read_table(sheet)
    check_outcomes(table, goals)
    accuracy.check(table, goals)
    file = space or space_path(sheet)
    definition = define(table, goals.outcomes, file, candidates, [], ignore, {}, accuracy.columns)
    words = [word for text in failed for word in text.split(",")]
    experiments = read_experiments(table, definition, goals, words, accuracy)
    return results_of(experiments, goals.outcomes[0], definition.whole)


def _print(found: Check, as_json: bool) -> None:
    if as_json:
        from augury.study.documents import to_json

        typer.echo(to_json(found.to_dict()))
        return
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no edge to wrap at
    grid = Table(box=SIMPLE, pad_edge=False)
    headers = ("surrogate", "negative log density", "error (rms)", "in 50 %", "in 80 %", "in 95 %", "weight")
    for header in headers:
        grid.add_column(header, justify="left" if header == "surrogate" else "right", no_wrap=True)
    for one in found.checks:
        scores, weight = one.scores, found.weights.get(one.model)
        covered = [f"{100.0 * scores.coverage(level):.0f} %" for level in (0.5, 0.8, 0.95)]
        cells = [one.model, f"{scores.nll:.3f}", f"{scores.rmse:.4g}", *covered]
        grid.add_row(*map(Text, [*cells, "" if weight is None else f"{weight:.2f}"]))
    console.print(Text(found.headline))
    console.print(grid)
    for line in found.notes:
        console.print(Text(line))
