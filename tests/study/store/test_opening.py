"""A store that cannot be used is refused in one clear line, and what is stored stays as it was."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from augury.errors import AuguryError, InvalidInputError, StoreError
from augury.study.result import Measurement
from augury.study.store import NewTrial, Store, TrialTable, coordinator, file_system, migrations


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


def filled(path: Path) -> bytes:
    """Makes a store with a trial, and returns the file's content."""
    store = Store(path)
    _table(store).insert([NewTrial({"x": 1}, "ask", result=Measurement({"y": 2.0}, {}))], 0)
    store.close()
    return path.read_bytes()


def refusal(kind: type[AuguryError], store: Any) -> str:
    with pytest.raises(kind) as caught:
        Store(store)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_text_file_is_refused(path: Path) -> None:
    path.write_text("temperature;yield\n20;0,5\n")
    before = path.read_bytes()
    assert "is not a database" in refusal(StoreError, path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_short_file_is_refused(path: Path) -> None:
    path.write_bytes(b"SQLite")
    assert "is not a database" in refusal(StoreError, path)


def test_a_damaged_database_is_refused(path: Path) -> None:
    content = filled(path)
    path.write_bytes(content[:100] + bytes(len(content) - 100))
    assert str(path) in refusal(StoreError, path)


def test_another_program_s_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER)")
    before = path.read_bytes()
    assert "moz_places" in refusal(StoreError, path)
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(StoreError, tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(InvalidInputError, tmp_path / "nowhere" / "study.db")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "store", ["", "  ", "mysql://localhost/db", "http://x", "postgresql+asyncpg://h/d", "://"]
)
def test_what_is_no_store_is_refused(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refusal(InvalidInputError, store)
    assert os.listdir(tmp_path) == []


def test_an_unreachable_server_is_refused_without_its_password() -> None:
    message = refusal(StoreError, "postgresql://ada:secret@127.0.0.1:1/nothing")
    assert "127.0.0.1" in message
    assert "secret" not in message


def test_a_newer_store_is_refused_and_untouched(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
        connection.commit()
    before = path.read_bytes()
    message = refusal(StoreError, path)
    assert "newer version" in message
    assert "99" in message
    assert path.read_bytes() == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses /sys")
def test_a_read_only_folder_is_refused() -> None:
    # Even root cannot create a file there.
    assert "cannot be written" in refusal(StoreError, "/sys/study.db")


def test_a_read_only_file_is_refused(path: Path) -> None:
    before = filled(path)
    store = Store(path)

    @event.listens_for(store._engine, "connect")
    def read_only(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA query_only = ON")

    store._engine.dispose()
    with pytest.raises(StoreError, match="cannot be written"):
        _table(store).reserve(1)
    store.close()
    assert path.read_bytes() == before


def test_a_full_disk_loses_nothing(path: Path) -> None:
    filled(path)
    store = Store(path)
    table = _table(store)
    before = table.changed_since()

    @event.listens_for(store._engine, "checkout")
    def full(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then finds no room for another page

    big = NewTrial({"x": "long" * 10_000}, "ask")
    with pytest.raises(StoreError, match="disk is full"):
        table.insert([big], 1)
    assert table.changed_since() == before
    store.close()
    assert _table(Store(path)).changed_since() == before


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")],
)
def test_a_full_disk_makes_no_store(error: Exception, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(directory: Path) -> bool:
        raise error

    monkeypatch.setattr(file_system, "write_ahead_log_works", full)
    assert "disk is full" in refusal(StoreError, path)
    assert not path.exists()


def test_an_older_store_is_lifted_step_by_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    before = _table(Store(path)).changed_since()

    def step(name: str) -> Any:
        def migrate(connection: Connection) -> None:
            connection.execute(text(f"CREATE TABLE {name} (id INTEGER)"))

        return migrate

    newest = migrations.SCHEMA_VERSION
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", newest + 2)
    monkeypatch.setattr("augury.study.store.store.SCHEMA_VERSION", newest + 2)
    monkeypatch.setattr(migrations, "MIGRATIONS", {newest: step("second"), newest + 1: step("third")})
    store = Store(path)
    assert _table(store).changed_since() == before
    for table in ("second", "third"):
        assert (
            store.read(
                lambda connection, table=table: connection.execute(text(f"SELECT * FROM {table}")).all()
            )
            == []
        )
    assert store.read(lambda connection: migrations.stored_version(connection, "")) == newest + 2


def test_a_failed_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)

    def migrate(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE second (id INTEGER)"))
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    with monkeypatch.context() as patch:
        newest = migrations.SCHEMA_VERSION
        patch.setattr(migrations, "SCHEMA_VERSION", newest + 1)
        patch.setattr("augury.study.store.store.SCHEMA_VERSION", newest + 1)
        patch.setattr(migrations, "MIGRATIONS", {newest: migrate})
        refusal(StoreError, path)
    store = Store(path)
    assert store.read(lambda connection: migrations.stored_version(connection, "")) == newest
    assert len(_table(store).changed_since()) == 1


def test_the_write_ahead_log_is_used_where_it_works(path: Path) -> None:
    filled(path)
    assert _journal(path) == "wal"
    assert os.listdir(path.parent) == [path.name], "the trial of the log left files behind"


def test_the_rollback_journal_is_used_where_the_log_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_system, "write_ahead_log_works", lambda directory: False)
    filled(path)
    assert _journal(path) == "delete"


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_serves_one_host(
    kind: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)  # made with a write-ahead log, before the folder was shared
    monkeypatch.setattr(file_system, "file_system_type", lambda directory: kind)
    monkeypatch.setattr(coordinator, "host", lambda: "alpha/boot/1")
    first = Store(path)
    assert _journal(path) == "delete"
    _table(first).insert([NewTrial({"x": 2}, "ask")], 1)
    Store(path)  # another process of the same host
    monkeypatch.setattr(coordinator, "host", lambda: "beta/boot/1")
    message = refusal(StoreError, path)
    assert "PostgreSQL" in message
    assert "alpha" in message
    monkeypatch.setattr(coordinator, "host", lambda: "alpha/boot/1")
    assert len(_table(first).changed_since()) == 2
    first.close()
    monkeypatch.setattr(coordinator, "host", lambda: "beta/boot/1")
    second = Store(path)
    monkeypatch.setattr(coordinator, "host", lambda: "alpha/boot/1")
    with pytest.raises(StoreError, match="PostgreSQL"):
        _table(first).reserve(1)
    monkeypatch.setattr(coordinator, "host", lambda: "beta/boot/1")
    assert len(_table(second).changed_since()) == 2


def test_a_host_that_left_gives_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "file_system_type", lambda directory: "nfs")
    monkeypatch.setattr(coordinator, "host", lambda: "alpha/boot/1")
    Store(path)
    monkeypatch.setattr(coordinator, "host", lambda: "beta/boot/1")
    monkeypatch.setattr(coordinator, "EXPIRES_AFTER", -1.0)
    _table(Store(path)).reserve(1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/mounts")
def test_the_file_system_is_recognised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert file_system.file_system_type(Path("/proc/self")) == "proc"
    share = tmp_path / "lab share"
    share.mkdir()
    escaped = str(share).replace(" ", "\\040")
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/x {escaped} nfs4 rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **_: mounts)
    assert file_system.is_network_file_system(share)
    assert not file_system.is_network_file_system(tmp_path)


def test_a_forked_process_opens_its_own_connection(path: Path) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork")
    filled(path)
    store = Store(path)
    own = store.read(lambda connection: id(connection.connection.dbapi_connection))
    child = os.fork()
    if child == 0:
        others = store.read(lambda connection: id(connection.connection.dbapi_connection))
        os._exit(0 if others != own and len(_table(store).changed_since()) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0


def _table(store: Store) -> TrialTable:
    return TrialTable(store, store.create("default", {}, {}, {}, 1))


def _journal(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
