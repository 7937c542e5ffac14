"""Choices that are no categories of a Space (None, tuples, objects), by labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augury.space.categorical import category_key


class Labels:
    """Stands for the choices of some parameters by text, where a Space cannot hold them themselves.

    Args:
        choices: parameter name -> all its choices.
    """

    def __init__(self, choices: Mapping[str, Sequence[Any]]) -> None:
        self._values: dict[str, dict[str, Any]] = {}
        for name, values in choices.items():
            keys = [category_key(value) for value in values]
            if any(key is None for key in keys) or len(set(keys)) < len(keys):
                self._values[name] = {f"{i}: {_text(value)}": value for i, value in enumerate(values)}

    def __contains__(self, name: str) -> bool:
        """Whether a parameter's choices have labels."""
        return name in self._values

    def of(self, name: str) -> list[str]:
        """The labels of a parameter's choices, in their order."""
        return list(self._values[name])

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params with the choices instead of labels."""
        return {
            name: self._values[name][value] if name in self._values else value
            for name, value in params.items()
        }


def _text(value: Any) -> str:
    """What identifies a choice to a reader, in a line."""
    return " ".join(repr(value).split())[:60]
