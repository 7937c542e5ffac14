"""Whatever options and arguments are given: a result, or one line that says what is wrong and no change."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.cli.conftest import STUDY_FILE
from tests.cli.store_content import content
from typer.testing import CliRunner

from augury.cli.app import COMMANDS, app
from augury.study.execution.batch.evaluation import trial_document
from augury.study.trial import Trial

SHEET = """t,kind,yield,sd,hours
1.5,a,3.0,0.1,1
2.5,b,4.5,0.1,2
3.0,a,2.5,0.2,1
4.0,b,n.d.,0.1,1
2.0,a,2.0,0.1,1
3.5,b,4.0,0.1,2
"""
MEASURED = "t,kind,yield\n1.5,a,3.0\n2.5,b,4.5\n3.0,a,2.5\n"
SET_ASIDE = ["--ignore", "sd", "--ignore", "hours"]
#: Command -> arguments with which it works, in a folder made by `_prepare`.
WORKING: dict[str, list[str]] = {
    "run": ["study.toml"],
    "ask": ["study.db"],
    "tell": ["study.db", "0", "--value", "1.5"],
    "worker": ["--store", "study.db"],
    "evaluate": ["trial.json"],
    "suggest": ["table.csv", "--goal", "max:yield", "--failed", "n.d.", *SET_ASIDE],
    "design": [
        "table.csv",
        "--goal",
        "max:yield",
        "-n",
        "2",
        "--method",
        "gp-ascent",
        "--failed",
        "n.d.",
        *SET_ASIDE,
    ],
    "check": [
        "table.csv",
        "--goal",
        "max:yield",
        "--failed",
        "n.d.",
        "--model",
        "gp",
        "--folds",
        "3",
        *SET_ASIDE,
    ],
    "show": ["study.db"],
    "trade-off": ["front.db", "--weight", "a=1", "--weight", "b=2"],
    "report": ["study.db"],
    "serve": ["study.db"],
    "export": ["study.db"],
    "import": ["whole.json", "new.db"],
    "models": [],
    "init": ["new.toml"],
    "fit-field": ["dots.png", "--steps", "2", "--batch", "16", "--centers", "2"],
    "erf": ["conv-1x3", "--size", "9"],
    "theory": ["--depth", "2"],
    "demo": ["--coupling", "1"],
    "pfn train": ["--prior", "gp", "--out", "new.safetensors", "--steps", "1"],
    "pfn evaluate": ["surrogate", "--prior", "surrogate", "--data-sets", "2"],
    "pfn predict": ["measured.csv", "measured.csv", "--target", "yield"],
}
#: Commands that take long when all is right, with what is right whatever it is: only what is wrong is tried.
LONG = {"demo": {"report"}, "pfn train": {"out"}, "pfn evaluate": set()}
#: The largest number that is tried: more steps, trials and processes than this are right, and take long.
MOST = 20

NASTY = [
    *["", " ", "-", "--", "-1", "0", "1e999", "nan", "inf", "-inf", "1_0", "0x10", "1,5", "9" * 400, "None"],
    *[
        "a=",
        "=",
        "=1",
        "a=b=c",
        "a=nan",
        "a=-1",
        "x=1",
        "x=11",
        "x=x",
        "kind=c",
        "kind=",
        "t=table.csv",
        "[]",
    ],
    *["max:", "max", ":", "max:no", "min:t", "mean:yield", "max:yield:min", "yield", "x <= 1", "t ** 2 <= 1"],
    *["__import__('os')", "t <= 1; t", "t +", "t <= t", "no.file", "no/folder/file.csv", ".", "study.db"],
    *["study.toml", "table.csv", "broken.json", "postgresql://", "postgresql://nobody@localhost:1/none"],
    *[
        "sqlite:///study.db",
        "mysql://x",
        "\udcff",
        "\N{SNOWMAN}",
        "a\nb",
        "a\tb",
        "'",
        '"',
        "%s",
        "{x}",
        "\\",
    ],
]
ALPHABET = st.characters(exclude_characters="\0/", exclude_categories=["Cs"])
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.text(ALPHABET, max_size=12),
    st.integers(-(10**12), 10**12).map(str),
    st.floats().map(repr),
)


def _parts(name: str) -> list[Any]:
    """The options and arguments of a command."""
    current: Any = typer.main.get_command(app)
    for word in name.split():
        current = current.get_command(click.Context(current), word)
    return [part for part in current.params if part.name not in ("help", "json")]


def _prepare(folder: Path) -> None:
    (folder / "study.toml").write_text(STUDY_FILE.replace("budget = 3", 'command = ["true"]\nbudget = 3'))
    (folder / "table.csv").write_text(SHEET)
    (folder / "measured.csv").write_text(MEASURED)
    (folder / "broken.json").write_text("{")
    Image.new("RGB", (6, 5), "teal").save(folder / "dots.png")
    target = {"command": ["echo", "1"], "timeout": None, "exit_codes": [], "words": []}
    trial = trial_document(Trial(0, {"x": 1.0}, study_directory=Path("folders")), ["x"], target, None)
    (folder / "trial.json").write_text(json.dumps(trial))
    front = STUDY_FILE.replace(
        '[[goal]]\nmaximize = "yield"', '[[goal]]\nminimize = "a"\n[[goal]]\nmaximize = "b"'
    )
    (folder / "front.toml").write_text(front)
    for arguments in (
        ["ask", "study.toml", "-n", "4"],
        *(["tell", "study.db", str(number), "--value", str(number)] for number in (1, 2, 3)),
        ["export", "study.db", "--whole", "-o", "whole.json"],
        ["ask", "front.toml", "-n", "4"],
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    for number in range(4):
        (folder / "values.json").write_text(f'{{"a": {number}, "b": {number * number % 3}}}')
        assert (
            CliRunner().invoke(app, ["tell", "front.db", str(number), "--values", "values.json"]).exit_code
            == 0
        )


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scheduler is waited for."""
    monkeypatch.setattr("augury.study.execution.dask_pool._CONNECT", 0.2)


