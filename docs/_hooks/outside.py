"""Pages that live outside `docs/`, and links to them: included from where they are, never copied.

A line `<!-- include: README.md#methods -->` stands for that section of the file.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]

#: File of the repository -> page of the site.
PAGES = {
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "src/augury/models/prior_fitted/trained/README.md": "prior-fitted-model-card.md",
}
_SCRIPT = re.compile(r"reproductions/(?P<slug>\w+)(\.py|/)?$")
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s:]*)(?P<anchor>#[^)\s]*)?\)")
_INCLUDE = re.compile(r"^<!-- include: (?P<file>\S+)#(?P<section>\S+) -->$", re.MULTILINE)


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that live elsewhere."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Insert the sections that a page includes, and make links to files outside links within the site."""
    here = page.file.src_uri
    origin = next((source for source, name in PAGES.items() if name == here), f"docs/{here}")
    markdown = _INCLUDE.sub(lambda match: _section(match["file"], match["section"], here), markdown)
    return _relinked(markdown, origin, here)


def _section(file: str, section: str, here: str) -> str:
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    if found is None:
        raise ValueError(f"{here} includes the section {section!r} of {file}, which has none")
    return _relinked(found[1], file, here)


def _relinked(markdown: str, origin: str, here: str) -> str:
    """Links of a text from the file `origin` (both paths from the root), as seen from the page `here`."""

    def relink(match: re.Match[str]) -> str:
        target = match["target"]
        if not target or target.startswith("/"):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        page, anchor = _page_of(path, match["anchor"] or "")
        if page is None:  # a file that the site does not have: its name has to do
            return match["text"] if (ROOT / path).exists() else match[0]
        return f"[{match['text']}]({posixpath.relpath(page, posixpath.dirname(here) or '.')}{anchor})"

    return _LINK.sub(relink, markdown)


def _page_of(path: str, anchor: str) -> tuple[str | None, str]:
    if path in PAGES:
        return PAGES[path], anchor
    if path.startswith("docs/"):
        return path.removeprefix("docs/"), anchor
    script = _SCRIPT.match(path)
    if script and (ROOT / path).exists():
        return "reproductions.md", f"#{script['slug']}"
    return None, anchor
