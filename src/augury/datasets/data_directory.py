"""Where the tables that are not shipped are read from: the directory named by `AUGURY_DATA`."""

from __future__ import annotations

import os
from pathlib import Path

from augury.errors import InvalidInputError


def data_file(name: str, *, source: str) -> Path:
    """The path of a data file below `AUGURY_DATA`.

    Args:
        name: path relative to that directory.
        source: where the data can be had, for the message when it is not there.

    Raises:
        InvalidInputError: `AUGURY_DATA` is not set or is not a directory, or the file is not in it.
    """
    directory = os.environ.get("AUGURY_DATA", "")
    if not directory:
        raise InvalidInputError(
            f"{name} is not shipped with augury; get it from {source} and set AUGURY_DATA to its directory"
        )
    if not Path(directory).is_dir():
        raise InvalidInputError(f"AUGURY_DATA is {directory!r}, which is not a directory")
    path = Path(directory) / name
    if not path.is_file():
        raise InvalidInputError(f"there is no {name} in AUGURY_DATA ({directory}); get it from {source}")
    return path
