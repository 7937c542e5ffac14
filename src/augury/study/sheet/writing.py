"""Writing tables: in the format and dialect of the user's own, never over a file that is there."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Cell, Number
from augury.study.sheet.dialect import Dialect
from augury.study.sheet.table import format_of


def render(path: Path, names: Sequence[str], rows: Sequence[Sequence[Any]], dialect: Dialect) -> bytes:
    """The content of a table file, in the format that the extension of `path` names.

    Args:
        path: where it will be written.
        names: the header.
        rows: cells: text, numbers, bools, dates, None for empty.
        dialect: how a text table is written.
    """
    kind = format_of(path)
    plain = [[cell.value if isinstance(cell, Number) else cell for cell in row] for row in rows]
    if kind == "excel":
        from augury.study.sheet.excel import render_excel

        return render_excel(names, plain)
    if kind == "parquet":
        from augury.study.sheet.parquet import render_parquet

        return render_parquet(names, plain)
    return render_text(names, rows, dialect)


def render_text(names: Sequence[str], rows: Sequence[Sequence[Any]], dialect: Dialect) -> bytes:
    """A text table; a character that its encoding lacks turns it into UTF-8 with a byte order mark."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=dialect.separator, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[format_cell(cell, dialect.decimal) for cell in row] for row in rows])
    try:
        return buffer.getvalue().encode(dialect.encoding)
    except UnicodeEncodeError:
        return buffer.getvalue().encode("utf-8-sig")


def format_cell(cell: Cell | int | float, decimal: str) -> str:
    """A cell as text; a number that came from a table is written as it was."""
    if cell is None:
        return ""
    if isinstance(cell, Number):
        return cell.text
    if isinstance(cell, float):
        text = f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        return text.replace(".", decimal)
    return str(cell)


def next_path(sheet: Path) -> Path:
    """The first free name beside the sheet: experiments.next.csv, experiments.next-2.csv, ..."""
    for count in range(1, 10_000):
        number = "" if count == 1 else f"-{count}"
        path = sheet.parent / f"{sheet.stem}.next{number}{sheet.suffix}"
        if not os.path.lexists(path):
            return path
    raise InvalidInputError(f"{sheet.parent} is full of tables of next experiments; name one with -o")


def write_files(contents: Mapping[Path, bytes], *, replace: Path | None = None) -> None:
    """Write all files or none.

    Args:
        contents: path -> content; a file that exists already is an error.
        replace: the one path that may exist and is then replaced.

    Raises:
        InvalidInputError: a file exists, or cannot be written; nothing has changed then.
    """
    written: list[Path] = []
    try:
        for path, content in contents.items():
            if path == replace and path.exists():
                continue
            with path.open("xb") as file:
                written.append(path)
                file.write(content)
        if replace is not None and replace in contents and replace not in written:
            _replace(replace, contents[replace])
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise InvalidInputError(
            f"{error.filename or path}: cannot be written ({error.strerror or error})"
        ) from None


def _replace(path: Path, content: bytes) -> None:
    """Put a new content in the place of a file in one step."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.close()
            shutil.copymode(path, file.name)
            os.replace(file.name, path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
