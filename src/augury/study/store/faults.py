"""Database errors in the user's words."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from augury.errors import StoreError
from augury.study.store.location import Location

# PostgreSQL: could not serialize, deadlock, lock not available, another session created it first.
_PASSING_STATES = frozenset({"40001", "40P01", "55P03", "23505"})


def is_passing(error: Exception) -> bool:
    """Whether the same transaction may succeed when it is repeated."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.OperationalError):
        return "locked" in str(cause) or "busy" in str(cause)
    return getattr(cause, "sqlstate", None) in _PASSING_STATES


def store_error(error: Exception, location: Location) -> StoreError:
    """`error` as one line that says what is wrong with the store and what to do."""
    cause = _cause(error)
    if location.path is None:
        lines = str(cause).strip().splitlines()
        return StoreError(
            f"the database {location} cannot be used: {lines[0] if lines else type(cause).__name__}"
        )
    return StoreError(_of_file(cause, location))


def _of_file(cause: BaseException, location: Location) -> str:
    path, text = location.path, str(cause).lower()
    assert path is not None
    if "full" in text or getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: {path} was not changed; free some space and repeat"
    if "not a database" in text or "malformed" in text:
        return f"{path} is not a database or is damaged; give the store another file name"
    if "locked" in text or "busy" in text:
        return f"{path} is locked by another program; close that program and repeat"
    denied = getattr(cause, "errno", None) in (errno.EACCES, errno.EPERM, errno.EROFS)
    if denied or "readonly" in text or "unable to open" in text:
        return (
            f"{path} cannot be written (the folder {path.parent} or the file is read-only); "
            "give the store a place where you may write"
        )
    return f"{path} cannot be used: {cause}"


def _cause(error: Exception) -> BaseException:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error
