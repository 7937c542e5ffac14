from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals

GOALS = Goals.of([Constraint("p", upper=5.0), Minimize("cost"), Constraint("q", lower=-1.0, upper=1.0)])
NAN = float("nan")


@pytest.mark.parametrize(
    ("given", "goals"),
    [
        ("max:yield", [Maximize("yield")]),
        ("min: cost ", [Minimize("cost")]),
        (Minimize("y"), [Minimize("y")]),
        (("min:cost", "pressure<=5"), [Minimize("cost"), Constraint("pressure", upper=5.0)]),
        (["purity >= 0.95", "max:y"], [Maximize("y"), Constraint("purity", lower=0.95)]),
        (["max:a:b", "min:x<=3"], [Maximize("a:b"), Minimize("x<=3")]),
        (GOALS, [Minimize("cost"), Constraint("p", upper=5.0), Constraint("q", lower=-1.0, upper=1.0)]),
    ],
)
def test_goals_are_read(given: Any, goals: list[Any]) -> None:
    assert Goals.of(given) == Goals(goals)
    assert Goals.of(given).outcomes == [goal.name for goal in goals]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Goals.of("yield"), "'yield' is not a goal"),
        (lambda: Goals.of("maximise:yield"), "is not a goal"),
        (lambda: Goals.of("max:"), "non-empty"),
        (lambda: Goals.of(3), "3 is not a goal"),
        (lambda: Goals.of(None), "None is not a goal"),
        (lambda: Goals.of({"yield": "max"}), "is not a goal"),
        (lambda: Goals.of(["min:a", "p<=high"]), "'high' is not a number"),
        (lambda: Goals.of(["min:a", "p<=nan"]), "upper=nan must be a finite number"),
        (lambda: Goals.of([]), "no objective"),
        (lambda: Goals.of("p<=5"), "no objective"),
        (lambda: Goals.of(["min:a", "max:a"]), "'a' has two goals"),
        (lambda: Goals.of(["min:a", "a<=3"]), "'a' has two goals"),
    ],
)
def test_bad_goals_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make()


def test_outcomes_are_stored_objectives_first() -> None:
    assert GOALS.outcomes == ["cost", "p", "q"]
    assert (GOALS.n_outcomes, GOALS.n_objectives) == (3, 1)
    assert GOALS.objective_columns == [0]
    assert GOALS.constraint_terms == [(1, 1.0, -5.0), (2, 1.0, -1.0), (2, -1.0, -1.0)]


@given(arrays(np.float64, (6, 3), elements=st.floats(-10, 10)))
def test_terms_say_what_values_compute(Y: np.ndarray) -> None:
    expected = [sign * Y[:, column] + offset for column, sign, offset in GOALS.constraint_terms]
    np.testing.assert_array_equal(GOALS.constraint_values(Y), np.stack(expected, axis=1))
    within = (Y[:, 1] <= 5.0) & (Y[:, 2] <= 1.0) & (Y[:, 2] >= -1.0)
    np.testing.assert_array_equal(GOALS.feasible(Y), within)
    np.testing.assert_array_equal(GOALS.objective_values(Y), -Y[:, :1])


@given(arrays(np.float64, (6, 3), elements=st.floats(-10, 10)), arrays(bool, 6))
def test_the_best_row_is_complete_feasible_and_unbeaten(Y: np.ndarray, complete: np.ndarray) -> None:
    best = GOALS.best_index(Y, complete)
    allowed = complete & GOALS.feasible(Y)
    if best is None:
        assert not allowed.any()
    else:
        assert allowed[best]
        assert Y[best, 0] == Y[allowed, 0].min()


def test_an_outcome_not_measured_is_never_best() -> None:
    Y = np.array([[NAN, 0.0, 0.0], [2.0, NAN, 0.0], [3.0, 0.0, 0.0]])
    assert GOALS.best_index(Y, np.ones(3, dtype=bool)) == 2
    assert Goals.of("max:y").best_index(np.array([[NAN]]), np.array([True])) is None


def test_several_objectives_have_no_best_row() -> None:
    goals = Goals.of(["max:a", "min:b"])
    np.testing.assert_array_equal(goals.objective_values(np.array([[1.0, 2.0]])), [[1.0, -2.0]])
    with pytest.raises(NotSupportedError, match="several objectives"):
        goals.best_index(np.zeros((1, 2)), np.array([True]))


def test_without_constraints_everything_is_feasible() -> None:
    goals = Goals.of("max:y")
    assert goals.constraint_values(np.zeros((4, 1))).shape == (4, 0)
    assert goals.feasible(np.full((4, 1), NAN)).all()


def test_goals_are_told_as_they_are_read() -> None:
    text = ["max:yield", "min:cost", "pressure <= 5", "purity >= 0.95"]
    assert str(Goals.of(text)) == ", ".join(text)


def test_the_schema_survives_json() -> None:
    for goals in (GOALS, Goals.of("max:y"), Goals.of(["min:a", "max:b"])):
        assert Goals.from_dict(json.loads(json.dumps(goals.to_dict()))) == goals
    with pytest.raises(InvalidInputError, match="version 2"):
        Goals.from_dict(GOALS.to_dict() | {"version": 2})


def test_thresholds_are_kept_and_point_in_the_direction_of_maximisation():
    goals = Goals([Minimize("cost", threshold=3.0), Maximize("yield", threshold=2.0), Maximize("purity")])
    np.testing.assert_array_equal(goals.thresholds, [-3.0, 2.0, np.nan])
    assert Goals.from_dict(goals.to_dict()) == goals
    assert goals != Goals([Minimize("cost"), Maximize("yield", threshold=2.0), Maximize("purity")])
    assert "threshold" not in Goals([Minimize("cost")]).to_dict()["objectives"][0]
