"""Packages that import their names on first use."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import augury

LAZY = [
    name
    for name in (
        "augury",
        *(f"augury.{room.name}" for room in pkgutil.iter_modules(augury.__path__) if room.ispkg),
    )
    if hasattr(importlib.import_module(name), "_ATTRIBUTES")
]


def test_there_are_lazy_packages() -> None:
    assert {"augury", "augury.space", "augury.study"} <= set(LAZY)


@pytest.mark.parametrize("name", LAZY)
def test_every_name_is_there_and_listed(name: str) -> None:
    package = importlib.import_module(name)
    for attribute in package.__all__:
        assert getattr(package, attribute) is not None
        assert attribute in dir(package)
    assert "__name__" in dir(package)
    assert not {"TYPE_CHECKING", "annotations", "lazy_attributes"} & set(dir(package))
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("room", sorted(augury._ROOMS))
def test_each_room_is_there_and_listed(room: str) -> None:
    assert getattr(augury, room).__name__ == f"augury.{room}"
    assert room in dir(augury)


def test_rooms_are_attributes_of_augury() -> None:
    code = "import augury, sys; assert 'augury.space' not in sys.modules; augury.space.Space; dir(augury)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
