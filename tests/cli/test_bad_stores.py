"""Stores that cannot be used: every command says so in one line, and leaves them as they are."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest
from tests.cli.store_content import content

COMMANDS = [
    ["ask"],
    ["tell", 0, "--value", 1],
    ["show"],
    ["report", "-o", "report.html"],
    ["export"],
]


@pytest.fixture(params=COMMANDS, ids=lambda arguments: arguments[0])
def refused(request, augury):
    """Calls each command on a store; it must refuse, and change nothing."""

    def call(store):
        command, *rest = request.param
        folder = Path(store).parent
        before, files = content(Path(store)), sorted(os.listdir(folder)) if folder.is_dir() else None
        message = augury(command, store, *rest, code=2).stderr
        assert content(Path(store)) == before
        assert files is None or sorted(os.listdir(folder)) == files
        return message

    return call


def test_no_such_file(refused, tmp_path):
    assert "there is no store" in refused(tmp_path / "no.db")


def test_a_file_that_is_no_database(refused, tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("dear diary, " * 200)
    assert "not a database" in refused(path)


def test_an_empty_name(refused):
    assert "name" in refused("")


def test_a_folder(refused, tmp_path):
    refused(tmp_path)


def test_another_kind_of_database(refused):
    assert "postgresql://" in refused("mysql://localhost/studies")


def test_a_database_of_another_program(refused, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (amount REAL)")
    connection.close()
    refused(path)


def test_a_store_of_a_newer_version(refused, store):
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE schema_version SET version = 999")
    connection.close()
    assert "999" in refused(store)


def test_a_study_file_that_is_not_there(refused, tmp_path):
    assert "cannot be read" in refused(tmp_path / "no.toml")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="uses /sys")
def test_a_read_only_folder(augury, tmp_path):
    # Even root cannot create a file there.
    study = tmp_path / "study.toml"
    study.write_text(
        'version = 1\n[study]\nstore = "/sys/study.db"\n[space]\nx = {low = 0.0, high = 1.0}\n'
        '[[goal]]\nminimize = "y"\n'
    )
    assert "cannot be written" in augury("ask", study, code=2).stderr
