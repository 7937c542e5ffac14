"""Excel workbooks: the first sheet of a workbook as cells, and cells as a new workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Cell, shown, typed_cell


def read_excel(path: Path) -> tuple[list[str], list[list[Cell]], str]:
    """The header and the rows of the first sheet, and a note when there are further sheets.

    Formulas count as the value that Excel last stored for them.

    Raises:
        InvalidInputError: the file is no workbook, or its first sheet is empty.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    path.stat()  # a missing file is reported as such
    try:
        book = load_workbook(path, read_only=False, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, EOFError) as error:
        raise InvalidInputError(f"{path.name}: it is not an Excel workbook ({error})") from None
    sheets = book.worksheets
    rows = (
        [[typed_cell(value) for value in row] for row in sheets[0].iter_rows(values_only=True)]
        if sheets
        else []
    )
    if not rows or all(cell is None for cell in rows[0]):
        raise InvalidInputError(f"{path.name}: the first row of the first sheet must name the columns")
    note = (
        f"{path.name} has {len(sheets)} sheets; the first, {sheets[0].title!r}, was read."
        if len(sheets) > 1
        else ""
    )
    return [shown(cell) for cell in rows[0]], rows[1:], note


def render_excel(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with one sheet: a bold header that stays in view, and the rows."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = "next experiments"
    sheet.append(list(names))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append(list(row))
        for cell in sheet[sheet.max_row]:
            if cell.data_type == "f":  # text that starts with "=" is text here, never a formula
                cell.data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
