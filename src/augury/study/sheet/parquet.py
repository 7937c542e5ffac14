"""Parquet files as cells, and cells as a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from augury.errors import InvalidInputError
from augury.study.sheet.cells import Cell, typed_cell


def read_parquet(path: Path) -> tuple[list[str], list[list[Cell]]]:
    """The column names and the rows of a Parquet file.

    Raises:
        InvalidInputError: it is no Parquet file.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    path.stat()  # a missing file is reported as such
    try:
        data = ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(f"{path.name}: it is not a Parquet file ({error})") from None
    columns = [[typed_cell(value) for value in column.to_pylist()] for column in data.columns]
    return [str(name) for name in data.column_names], [list(row) for row in zip(*columns, strict=True)]


def render_parquet(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A Parquet file with these columns; a column of mixed kinds is written as text."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    arrays = []
    for i in range(len(names)):
        column = [row[i] for row in rows]
        kinds = {type(value) for value in column if value is not None}
        if kinds == {int, float}:
            column = [None if value is None else float(value) for value in column]
        elif len(kinds) > 1:
            column = [None if value is None else str(value) for value in column]
        arrays.append(pa.array(column))
    buffer = io.BytesIO()
    write_table(pa.Table.from_arrays(arrays, names=list(names)), buffer)
    return buffer.getvalue()
