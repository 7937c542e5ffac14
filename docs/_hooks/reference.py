"""The API reference: a line `<!-- api: augury.models -->` stands for every public name of that room."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_MARK = re.compile(r"^<!-- api: (?P<room>[\w.]+)(?P<left_out>( -\w+)*) -->$", re.MULTILINE)


def on_config(config: Any) -> Any:
    """The rooms are imported to learn their public names, from this checkout."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "src"))
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Ask mkdocstrings for each name."""
    return _MARK.sub(_names, markdown)


def _names(match: re.Match[str]) -> str:
    room = import_module(match["room"])
    left_out = {name.removeprefix("-") for name in match["left_out"].split()}
    names = [name for name in room.__all__ if name not in left_out and not name.startswith("_")]
    return "\n\n".join(f"::: {match['room']}.{name}" for name in names)