@contextlib.contextmanager
def _inside(template: Path) -> Iterator[Path]:
    """A copy of the template as the working directory."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "work"
        shutil.copytree(template, folder)
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


@pytest.fixture(autouse=True)
def _ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard listens, and ends at once; no name is looked up in a network."""
    monkeypatch.setattr("uvicorn.Server.run", lambda *given, **options: None)
    monkeypatch.setattr("socket.getfqdn", lambda: "localhost")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    before = Path.cwd()
    os.chdir(folder)
    _prepare(folder)
    os.chdir(before)
    return folder


def _state(folder: Path) -> dict[str, Any]:
    """All files of the folder, stores by what they hold."""
    return {
        path.name: content(path) if path.suffix == ".db" else path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def _with(command: str, part: Any, value: str) -> list[str]:
    """A working command with a value for one more option, or instead of one argument."""
    words = WORKING[command]
    if part.param_type_name == "option":
        return [*command.split(), *words, f"{part.opts[-1]}={value}"]
    arguments = [one.name for one in _parts(command) if one.param_type_name == "argument"]
    place = arguments.index(part.name)
    given, options = words[: len(arguments)], words[len(arguments) :]
    return [*command.split(), *options, "--", *given[:place], value, *given[place + 1 :]]


def _is_tried(command: str, value: str) -> bool:
    try:
        return float(value) <= MOST and command not in LONG
    except ValueError:
        return True


def fuzz(command: str, template: Path, examples: int) -> None:
    parts = [
        part
        for part in _parts(command)
        if not getattr(part, "is_flag", False) and part.name not in LONG.get(command, set())
    ]
    if not parts:
        return

    @settings(
        max_examples=examples,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(part=st.sampled_from(parts), value=VALUES)
    def check(part: Any, value: str) -> None:
        assume(_is_tried(command, value))
        with _inside(template) as folder:
            before = _state(folder)
            arguments = _with(command, part, value)
            result = CliRunner().invoke(app, arguments)
            unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
            if unexpected:
                raise AssertionError(f"augury {arguments}: {result.exception!r}") from result.exception
            assert result.exit_code in (0, 1, 2), arguments
            if result.exit_code:
                assert "Traceback" not in result.output, (arguments, result.output)
                assert result.stderr.startswith("augury: "), (arguments, result.output)
                assert result.stderr.count("\n") == 1, (arguments, result.stderr)
                assert _state(folder) == before, f"augury {arguments} failed and changed files"

    check()


def test_every_command_is_fuzzed() -> None:
    assert {name.split()[0] for name in WORKING} == set(COMMANDS)


@pytest.mark.parametrize("command", [name for name in WORKING if name not in LONG])
def test_working_arguments_work(command: str, template: Path) -> None:
    with _inside(template):
        result = CliRunner().invoke(app, [*command.split(), *WORKING[command]])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "study.db", "--study=\udcff"], "UTF-8"),
        (["import", "whole.json", "\udcff.db"], "UTF-8"),
        (["suggest", "", "--goal", "max:yield"], "save it as"),
        (["check", "table.csv", "--goal", "max:yield", "--seed=-1"], "--seed"),
    ],
)
def test_what_was_found_so_stays_refused(arguments: list[str], message: str, template: Path) -> None:
    with _inside(template) as folder:
        before = _state(folder)
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
        assert _state(folder) == before


@pytest.mark.parametrize("command", WORKING)
def test_bad_values_are_one_line_and_change_nothing(command: str, template: Path) -> None:
    fuzz(command, template, 12)


@pytest.mark.slow
@pytest.mark.parametrize("command", WORKING)
def test_many_bad_values_are_one_line_and_change_nothing(command: str, template: Path) -> None:
    fuzz(command, template, 200)
