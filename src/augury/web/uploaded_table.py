"""The table that a person drops into the page: read in a folder of its own, never kept."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from augury.errors import InvalidInputError
from augury.study.sheet.table import Table
from augury.web.answers import text_of

MOST_ROWS = 20_000
MOST_COLUMNS = 400
_MOST_UNPACKED = 300 * 2**20

_FOR_THE_COMMAND = (
    (re.compile(r"set the column aside with --ignore '.*?'"), "choose that the column is not used"),
    (re.compile(r", or give the possible choices with --candidates"), ""),
    (re.compile(r"widen (it|the space) in .*?\.space\.toml"), "widen its range above"),
    (
        re.compile(r"delete \[rest\] and the rules in .*?\.space\.toml"),
        "make it an input and delete the rules",
    ),
)
"""What messages tell the user of `augury suggest` to do -> what the user of the page can do."""


def for_the_page(message: str) -> str:
    """A message of the command in words of the page."""
    for pattern, replacement in _FOR_THE_COMMAND:
        message = pattern.sub(replacement, message)
    return message


@contextmanager
def uploaded_table(body: Mapping[str, Any]) -> Iterator[Table]:
    """The table in a request's `name` and `data` (base64), in a folder of its own that is gone afterwards.

    Raises:
        InvalidInputError: no table that can be read; errors of whoever works with it speak of the page, too.
    """
    try:
        with TemporaryDirectory(prefix="augury-") as folder:
            yield _read_table(body, Path(folder))
    except InvalidInputError as error:
        raise InvalidInputError(for_the_page(str(error))) from None


def _read_table(body: Mapping[str, Any], folder: Path) -> Table:
    from augury.study.sheet.table import format_of, read_table

    name = text_of(body, "name").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable() and character != ":")[-80:]
    if name.startswith("."):
        name = f"table{name}"
    try:
        name.encode()
        data = base64.b64decode(text_of(body, "data"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("the file did not arrive whole; drop it in again") from None
    kind = format_of(Path(name))
    path = folder / name
    path.write_bytes(data)
    if kind == "excel":
        _check_unpacked(path)
    table = read_table(path)
    if table.n == 0:
        raise InvalidInputError(f"{name} has no rows below its header; add the experiments made so far")
    if table.n > MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise InvalidInputError(
            f"{name} has {table.n} rows and {len(table.columns)} columns; this page takes up to "
            f"{MOST_ROWS} and {MOST_COLUMNS}: use `augury suggest`"
        )
    return table


def _check_unpacked(path: Path) -> None:
    """Refuses a workbook that unpacks to more than a spreadsheet does."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return  # which reading it will say
    if size > _MOST_UNPACKED:
        raise InvalidInputError(f"{path.name} unpacks to {size // 2**20} MiB; save the table as CSV")
