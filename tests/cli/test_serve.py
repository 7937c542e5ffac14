"""`augury serve`: what it refuses, what it says, and that it listens and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any
from urllib.request import urlopen

import pytest


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The calls of the server, which does not listen."""
    found: list[dict[str, Any]] = []

    def serve(store: Any, **options: Any) -> None:
        found.append({"store": store, **options})
        options["ready"]("http://localhost:1/")

    monkeypatch.setattr("augury.web.server.serve", serve)
    return found


def test_a_store(augury, store, calls):
    said = augury("serve", store).stdout
    assert str(store) in said
    assert "http://localhost:1/" in said
    assert calls[0]["host"] == "127.0.0.1"
    assert calls[0]["write"] is False
    assert calls[0]["store"].names() == ["default"]


def test_a_study_file_stands_for_its_store(augury, store, study_file, calls):
    augury("serve", study_file, "--write", "--allow-host", "lab.example", "--port", 0)
    assert calls[0]["store"].location.path == store
    assert calls[0]["write"] is True
    assert calls[0]["names"] == ["lab.example"]


def test_without_a_store_it_is_the_spreadsheet_page(augury, calls):
    assert "spreadsheet" in augury("serve").stdout
    assert calls[0]["store"] is None


def test_the_browser_is_opened_when_wanted(augury, calls, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    augury("serve")
    assert opened == []
    augury("serve", "--open")
    assert opened == ["http://localhost:1/"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.db"], "there is no store"),
        (["nothing.toml"], "nothing.toml"),
        (["mysql://localhost/x"], "postgresql://"),
        (["--write"], "name the store"),
        (["--port", "65536"], "65535"),
        (["--port", "http"], "integer"),
        (["--host", "192.0.2.1"], "cannot listen"),
        (["--host", ""], "--host"),
        (["one.db", "two.db"], "two.db"),
    ],
)
def test_what_cannot_be_served(augury, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in augury("serve", *arguments, code=2).stderr
    assert os.listdir(tmp_path) == []


def test_the_extra_is_named_where_it_is_missing(augury, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("augury.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("augury.web.server", None, raising=False)
    monkeypatch.delattr("augury.web", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "pip install 'augury[web]'" in augury("serve", code=2).stderr


def test_it_starts_without_what_takes_long():
    code = "import sys, augury.web.server; print({'torch', 'matplotlib', 'pandas'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_it_listens_until_it_is_interrupted(store):
    command = [sys.executable, "-m", "augury", "serve", str(store), "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            url = next(word for word in line.split() if word.startswith("http"))
            with urlopen(f"{url}api/studies", timeout=20) as answer:
                assert json.load(answer)["studies"][0]["name"] == "default"
            process.send_signal(signal.SIGINT)
            assert process.wait(20) in (0, 130, -signal.SIGINT)
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()
