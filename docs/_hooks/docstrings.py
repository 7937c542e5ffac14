"""Docstrings as the site's Markdown has them (an extension of griffe): formulas, arguments named together."""

from __future__ import annotations

import re
from textwrap import dedent, indent
from typing import Any

from griffe import Extension, Object

_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. math::(?P<first>[^\n]*)\n(?P<rest>(?:\n*(?P=indent) {2,}[^\n]+\n?)*)", re.MULTILINE
)
_INLINE = re.compile(r":math:`(?P<formula>[^`]+)`")
# "a, b: what both are", with the lines that go on with it.
_TOGETHER = re.compile(
    r"^(?P<indent> +)(?P<names>\w+(?:, \w+)+): (?P<text>[^\n]*(?:\n(?P=indent) +[^\n]+)*)", re.MULTILINE
)


def markdown_of(docstring: str) -> str:
    """The docstring with formulas as fences and inline code of the language `math`, one argument a line."""

    def fence(match: re.Match[str]) -> str:
        formula = "\n".join([match["first"].strip(), dedent(match["rest"]).strip("\n")]).strip("\n")
        return indent(f"\n```math\n{formula}\n```\n\n", match["indent"])

    text = _TOGETHER.sub(_one_by_one, _BLOCK.sub(fence, docstring))
    return _INLINE.sub(lambda match: f"`#!math {' '.join(match['formula'].split())}`", text)


def _one_by_one(match: re.Match[str]) -> str:
    return "\n".join(f"{match['indent']}{name}: {match['text']}" for name in match["names"].split(", "))


class DocstringsAsMarkdown(Extension):
    """Rewrites every docstring."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = markdown_of(obj.docstring.value)
