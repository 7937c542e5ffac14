"""The command as a whole: what it lists, what it costs to start, and how it fails."""

from __future__ import annotations

import subprocess
import sys
from inspect import getdoc

import pytest

import augury as package
from augury.cli.app import COMMANDS, LazyGroup

HEAVY = ("torch", "numpy", "pandas", "sqlalchemy", "rich", "matplotlib", "jinja2", "scipy")


def test_help_lists_every_command_and_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from augury.cli.app import main\n"
        "sys.argv = ['augury', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        f"print('LOADED', code, [name for name in {HEAVY} if name in sys.modules])\n"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "LOADED 0 []"
    for name, line in COMMANDS.items():
        assert f"  {name} " in out
        assert line in out


def test_a_real_process_ends_with_one_line_and_code_2(tmp_path):
    missing = tmp_path / "missing.db"
    ended = subprocess.run(
        [sys.executable, "-m", "augury", "show", missing], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [f"augury: there is no store {missing}; check the name"]


def test_version(augury):
    assert augury("--version").stdout == f"augury {package.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_described_by_the_first_line_of_its_function(augury, command):
    group = LazyGroup(name="augury")
    function = group.get_command(None, command).callback
    assert getdoc(function).splitlines()[0] == COMMANDS[command]
    assert "Usage: augury" in augury(command, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shwo", "a.db"], "did you mean 'show'?"),
        (["xyzzy"], "the commands are run, ask"),
        (["show"], "Missing argument"),
        (["show", "a.db", "--nonsense"], "--nonsense"),
        (["ask", "a.db", "-n", "many"], "'-n'"),
        (["tell", "a.db", "one", "--value", "1"], "ID"),
        (["run", "study.toml", "--budget", "0"], "--budget"),
        (["run", "study.toml", "--workers", "-1"], "--workers"),
    ],
)
def test_a_wrong_command_line_is_one_line(augury, arguments, message):
    assert message in augury(*arguments, code=2).stderr


def test_a_defect_of_ours_keeps_its_traceback(augury, store, monkeypatch):
    monkeypatch.setattr("augury.study.report.results.Results.of", lambda study: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        augury("show", store)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied", "f")]
)
def test_an_error_of_the_system_is_one_line(augury, store, monkeypatch, error):
    def broken(study):
        raise error

    monkeypatch.setattr("augury.study.report.results.Results.of", broken)
    assert error.strerror in augury("show", store, code=2).stderr
