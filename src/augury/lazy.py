"""Lazy packages: names that are imported on first use, so that importing a package costs milliseconds.

_ATTRIBUTES = {"Space": "augury.space.space"}
__all__ = sorted(_ATTRIBUTES)
__getattr__, __dir__ = lazy_attributes(__name__, _ATTRIBUTES)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def lazy_attributes(
    package: str, attributes: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package (PEP 562).

    Args:
        package: its `__name__`.
        attributes: name -> module in which it stands.
        modules: submodules that are attributes too.
    """

    def get(name: str) -> Any:
        if name in attributes:
            return getattr(import_module(attributes[name]), name)
        if name in modules:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def names() -> list[str]:
        # without what the package itself was made with: annotations, TYPE_CHECKING, this function
        own = vars(sys.modules[package]).items()
        kept = [name for name, value in own if name.startswith("_") or isinstance(value, ModuleType)]
        return sorted({*kept, *attributes, *modules})

    return get, names
