"""A table of candidates: its rows are the only possible choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.space.parameters import Fixed, Float, Int, Parameter
from augury.space.space import Space
from augury.study.sheet.descriptors import describe
from augury.study.sheet.encoding import value_of
from augury.study.sheet.inference import column_parameter
from augury.study.sheet.roles import set_aside
from augury.study.sheet.table import Table


@dataclass(frozen=True)
class Candidates:
    """The choices that a table lists.

    Args:
        table: the candidates.
        columns: setting -> its values, one per row of the table.
        parameters: setting -> how it is to be understood, where a Space would not infer it so.
        aside: column of the experiments or the candidates that is no setting -> why.
        notes: what the user should know.
    """

    table: Table
    columns: dict[str, list[Any]]
    parameters: dict[str, Parameter]
    aside: dict[str, str]
    notes: list[str]

    def space(self, constraints: Sequence[str] = ()) -> Space:
        """The finite space of the rows that satisfy the constraints."""
        return Space.from_table(self.columns, parameters=self.parameters, constraints=constraints)

    def extras(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of the columns set aside (ids, names) in the first row with these choices."""
        names = list(self.columns)
        wanted = tuple(params[name] for name in names)
        rows = zip(*(self.columns[name] for name in names), strict=True)
        row = next(i for i, values in enumerate(rows) if values == wanted)
        return {name: cells[row] for name, cells in self.table.columns.items() if name not in self.columns}


def match_candidates(
    candidates: Table,
    experiments: Table,
    results: Sequence[str],
    *,
    ignore: Collection[str] = (),
    descriptors: Mapping[str, Path] | None = None,
) -> Candidates:
    """Find the settings that a table of candidates and a table of experiments share.

    Args:
        candidates: the possible choices, one a row.
        experiments: what was done.
        results: the outcome columns of the experiments.
        ignore: columns that the user has set aside.
        descriptors: setting -> table of its descriptors.

    Raises:
        InvalidInputError: no candidates or none that differ, an empty or misread cell among them, or a
            setting that they lack.
    """
    files = descriptors or {}
    if candidates.n == 0:
        raise InvalidInputError(f"{candidates.path.name}: the table of candidates has no rows")
    shared = [name for name in candidates.columns if name in experiments.columns and name not in results]
    columns = {name: candidates.columns[name] for name in shared if name not in ignore}
    own = set_aside(Table(candidates.path, columns, candidates.row_numbers, candidates.dialect), (), files)
    names = [name for name in columns if name not in own]
    _check_covered(candidates, experiments, results, ignore)
    if not names:
        raise InvalidInputError(
            f"{candidates.path.name} and {experiments.path.name} have no setting in common; name the "
            "columns alike"
        )
    inferred = {name: column_parameter(candidates, name) for name in names}
    if all(isinstance(parameter, Fixed) for parameter in inferred.values()):
        raise InvalidInputError(
            f"{candidates.path.name}: all candidates are the same in {', '.join(names)}; give at least "
            "two that differ"
        )
    described, notes = describe(inferred, files)
    values = {name: [value_of(cell, described[name]) for cell in candidates.columns[name]] for name in names}
    aside = {name: reason for name, reason in own.items() if name in experiments.columns}
    aside |= {
        name: "not in the table of candidates"
        for name in experiments.columns
        if name not in (*shared, *results)
    }
    aside |= dict.fromkeys(ignore, "set aside by you")
    special = {name: p for name, p in described.items() if not _plain_range(p)}
    return Candidates(candidates, values, special, aside, notes)


def _check_covered(
    candidates: Table, experiments: Table, results: Sequence[str], ignore: Collection[str]
) -> None:
    """Check that the experiments have no setting of which the candidates say nothing."""
    reasons = set_aside(experiments, results)
    for name in experiments.columns:
        if (
            name not in candidates.columns
            and name not in results
            and name not in ignore
            and name not in reasons
        ):
            raise InvalidInputError(
                f"{candidates.path.name} has no column {name!r}, which {experiments.path.name} has; "
                "add it to the "
                f"candidates, or set it aside with --ignore {name!r}"
            )


def _plain_range(parameter: Parameter) -> bool:
    """Whether a Space infers the parameter itself: numbers by their range."""
    return isinstance(parameter, (Float, Int)) and not parameter.log
