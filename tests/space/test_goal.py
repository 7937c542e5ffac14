"""A single goal: as text, and what it may not be."""

from __future__ import annotations

from typing import Any

import pytest

from augury.errors import InvalidInputError
from augury.space.goal import Constraint, Maximize, Minimize, goal_of


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("max:yield", Maximize("yield")),
        ("min:cost", Minimize("cost")),
        ("pressure <= 5", Constraint("pressure", upper=5.0)),
        ("purity >= 0.95", Constraint("purity", lower=0.95)),
    ],
)
def test_a_goal_is_told_as_it_is_read(text: str, goal: Any) -> None:
    assert goal_of(text) == goal
    assert str(goal) == text


def test_what_text_cannot_say_is_told_beside_it() -> None:
    assert str(Minimize("cost", threshold=3.0, risk="cvar", level=0.9)) == (
        "min:cost (threshold 3.0, risk cvar, level 0.9)"
    )
    assert str(Constraint("p", upper=2.0, lower=1.0)) == "1 <= p <= 2"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Minimize(""), "non-empty"),
        (lambda: Minimize(3), "non-empty"),  # type: ignore[arg-type]
        (lambda: Constraint("p"), "needs an upper or a lower limit"),
        (lambda: Constraint("p", upper=1, lower=2), "lower=2.0 is above upper=1.0"),
        (lambda: Constraint("p", upper="5"), "upper='5' must be a finite number"),  # type: ignore[arg-type]
        (lambda: Constraint("p", upper=True), "upper=True must be a finite number"),
    ],
)
def test_a_bad_goal_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), "3", True])
def test_a_threshold_that_is_no_finite_number_is_refused(threshold):
    with pytest.raises(InvalidInputError, match="threshold"):
        Minimize("cost", threshold=threshold)
