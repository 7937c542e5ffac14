"""Files that are written as a whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from augury.errors import InvalidInputError


def check_parent(path: Path) -> None:
    """Refuses a file whose folder does not exist.

    Raises:
        InvalidInputError: it does not.
    """
    if not path.parent.is_dir():
        raise InvalidInputError(f"the folder {path.parent} does not exist; create it, or give another file")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path`, of the same suffix, to write: at the end it takes its place in one step, after an
    error nothing of it is left.

    Raises:
        OSError: it cannot be written; the error names `path`.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix.lower()}")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        if error.filename is None or Path(error.filename) != part:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        part.unlink(missing_ok=True)
