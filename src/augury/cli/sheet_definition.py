"""What the columns of a table of experiments are taken for, by the options of a command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from augury.study.sheet.definition import Definition
    from augury.study.sheet.table import Table


def define(
    table: Table,
    results: list[str],
    space_file: Path,
    candidates: Path | None,
    constraints: list[str],
    ignore: list[str],
    descriptors: dict[str, Path],
    accuracy: dict[str, str],
) -> Definition:
    """The definition by a table of candidates, by a space file where there is one, or by the table itself.

    `accuracy` has the columns that say how exact a result is or what it cost, with which it is.
    """
    from augury.study.sheet.definition import from_candidates, from_file, from_table
    from augury.study.sheet.table import read_table

    ignore = [*ignore, *accuracy]
    if candidates is not None:
        choices = read_table(candidates)
        return from_candidates(
            choices, table, results, constraints=constraints, ignore=ignore, descriptors=descriptors
        )
    if os.path.lexists(space_file):
        return from_file(
            space_file,
            table,
            results,
            constraints=constraints,
            ignore=ignore,
            descriptors=descriptors,
            accuracy=accuracy,
        )
    return from_table(
        table, results, space_file, constraints=constraints, ignore=ignore, descriptors=descriptors
    )
