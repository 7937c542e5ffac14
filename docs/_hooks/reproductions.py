"""The page of reproductions, from the scripts and from what their runs left in reproductions/records."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "reproductions"
_MARK = "<!-- reproductions -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables of all reproductions where a page asks for them."""
    return markdown.replace(_MARK, "\n".join(map(section, slugs()))) if _MARK in markdown else markdown


def slugs() -> list[str]:
    """The names of all reproductions: `python -m reproductions.<slug>`."""
    scripts = {path.stem for path in SCRIPTS.glob("[a-z]*.py")}
    return sorted(scripts | {path.parent.name for path in SCRIPTS.glob("*/__main__.py")})


def section(slug: str) -> str:
    """What a reproduction says it does, and the tables of its last recorded run."""
    path = SCRIPTS / f"{slug}.py"
    path = path if path.exists() else SCRIPTS / slug / "__main__.py"
    about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    parts = [f"## {slug}", "", about, ""]
    record = SCRIPTS / "records" / f"{slug}.json"
    if not record.exists():
        return "\n".join([*parts, "No run of it is on record.", ""])
    run = json.loads(record.read_text(encoding="utf-8"))
    size = "a quick run (`--quick`), smaller than what the claims ask for" if run["quick"] else "a full run"
    parts += [f"Measured on {run['date']}: {size}, {run['cpu_seconds']} CPU seconds.", ""]
    for table in run["tables"]:
        parts += [
            f"**{_cell(table['title'])}**",
            "",
            "| claim | published | measured here |",
            "|---|---|---|",
        ]
        parts += [f"| {' | '.join(map(_cell, row))} |" for row in table["rows"]]
        parts.append("")
    return "\n".join(parts)


def _cell(text: str) -> str:
    for special in "\\|*_<[`":
        text = text.replace(special, f"\\{special}" if special != "<" else "&lt;")
    return " ".join(text.split())
