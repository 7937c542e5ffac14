"""Strategy, model and acquisition as a study keeps them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from augury.errors import InvalidInputError
from augury.strategies.random_search import RandomSearch
from augury.study.parts import Parts


def test_objects_are_not_kept() -> None:
    strategy = RandomSearch()
    parts = Parts(strategy, "auto", "auto")
    parts.check()
    assert parts.strategy is strategy
    assert parts.settings == {"strategy": None, "model": "auto", "acquisition": "auto"}


def test_the_strategy_is_made_once() -> None:
    parts = Parts("random", "auto", "auto")
    assert parts.strategy is parts.strategy


@pytest.mark.parametrize(
    ("settings", "given", "strategy"),
    [
        ({"strategy": "sobol", "model": "auto", "acquisition": "auto"}, None, "sobol"),
        ({"strategy": "sobol", "model": "auto", "acquisition": "auto"}, "random", "random"),
        ({"strategy": None, "model": "auto", "acquisition": None}, None, "auto"),
        ({}, None, "auto"),
    ],
)
def test_what_is_given_goes_before_what_is_stored(
    settings: dict[str, Any], given: str | None, strategy: str
) -> None:
    restored = Parts.restored(settings, strategy=given, model=None, acquisition=None)
    assert restored.settings == {"strategy": strategy, "model": "auto", "acquisition": "auto"}


@pytest.mark.parametrize("parts", [("oracle", "auto", "auto"), ("random", "gp", "auto"), (3, "auto", "auto")])
def test_bad_parts_are_refused(parts: tuple[Any, Any, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Parts(*parts).check()


def test_a_name_is_checked_without_torch() -> None:
    code = (
        "import sys; from augury.study.parts import Parts; Parts('auto', 'auto', 'auto').check();"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
