"""A table of experiments as a person keeps it: named columns of cells, and the row numbers they see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Cell, parse_cell
from augury.study.sheet.dialect import Dialect, detect

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Extension -> format."""


@dataclass(frozen=True)
class Table:
    """Named columns of cells.

    Args:
        path: the file it was read from.
        columns: name -> one cell per row.
        row_numbers: the number a spreadsheet shows beside each row (the header is row 1).
        dialect: how a text table is written; the default for other formats.
        note: what the reader has to tell the user, or nothing.
    """

    path: Path
    columns: dict[str, list[Cell]]
    row_numbers: list[int]
    dialect: Dialect = field(default_factory=Dialect)
    note: str = ""

    @property
    def n(self) -> int:
        """How many rows there are below the header."""
        return len(self.row_numbers)

    def where(self, row: int, column: str) -> str:
        """The place of a cell, for a message; `row` counts from 0."""
        return f"{self.path.name}, row {self.row_numbers[row]}, column {column!r}"


def format_of(path: Path) -> str:
    """The format that the extension of `path` names.

    Raises:
        InvalidInputError: augury does not read or write such files.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise InvalidInputError(
            f"{path.name}: augury reads and writes tables as {', '.join(FORMATS)}; save it as one of these"
        ) from None


def read_table(path: Path) -> Table:
    """Read a table from a CSV, Excel or Parquet file.

    Blank rows and columns without name and content are left out; the row numbers stay those of the file.

    Raises:
        InvalidInputError: the file is missing, unreadable, of another kind, has no header, or has an unnamed
            or repeated column.
    """
    kind = format_of(path)
    try:
        if kind == "csv":
            return _read_text(path)
        if kind == "excel":
            from augury.study.sheet.excel import read_excel

            names, rows, note = read_excel(path)
            return assemble(path, names, rows, note=note)
        from augury.study.sheet.parquet import read_parquet

        names, rows = read_parquet(path)
        return assemble(path, names, rows, first_row=1)
    except FileNotFoundError:
        raise InvalidInputError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _read_text(path: Path) -> Table:
    try:
        dialect, lines = detect(path.read_bytes())
    except InvalidInputError as error:
        raise InvalidInputError(f"{path.name}: {error}") from None
    header = next((i for i, line in enumerate(lines) if any(text.strip() for text in line)), None)
    if header is None:
        raise InvalidInputError(f"{path.name}: the file is empty; its first row must name the columns")
    rows = [[parse_cell(text, dialect.decimal) for text in line] for line in lines[header + 1 :]]
    names = [text.strip() for text in lines[header]]
    return assemble(path, names, rows, dialect=dialect, first_row=header + 2)


def assemble(
    path: Path,
    names: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    dialect: Dialect | None = None,
    first_row: int = 2,
    note: str = "",
) -> Table:
    """A table from its header and rows, checked; the first row below the header has number `first_row`."""
    cells: list[list[Cell]] = []
    numbers: list[int] = []
    for number, row in enumerate(rows, start=first_row):
        extra = [cell for cell in row[len(names) :] if cell is not None]
        if extra:
            raise InvalidInputError(
                f"{path.name}, row {number}: there are {len(row)} fields, but the header names "
                f"{len(names)} columns" + _separator_hint(dialect)
            )
        if any(cell is not None for cell in row):
            cells.append([*row[: len(names)], *[None] * (len(names) - len(row))])
            numbers.append(number)
    columns = _columns(path, names, cells)
    return Table(path, columns, numbers, dialect or Dialect(), note)


def _columns(path: Path, names: Sequence[str], cells: Sequence[Sequence[Cell]]) -> dict[str, list[Cell]]:
    columns: dict[str, list[Cell]] = {}
    for i, name in enumerate(names):
        column = [row[i] for row in cells]
        if not name:
            if any(cell is not None for cell in column):
                raise InvalidInputError(f"{path.name}: column {i + 1} has no name; name it in the header")
            continue
        if name in columns:
            raise InvalidInputError(f"{path.name}: two columns are called {name!r}; rename or delete one")
        columns[name] = column
    if not columns:
        raise InvalidInputError(f"{path.name}: the file is empty; its first row must name the columns")
    return columns


def _separator_hint(dialect: Dialect | None) -> str:
    if dialect is None:
        return ""
    shown = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}
    return f" (fields were split at {shown.get(dialect.separator, repr(dialect.separator))})"
