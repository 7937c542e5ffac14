"""What a store holds, to see that nothing changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def content(store: Path) -> str | bytes | None:
    """Everything that a store holds; its bytes where it is not a database, None where there is no file."""
    if not store.is_file():
        return None
    connection = sqlite3.connect(store)
    try:
        return "\n".join(connection.iterdump())
    except sqlite3.DatabaseError:
        return store.read_bytes()
    finally:
        connection.close()
