"""What the tests of commands share: calling a command in this process, on a small study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from augury.cli.app import app

STUDY_FILE = """
version = 1
[study]
strategy = "random"
seed = 1
[space]
x = {low = 0.0, high = 10.0}
kind = ["a", "b", "2"]
n = {low = 1, high = 4}
[[goal]]
maximize = "yield"
[run]
budget = 3
"""


@pytest.fixture
def augury():
    """Runs a command: `augury("show", path)` gives exit_code, stdout and stderr; only exits are accepted."""

    def call(*arguments, code=0, stdin=None):
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)
        unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
        if unexpected:
            raise result.exception
        assert result.exit_code == code, result.output
        if code == 2:
            assert result.stderr.count("\n") == 1, result.stderr
            assert result.stderr.startswith("augury: "), result.stderr
            assert "Traceback" not in result.output
        return result

    return call


@pytest.fixture
def study_file(tmp_path) -> Path:
    """A study file whose store does not exist yet."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY_FILE)
    return path


@pytest.fixture
def define(study_file) -> Callable[..., Path]:
    """Writes the study file anew with this `[run]` table; gives the file."""

    def write(**run):
        lines = [f"{key} = {value!r}" for key, value in run.items()]
        text = study_file.read_text().split("[run]")[0]
        study_file.write_text("\n".join([text, "[run]", *lines, ""]))
        return study_file

    return write


@pytest.fixture
def store(augury, study_file) -> Path:
    """A store with two open trials (0, 1), a complete one (2) and a failed one (3)."""
    augury("ask", study_file, "-n", 4)
    path = study_file.with_suffix(".db")
    augury("tell", path, 2, "--value", 5.5, "--stderr", 0.5)
    augury("tell", path, 3, "--failed", "leak")
    return path
