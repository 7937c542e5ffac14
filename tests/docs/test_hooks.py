"""How the site differs from the pages in the repository: links to files outside, formulas, tables of runs."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tests.docs.pages import ROOT


def hook(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / "_hooks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rendered(markdown: str, here: str) -> str:
    page = SimpleNamespace(file=SimpleNamespace(src_uri=here))
    return hook("outside").on_page_markdown(markdown, page=page)


@pytest.mark.parametrize(
    ("here", "markdown", "expected"),
    [
        ("choosing.md", "[a](../benchmarks/README.md#noise)", "[a](benchmarks.md#noise)"),
        ("methods/saas.md", "[a](../../benchmarks/README.md)", "[a](../benchmarks.md)"),
        ("methods/saas.md", "[a](../../reproductions/hmc.py)", "[a](../reproductions.md#hmc)"),
        ("methods/saas.md", "[a](../spaces.md#b) [c](#d)", "[a](../spaces.md#b) [c](#d)"),
        ("benchmarks.md", "[a](../docs/spaces.md) [b](#c)", "[a](spaces.md) [b](#c)"),
        ("spaces.md", "`x` [a](../tests/docs/pages.py)", "`x` a"),
        ("spaces.md", "[a](https://b.c/d#e) ![f](figures/g.png)", "[a](https://b.c/d#e) ![f](figures/g.png)"),
        ("spaces.md", "[a](../nowhere.md)", "[a](../nowhere.md)"),
    ],
)
def test_links_to_files_outside_become_links_within_the_site(here: str, markdown: str, expected: str) -> None:
    assert rendered(markdown, here) == expected


def test_a_section_is_included_with_its_links() -> None:
    text = rendered("before\n\n<!-- include: README.md#methods -->\n\nafter", "methods/README.md")
    assert "[Trust regions](trust-region.md)" in text
    assert "](../benchmarks.md" in text
    assert "## In the tools you use" not in text
    with pytest.raises(ValueError, match="which has none"):
        rendered("<!-- include: README.md#nothing -->", "methods/README.md")


def test_every_page_is_in_the_navigation_once() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r"^ +- (\S+\.md)$", text[text.index("\nnav:") :], re.MULTILINE)
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted(pages | set(hook("outside").PAGES.values()))


def test_every_reproduction_has_a_section() -> None:
    reproductions = hook("reproductions")
    assert {"trust_region", "prior_fitted_networks"} <= set(reproductions.slugs())
    assert not {"__init__", "_table", "_record"} & set(reproductions.slugs())
    for slug in reproductions.slugs():
        assert reproductions.section(slug).startswith(f"## {slug}\n\n")


def test_records_are_tables_of_claims() -> None:
    for path in (ROOT / "reproductions" / "records").glob("*.json"):
        run = json.loads(path.read_text(encoding="utf-8"))
        assert run["slug"] == path.stem
        assert run["tables"]
        assert all(len(row) == 3 for table in run["tables"] for row in table["rows"])


def test_formulas_and_arguments_of_docstrings_become_markdown() -> None:
    pytest.importorskip("griffe")
    given = (
        "Head :math:`a\n + b`.\n\n.. math:: x\n\n.. math::\n    y \\\\\n    z\n\n"
        "Args:\n    a, b: what\n        both are.\n    c: one.\n"
    )
    text = hook("docstrings").markdown_of(given)
    assert "`#!math a + b`" in text
    assert "```math\nx\n```" in text
    assert "```math\ny \\\\\nz\n```" in text
    assert "    a: what\n        both are.\n    b: what\n        both are.\n    c: one." in text


def test_a_record_is_what_a_run_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reproductions import _record, _table

    def main() -> None:
        _table.print_table("Title", [("claim", "yes", "no" if _table.is_quick("") else "yes")])

    monkeypatch.setattr(_record, "_module", lambda slug: SimpleNamespace(main=main))
    _record.record("one", ["--quick"], folder=tmp_path)
    document = json.loads((tmp_path / "one.json").read_text())
    assert document["quick"]
    assert document["tables"] == [{"title": "Title", "rows": [["claim", "yes", "no"]]}]
    _record.record("one", [], folder=tmp_path)
    assert _record.record("one", ["--quick"], folder=tmp_path) is None  # never in place of a full one
    assert json.loads((tmp_path / "one.json").read_text())["tables"][0]["rows"][0][2] == "yes"
    assert _table.LISTENERS == []
