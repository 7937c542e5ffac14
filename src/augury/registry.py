"""A registry: names of parts, loaded only when asked for, and open to third parties by entry points."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from augury.errors import InvalidInputError


class Registry:
    """Maps a part's name to its import path (`"package.module:attribute"`) and imports it on demand.

    Args:
        kind: what the parts are, in the singular, for messages ("model", "strategy").
        group: the entry-point group in which other packages register parts ("augury.models").
        builtin: name -> import path of the parts shipped here; these win over entry points.
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind = kind
        self.group = group
        self._builtin = {
            name: EntryPoint(name=name, value=path, group=group) for name, path in builtin.items()
        }
        self._loaded: dict[str, Any] = {}

    def names(self) -> list[str]:
        """All known names, built-in ones first."""
        others = sorted(point.name for point in entry_points(group=self.group))
        return list(dict.fromkeys([*self._builtin, *others]))

    def __contains__(self, name: str) -> bool:
        """Whether there is a part of that name; other packages are asked only when it is not built in."""
        return name in self._builtin or name in self.names()

    def name_of(self, path: str) -> str | None:
        """The first name of the part at an import path (`"package.module:attribute"`), or None."""
        for known in self._builtin.values():
            if known.value == path:
                return known.name
        return next((other.name for other in entry_points(group=self.group) if other.value == path), None)

    def load(self, name: str) -> Any:
        """The part called `name`.

        Raises:
            InvalidInputError: no part has that name.
        """
        if name in self._loaded:
            return self._loaded[name]
        if name in self._builtin:
            point = self._builtin[name]
            part = self._loaded[name] = getattr(import_module(point.module), point.attr)
            return part
        for point in entry_points(group=self.group, name=name):
            return point.load()
        allowed = ", ".join(repr(known) for known in self.names())
        raise InvalidInputError(f"there is no {self.kind} called {name!r}; choose one of {allowed}")
