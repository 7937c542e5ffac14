"""The three-line face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (augury.Constraint("c", upper=1.0), "give a list of limits"),
        ("c<=1", "give a list of limits"),
        ([augury.Minimize("c")], "the objective 'c'; give limits alone"),
    ],
)
def test_what_is_no_list_of_limits_is_refused(constraints: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        augury.minimize(lambda x: {"value": x, "c": x}, {"x": (0.0, 1.0)}, 3, constraints=constraints)


def test_a_pruner_may_be_chosen() -> None:
    def never_good(x: float, trial: augury.Trial) -> float:
        trial.report(0, float(trial.number))
        if trial.should_prune():
            raise augury.Pruned
        return x

    options: dict[str, Any] = {"strategy": "random", "seed": 0}
    space = {"x": (0.0, 1.0)}
    pruned = augury.minimize(
        never_good, space, 8, pruner={"name": "median", "n_startup_trials": 1}, **options
    )
    assert "pruned" in {trial.status for trial in pruned.trials}
    kept = augury.minimize(never_good, space, 8, pruner="none", **options)
    assert {trial.status for trial in kept.trials} == {"complete"}
