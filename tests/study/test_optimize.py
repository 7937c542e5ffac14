"""The three-line face."""

from __future__ import annotations

from pathlib import Path

import pytest

import augury
from augury.errors import InvalidInputError

SPACE = {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}


def test_minimize_and_maximize(capsys: pytest.CaptureFixture[str]) -> None:
    low = augury.minimize(lambda x, n: x * n, SPACE, 30, strategy="random", seed=1)
    high = augury.maximize(lambda p: p["x"] * p["n"], SPACE, budget=30, strategy="random", seed=1)
    values = [trial.values["value"] for trial in low.trials]
    assert low.value == min(values)
    assert high.value == max(values)
    assert low.params is not None
    assert low.params["x"] * low.params["n"] == low.value
    assert capsys.readouterr() == ("", "")


def test_the_same_call_continues(tmp_path: Path) -> None:
    calls: list[float] = []
    for _ in range(2):
        augury.minimize(
            lambda x: calls.append(x) or x, {"x": (0.0, 1.0)}, 5, strategy="random", store=tmp_path / "s.db"
        )
    assert len(calls) == 5


def test_limits_on_further_outcomes() -> None:
    result = augury.maximize(
        lambda x: {"yield": x, "pressure": x},
        {"x": (0.0, 1.0)},
        20,
        strategy="random",
        seed=1,
        outcome="yield",
        constraints=[augury.Constraint("pressure", upper=0.5)],
    )
    assert result.value is not None
    assert 0.0 < result.value <= 0.5


def test_a_bad_budget_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="budget"):
        augury.minimize(lambda x: x, {"x": (0.0, 1.0)}, 0, store=tmp_path / "s.db")
    assert list(tmp_path.iterdir()) == []
