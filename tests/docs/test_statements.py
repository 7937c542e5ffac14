"""What pages say in passing is so: commands and their options, names, modules and files exist."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from augury.acquisition import registry as acquisitions
from augury.cli.app import app
from augury.models.registry import MODELS
from augury.registry import Registry
from augury.strategies import OFFLINE_METHODS, STRATEGIES
from tests.docs.pages import ROOT, blocks, pages, prose

PAGES = [*pages(), ROOT / "benchmarks" / "README.md", ROOT / "CHANGELOG.md"]
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_NAMED = re.compile(r"\b(model|strategy|acquisition) ?= ?\"([\w-]+)\"")
_MODULE = re.compile(r"python -m ([\w.]+)")
_DOTTED = re.compile(r"^(augury(?:\.\w+)+)(?:\(.*\))?$")
_LINK = re.compile(r"\]\(((?!https?:|/)[^)\s]+)\)")
_FILE = re.compile(r"^(?:src|tests|benchmarks|reproductions|docs)/[\w./-]+$")
_NAMES = {
    "model": set(MODELS.names()),
    "strategy": set(STRATEGIES.names()),
    "acquisition": {
        name for part in vars(acquisitions).values() if isinstance(part, Registry) for name in part.names()
    },
}
_GROUPS = {
    part.group
    for part in (MODELS, STRATEGIES, OFFLINE_METHODS, *vars(acquisitions).values())
    if isinstance(part, Registry)
}
#: Names that pages show as somebody else's.
_OTHERS = {"my-model", "auto"}


def code(page: Path) -> list[str]:
    return [match.strip() for match in _CODE.findall(prose(page))]


def faults(page: Path) -> list[str]:
    """The statements of a page that are not so."""
    whole = page.read_text(encoding="utf-8")
    found = [
        f"{kind}={name!r} is not known"
        for kind, name in _NAMED.findall(whole)
        if name not in _OTHERS and name not in _NAMES[kind]
    ]
    found += [f"there is no module {name}" for name in _MODULE.findall(whole) if not _is_module(name)]
    for one in code(page):
        dotted = _DOTTED.match(one)
        if dotted and dotted[1] not in _GROUPS and not _resolves(dotted[1]):
            found.append(f"{dotted[1]} does not exist")
        if _FILE.match(one) and not (ROOT / one).exists():
            found.append(f"there is no file {one}")
    return found + [fault for command in _commands(page) for fault in command_faults(command)]


def dead_links(page: Path) -> list[str]:
    """Links of a page to files, or to sections of them, that do not exist."""
    found = []
    for target in _LINK.findall(prose(page)):
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        is_dead = not path.exists() or (anchor and path.suffix == ".md" and anchor not in _anchors(path))
        found += [target] * bool(is_dead)
    return found


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def _commands(page: Path) -> list[str]:
    inline = [one for one in code(page) if one.startswith("augury ")]
    return inline + [
        line
        for block in blocks(page)
        if block.kind == "shell"
        for line in block.commands
        if "augury " in line
    ]


def command_faults(command: str) -> list[str]:
    """What is wrong in a command of augury: it, or an option of it, does not exist."""
    words = shlex.split(command.replace("...", ""), comments=True)
    if words[:1] != ["augury"] or len(words) < 2 or words[1].startswith("-"):
        return []
    group: Any = typer.main.get_command(app)
    context = click.Context(group)
    current: Any = group
    rest = words[1:]
    while hasattr(current, "get_command") and rest and not rest[0].startswith("-"):
        found = current.get_command(context, rest[0])
        if found is None:
            return [f"{command!r}: there is no command {rest[0]!r}"]
        current, rest = found, rest[1:]
    known = {name for parameter in current.params for name in (*parameter.opts, *parameter.secondary_opts)}
    given = [word.split("=")[0] for word in rest if word.startswith("-") and not word[1:2].isdigit()]
    return [f"{command!r}: there is no option {name}" for name in given if name not in {*known, "--help"}]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    ours = name.split(".")[0] in {"benchmarks", "reproductions", "tests", "augury"}
    return not ours or path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def _resolves(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            current: Any = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            if not hasattr(current, attribute) and attribute not in getattr(current, "__annotations__", {}):
                return False
            current = getattr(current, attribute, None)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_speaks_of_what_exists(page: Path) -> None:
    assert faults(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


def test_dead_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A: `b c`\n[x](page.md#a-b-c) [x](#a-b-c) [x](#d) [x](no.md) [x](https://y.z/#q)\n")
    assert dead_links(page) == ["#d", "no.md"]


def test_false_statements_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for text in (
        '`model="no-such"`',
        "`python -m benchmarks.nothing`",
        "`augury.Studio`",
        "`tests/nowhere.py`",
        "`augury show --no-such-option`",
        "`augury no-such-command`",
        "```shell\naugury run study.toml --budgets 3\n```",
    ):
        page.write_text(text + "\n")
        assert len(faults(page)) == 1, text


@pytest.mark.parametrize("part", ["kernel", "model", "strategy"])
def test_worked_examples_are_short_and_checked(part: str) -> None:
    example = next(iter(blocks(ROOT / "docs" / "extending" / f"{part}.md")))
    assert example.kind == "python"
    assert len(example.code.splitlines()) < 40
    assert re.search(rf"^check_{part}\(\w+\)$", example.code, re.MULTILINE), "the suite is not run over it"
