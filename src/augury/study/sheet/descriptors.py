"""Descriptor tables: the measured properties of the choices of a setting (a solvent by its polarity)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augury.errors import InvalidInputError
from augury.space.parameters import Categorical, Fixed, Parameter
from augury.study.sheet.cells import Number, shown
from augury.study.sheet.table import Table, read_table


def describe(
    parameters: Mapping[str, Parameter], files: Mapping[str, Path]
) -> tuple[dict[str, Parameter], list[str]]:
    """The parameters with the descriptors of those that have a table of them.

    The column that bears the setting's name, or else the first one, holds the choices; every other column of
    numbers is a descriptor, and columns of text are left out.

    Args:
        parameters: setting -> parameter.
        files: setting -> its descriptor table.

    Returns:
        The parameters, and what the user should know about each table.

    Raises:
        InvalidInputError: a setting that is no choice, a choice that is not described or twice, an empty
        cell.
    """
    described = dict(parameters)
    notes = []
    for name, path in files.items():
        parameter = parameters.get(name)
        if not isinstance(parameter, Categorical):
            known = [other for other, p in parameters.items() if isinstance(p, Categorical)]
            hint = f"these are {', '.join(map(repr, known))}" if known else "there are none here"
            raise InvalidInputError(
                f"--descriptors {name}={path}: {name!r} is {_kind(parameter)}; only choices among texts can "
                f"be described, and {hint}"
            )
        table = read_table(path)
        rows = _rows(table, name, parameter)
        columns = _columns(table, name, rows)
        described[name] = Categorical(parameter.values, descriptors=columns)
        others = table.n - len(rows)
        notes.append(
            f"{name} is described by {', '.join(columns)} ({path.name})"
            + (f"; the table describes {others} more that are not among its choices" if others else "")
        )
    return described, notes


def _kind(parameter: Parameter | None) -> str:
    """What a column is that is no choice."""
    if parameter is None:
        return "not a setting"
    if isinstance(parameter, Fixed):
        return f"always {parameter.value!r}"
    return "a setting of numbers, which need no description"


def _rows(table: Table, name: str, parameter: Categorical) -> list[int]:
    """The row of every choice."""
    labels = [shown(cell) for cell in table.columns[_key(table, name)]]
    rows = []
    for value in parameter.values:
        found = [row for row, text in enumerate(labels) if text == str(value)]
        if len(found) != 1:
            what = "no row" if not found else "two rows"
            raise InvalidInputError(f"{table.path.name}: there is {what} for {value!r}, a choice of {name!r}")
        rows += found
    return rows


def _columns(table: Table, name: str, rows: list[int]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = {}
    for column, cells in table.columns.items():
        n_numbers = sum(isinstance(cell, Number) for cell in cells)
        if column == _key(table, name) or 2 * n_numbers <= sum(cell is not None for cell in cells):
            continue
        numbers = []
        for row in rows:
            cell = cells[row]
            if not isinstance(cell, Number):
                raise InvalidInputError(
                    f"{table.where(row, column)}: {shown(cell)!r} is not a number; fill in the cell or "
                    "delete the column"
                )
            numbers.append(float(cell.value))
        columns[column] = numbers
    if not columns:
        raise InvalidInputError(
            f"{table.path.name}: there is no column of numbers that could describe {name!r}"
        )
    return columns


def _key(table: Table, name: str) -> str:
    return name if name in table.columns else next(iter(table.columns))
