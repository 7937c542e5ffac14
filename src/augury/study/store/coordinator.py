"""The one host that may use a store on a network file system, where locks between hosts cannot be trusted."""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, insert, select, update

from augury.errors import StoreError
from augury.study.process import host
from augury.study.store.schema import coordinator

# A host that has written nothing for this long has stopped using the store (a run writes every few seconds).
EXPIRES_AFTER = 600.0


def claim(connection: Connection, location: str) -> None:
    """Makes this host the store's coordinator, or renews it.

    Raises:
        StoreError: another host uses the store.
    """
    row = connection.execute(select(coordinator)).one_or_none()
    now = time.time()
    if row is None:
        connection.execute(insert(coordinator).values(id=1, host=host(), heartbeat=now))
        return
    if row.host != host() and row.heartbeat > now - EXPIRES_AFTER:
        raise StoreError(
            f"{location} is on a network file system and in use by the host {row.host.split('/')[0]!r}; "
            "an SQLite store there serves one host at a time. For several hosts use PostgreSQL: "
            "store='postgresql://user@host/database'"
        )
    connection.execute(update(coordinator).values(host=host(), heartbeat=now))


def release(connection: Connection) -> None:
    """Lets any other host use the store at once."""
    connection.execute(delete(coordinator).where(coordinator.c.host == host()))
