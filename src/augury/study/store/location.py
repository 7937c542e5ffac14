"""Where a store is: in memory, in an SQLite file, or in a PostgreSQL database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from augury.errors import InvalidInputError


@dataclass(frozen=True)
class Location:
    """A store's address.

    Args:
        url: SQLAlchemy's address of the database.
        path: the file of an SQLite store; None for others.
        directory: the folder under which trials get their working directories; None for a store in memory.
    """

    url: URL
    path: Path | None
    directory: Path | None

    @classmethod
    def of(cls, store: str | os.PathLike[str] | None) -> Location:
        """Reads what a user gives as `store=`: None (memory), a file name, or a database URL."""
        if store is None or store == ":memory:":
            return cls(URL.create("sqlite"), None, None)
        text = os.fspath(store) if isinstance(store, (str, os.PathLike)) else store
        if not isinstance(text, str) or not text.strip():
            raise InvalidInputError(
                f"the store is {store!r}; give a file name, a postgresql:// URL, or None (in memory)"
            )
        if "://" not in text:
            return cls._file(Path(text))
        return cls._database(text)

    @classmethod
    def _file(cls, path: Path) -> Location:
        path = Path(os.path.abspath(path.expanduser()))
        url = URL.create("sqlite", database=str(path))
        return cls(url, path, path.with_name(f"{path.stem}.trials"))

    @classmethod
    def _database(cls, text: str) -> Location:
        try:
            url = make_url(text)
        except ArgumentError:
            raise InvalidInputError(f"the store's URL cannot be read; {_ALLOWED}") from None
        if url.drivername in ("sqlite", "sqlite+pysqlite"):
            return cls._file(Path(url.database)) if url.database else cls.of(None)
        if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
            directory = Path.cwd() / f"{url.database or 'postgresql'}.trials"
            return cls(url.set(drivername="postgresql+psycopg"), None, directory)
        raise InvalidInputError(f"a store cannot be a {url.drivername!r} database; {_ALLOWED}")

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        return self.url.render_as_string(hide_password=True) if self.directory else "the store in memory"


_ALLOWED = "give an SQLite file (study.db) or postgresql://user@host/database"
