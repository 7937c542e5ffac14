"""Registries answer for what is built in without asking other packages."""

from __future__ import annotations

import pytest

from augury import registry
from augury.errors import InvalidInputError
from augury.registry import Registry

PARTS = Registry("part", "augury.no_such_group", {"path": "pathlib:Path"})


def test_a_part_is_known_by_its_name() -> None:
    from pathlib import Path

    assert "path" in PARTS
    assert "road" not in PARTS
    assert PARTS.names() == ["path"]
    assert PARTS.load("path") is Path
    with pytest.raises(InvalidInputError, match="no part called 'road'; choose one of 'path'"):
        PARTS.load("road")


def test_what_is_built_in_is_known_without_a_look_at_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: str) -> None:
        raise AssertionError("the installed packages were searched")

    monkeypatch.setattr(registry, "entry_points", refuse)
    assert "path" in PARTS
    PARTS.load("path")
