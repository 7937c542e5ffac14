"""What README.md and the documentation show does what they say: every block of code is run."""

from __future__ import annotations

import ast
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.study.study_file import load_study_file
from tests.docs.pages import ROOT, Block, Names, blocks, pages, shortened

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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, with the files that pages speak of."""
    (tmp_path / "simulate.py").write_text(SIMULATION)
    (tmp_path / "experiments.csv").write_text(SHEET)
    (tmp_path / "out.json").write_text('{"yield": 63.1, "pressure": 4.2}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def _run_python(block: Block, names: dict[str, Any], page: Path) -> None:
    code = shortened(block.code)
    tree = ast.parse(code, filename=f"{page.name}:{block.line}")
    if not block.is_run:
        imports = [one for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
        tree.body = [one for one in imports if _is_ours(one)]
    exec(compile(ast.increment_lineno(tree, block.line), str(page), "exec"), names)


def _is_ours(one: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(one, ast.ImportFrom) and (one.module or "").startswith("augury")


def _run_toml(block: Block, folder: Path) -> None:
    if "[space]" not in block.code or not block.code.startswith("version"):
        return
    (folder / "study.toml").write_text(shortened(block.code))
    file = load_study_file(folder / "study.toml")
    file.function()
    file.open().store.close()


def _run_shell(block: Block) -> None:
    program, *arguments = shlex.split(block.code, comments=True) or [""]
    if program == "augury":
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, f"{block.code}\n{result.output}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, folder: Path) -> None:
    names: dict[str, Any] = Names()
    for block in blocks(page):
        try:
            if block.kind == "python":
                _run_python(block, names, page)
            elif block.kind == "toml":
                _run_toml(block, folder)
            elif block.is_run:
                _run_shell(block)
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{page.relative_to(ROOT)}:{block.line}: {error!r}") from error


def test_blocks_are_found() -> None:
    kinds = [block.kind for block in blocks(ROOT / "README.md")]
    assert {"python", "toml", "shell"} <= set(kinds)
    assert sum(len(blocks(page)) for page in pages()) > 30
