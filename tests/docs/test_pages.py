"""What README.md and the documentation show does what they say: every block of code is run."""

from __future__ import annotations

import ast
import os
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from augury.models.registry import MODELS
from augury.strategies import STRATEGIES
from augury.study.study_file import load_study_file
from tests.docs.pages import ROOT, Block, Names, blocks, loose_commands, pages, shortened

SIMULATION = """
import sys
print('{"yield": 50.0, "pressure": 3.0}')
"""
SHEET = """temperature,time,yield,pressure,yield_sd,hours
20,1.0,31.0,3.1,0.5,1
40,2.5,45.5,3.9,0.5,2
60,1.5,52.0,4.4,0.7,2
80,3.0,61.5,5.2,0.5,3
100,2.0,55.0,5.9,0.6,3
90,2.5,,,,
"""
#: The groups of entry points that are asked for parts.
GROUPS = {MODELS.group, STRATEGIES.group}
#: Languages of blocks that show something else than code. (`csv` is the table that commands then read.)
OUTPUT = {"text", "json"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, with the files that pages speak of."""
    (tmp_path / "simulate.py").write_text(SIMULATION)
    (tmp_path / "experiments.csv").write_text(SHEET)
    (tmp_path / "out.json").write_text('{"yield": 63.1, "pressure": 4.2}')
    Image.new("RGB", (24, 16), "teal").save(tmp_path / "photograph.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("augury.web.server.serve", lambda *store, **options: None)  # which would not end
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def _run_python(block: Block, names: dict[str, Any], page: Path) -> None:
    code = shortened(block.code)
    tree = ast.parse(code, filename=f"{page.name}:{block.line}")
    if block.mark == "not run":
        imports = [one for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
        tree.body = [one for one in imports if _is_ours(one)]
    exec(compile(ast.increment_lineno(tree, block.line), str(page), "exec"), names)


def _is_ours(one: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(one, ast.ImportFrom) and (one.module or "").startswith("augury")


def _run_toml(block: Block, folder: Path) -> None:
    document = tomllib.loads(block.code)
    if "project" in document:
        groups = document["project"]["entry-points"]
        assert set(groups) <= GROUPS, f"no such entry points: {set(groups) - GROUPS}"
        return
    assert document.get("version") == 1, "a study file begins with version = 1"
    (folder / "study.toml").write_text(shortened(block.code))
    file = load_study_file(folder / "study.toml")
    file.function()
    file.open().store.close()


def _run_shell(block: Block) -> None:
    for command in block.commands:
        program, *arguments = shlex.split(shortened(command), comments=True)
        if block.mark == "not run":
            continue
        assert program == "augury", f"{program} cannot be run here: mark the block <!-- not run: why -->"
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, f"{command}\n{result.output}"


def _run(page: Path, folder: Path, *, slow: bool) -> None:
    names: dict[str, Any] = Names()
    for block in blocks(page):
        if block.mark == "slow" and not slow:
            continue
        try:
            if block.kind == "python":
                _run_python(block, names, page)
            elif block.kind == "toml":
                _run_toml(block, folder)
            elif block.kind == "shell":
                _run_shell(block)
            elif block.kind == "csv":
                (folder / "experiments.csv").write_text(block.code)
            else:
                assert block.kind in OUTPUT, f"what language is {block.kind!r}? {sorted(OUTPUT)} are not run"
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{page.relative_to(ROOT)}:{block.line}: {error!r}") from error


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_the_code_of_a_page_runs(page: Path, folder: Path) -> None:
    _run(page, folder, slow=False)


SLOW = [page for page in pages() if any(block.mark == "slow" for block in blocks(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW, ids=_name)
def test_the_slow_code_of_a_page_runs(page: Path, folder: Path) -> None:
    _run(page, folder, slow=True)


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_commands_stand_in_blocks(page: Path) -> None:
    assert loose_commands(page) == [], "put commands into a block of the language `shell`: they are run there"


def test_few_blocks_are_not_run() -> None:
    found = {_name(page): [block for block in blocks(page) if block.mark == "not run"] for page in pages()}
    assert sum(map(len, found.values())) <= 10, found


def test_blocks_are_found() -> None:
    kinds = [block.kind for block in blocks(ROOT / "README.md")]
    assert {"python", "toml", "shell"} <= set(kinds)
    assert sum(len(blocks(page)) for page in pages()) > 40


def test_a_fault_in_a_page_is_found(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docs.test_pages.ROOT", tmp_path)
    page = tmp_path / "page.md"
    for fault in (
        "```python\nimport augury\naugury.no_such_thing\n```",
        "<!-- not run: slow -->\n```python\nfrom augury.models import NoSuchModel\n```",
        '```toml\nversion = 1\n[space]\nx = {low = 2.0, high = 1.0}\n[[goal]]\nminimize = "y"\n```',
        "```shell\naugury show no-such.db\n```",
        "```shell\npipx install augury\n```",
        "```\nsomething\n```",
    ):
        page.write_text(fault + "\n")
        with pytest.raises(AssertionError, match=r"page\.md:\d"):
            _run(page, folder, slow=False)
    page.write_text("text\n\n    augury show x.db\n")
    assert loose_commands(page)
