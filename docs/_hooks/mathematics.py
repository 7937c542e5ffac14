"""Formulas as MathML, made while the site is built: no script, and nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from latex2mathml.converter import convert


def on_config(config: Any) -> Any:
    """Fences called `math`, and inline code that begins with `#!math`, are LaTeX."""
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [{"name": "math", "class": "math", "format": _block}]
    inline = config.mdx_configs.setdefault("pymdownx.inlinehilite", {})
    inline["custom_inline"] = [{"name": "math", "class": "math", "format": _inline}]
    return config


def _block(source: str, *_: Any, **__: Any) -> str:
    return f"<p>{_converted(source, 'block')}</p>"


def _inline(source: str, *_: Any, **__: Any) -> str:
    return _converted(source, "inline")


def _converted(source: str, display: str) -> str:
    try:
        return str(convert(" ".join(source.split()), display=display))
    except Exception as error:
        raise ValueError(f"LaTeX that cannot be read: {escape(source)}") from error
