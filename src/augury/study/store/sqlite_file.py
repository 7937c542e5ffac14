"""The file of an SQLite store: whether it is one, and which journal it keeps."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from augury.errors import InvalidInputError, StoreError
from augury.study.store import file_system
from augury.study.store.engine import BUSY_SECONDS

_HEADER = b"SQLite format 3\x00"
_WRITE_VERSION = 18  # offset in the file's header; 1 = rollback journal, 2 = write-ahead log


def check(path: Path) -> bool:
    """Whether a store is yet to be made at `path`.

    Raises:
        InvalidInputError: the folder is not there.
        StoreError: there is something that is not an SQLite database.
        OSError: the file cannot be read.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder; give the store the name of a file")
    if not path.exists():
        if not path.parent.is_dir():
            raise InvalidInputError(
                f"the folder {path.parent} does not exist; create it, or give another store"
            )
        return True
    with path.open("rb") as file:
        start = file.read(len(_HEADER))
    if start and start != _HEADER:
        raise StoreError(f"{path} is not a database; give the store another file name")
    return not start


def is_one_host(path: Path) -> bool:
    """Whether the file is where only one host at a time can use it safely."""
    return file_system.is_network_file_system(path.parent)


def has_journal(path: Path, one_host: bool) -> bool:
    """Whether the file keeps a journal that is fit for where it is."""
    if not one_host:
        return True  # a store made here chose its journal by trying; either kind is right
    with path.open("rb") as file:
        return file.read(_WRITE_VERSION + 1)[_WRITE_VERSION] == 1


def set_journal(path: Path, one_host: bool) -> None:
    """Gives the file the write-ahead log where that works, else the rollback journal.

    Raises:
        sqlite3.Error, OSError: nothing can be written there.
    """
    mode = "DELETE" if one_host or not file_system.write_ahead_log_works(path.parent) else "WAL"
    deadline = time.monotonic() + BUSY_SECONDS
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        while True:
            try:
                connection.execute(f"PRAGMA journal_mode = {mode}")
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself for this one statement.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
