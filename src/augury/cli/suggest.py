"""`augury suggest`: the next experiments for a table of past ones."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from augury.errors import InvalidInputError


def suggest(
    sheet: Annotated[
        Path, typer.Argument(help="Table of experiments: CSV, Excel or Parquet. It is only read.")
    ],
    goal: Annotated[
        list[str], typer.Option("--goal", "-g", help="What is wanted: max:COLUMN or min:COLUMN.")
    ],
    n: Annotated[int, typer.Option("-n", "--number", help="How many experiments to suggest.")] = 1,
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit", help='A measured result that must keep a limit, such as "impurity <= 0.5". Repeatable.'
        ),
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            "--constraint",
            "-c",
            help='A rule between settings, such as "a + b <= 1"; or a limit on a result, told by its name. '
            "Repeatable.",
        ),
    ] = None,
    stderr: Annotated[
        list[str] | None,
        typer.Option(
            "--stderr",
            help="RESULT=COLUMN: standard errors of a result, such as yield=yield_sd. Repeatable.",
        ),
    ] = None,
    cost: Annotated[
        str | None, typer.Option("--cost", metavar="COLUMN", help="The column of what each experiment cost.")
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option("--candidates", help="Table whose rows are the only possible choices.")
    ] = None,
    descriptors: Annotated[
        list[str] | None,
        typer.Option(
            "--descriptors", help="COLUMN=TABLE: numbers that describe the choices of a column. Repeatable."
        ),
    ] = None,
    failed: Annotated[
        list[str] | None,
        typer.Option(
            "--failed", help='Words in a result column that mean a failed experiment: "n.d.,trace".'
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", help="A column that is no setting. Repeatable.")
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option("--space", help="Space file to read, or to write on the first run. [SHEET.space.toml]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write the next experiments. [SHEET.next.csv]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file given with -o.")] = False,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="The surrogate; `augury models` lists them.")
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Another seed gives other suggestions.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Propose the next experiments for a table of past ones.

    The first run writes SHEET.space.toml, which says what the columns were taken for: edit it and run
    again. The next experiments go to SHEET.next.csv (then .next-2.csv, ...), in the format of the table; an
    existing file is never replaced, unless named by -o with --force. Rows with an empty result count as
    under way.
    """
    from augury.cli.options import check_model
    from augury.cli.sheet_definition import define
    from augury.cli.suggest_goals import read_accuracy, read_goals, split_constraints
    from augury.study.sheet.advice import advise, read_experiments
    from augury.study.sheet.next_table import next_table
    from augury.study.sheet.outcomes import check_outcomes
    from augury.study.sheet.space_file import space_path
    from augury.study.sheet.table import read_table
    from augury.study.sheet.writing import next_path, render, write_files

    if n < 1:
        raise InvalidInputError(f"-n {n}: ask for at least 1 experiment")
    check_model(model)
    accuracy = read_accuracy(stderr or [], cost)
    goals = read_goals(goal, limit or [])
    files = _descriptor_files(descriptors or [])
    space_file = space or space_path(sheet)
    given = [sheet, space_file, *([candidates] if candidates else []), *files.values()]
    target = next_path(sheet) if output is None else _target(output, given, force)
    table = read_table(sheet)
    rules, limits = split_constraints(constraint or [], table, goals, space_file, candidates)
    goals = read_goals(goal, [*(limit or []), *limits])
    check_outcomes(table, goals)
    accuracy.check(table, goals)
    aside = [*(ignore or []), *accuracy.columns]
    definition = define(table, goals.outcomes, space_file, candidates, rules, aside, files)
    definition = replace(definition, aside={**definition.aside, **accuracy.columns})
    words = [word for text in failed or [] for word in text.split(",")]
    experiments = read_experiments(table, definition, goals, words, accuracy)
    advice = advise(experiments, definition, goals, table, n, seed=seed, model=model)
    names, rows = next_table(table, definition, goals, advice.suggestions)
    contents = {target: render(target, names, rows, table.dialect)}
    if definition.space_file is not None:
        contents[space_file] = definition.space_file.encode()
    write_files(contents, replace=target if force and output is not None else None)

    from augury.study.sheet.account import Outcome, to_dict

    outcome = Outcome(table, goals, definition, experiments, advice, n, target, space_file)
    if as_json:
        typer.echo(json.dumps(to_dict(outcome), indent=2))
        return
    from augury.cli.suggest_display import print_text

    print_text(outcome)


def _descriptor_files(texts: list[str]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name.strip() and equals and path.strip()):
            raise InvalidInputError(
                f"--descriptors {text!r}: write COLUMN=TABLE, such as solvent=solvents.csv"
            )
        if name.strip() in files:
            raise InvalidInputError(f"--descriptors: {name.strip()!r} is given two tables; give one")
        files[name.strip()] = Path(path.strip())
    return files


def _target(output: Path, given: list[Path], force: bool) -> Path:
    """The output file, which must not be one of the inputs."""
    from augury.study.sheet.table import format_of

    format_of(output)
    if any(output.resolve() == path.resolve() for path in given):
        raise InvalidInputError(f"-o {output}: this is one of the files read; choose another name")
    if os.path.lexists(output) and not force:
        raise InvalidInputError(
            f"-o {output}: the file exists; choose another name, or add --force to replace it"
        )
    return output
