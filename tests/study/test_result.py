"""What may be told to a trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.space import Float, Space
from augury.study.result import (
    FAILED,
    Failure,
    Measurement,
    apart_from_notes,
    parse_result,
)
from augury.study.wrong_result import NonFiniteResultError

ONE, TWO = ["y"], ["y", "p"]


@pytest.mark.parametrize(
    ("outcomes", "told", "values", "stderrs"),
    [
        (ONE, 1, {"y": 1.0}, {}),
        (ONE, np.float32(0.5), {"y": 0.5}, {}),
        (ONE, np.array(2.0), {"y": 2.0}, {}),
        (ONE, [3.0], {"y": 3.0}, {}),
        (ONE, np.array([3.0]), {"y": 3.0}, {}),
        (ONE, (3.0, 0.1), {"y": 3.0}, {"y": 0.1}),
        (ONE, (3.0, None), {"y": 3.0}, {}),
        (ONE, {"y": (3.0, 0.0)}, {"y": 3.0}, {"y": 0.0}),
        (TWO, (1, 2), {"y": 1.0, "p": 2.0}, {}),
        (TWO, [(1, 0.1), 2], {"y": 1.0, "p": 2.0}, {"y": 0.1}),
        (TWO, {"p": 2, "y": None}, {"p": 2.0}, {}),
    ],
)
def test_results_are_normalised(
    outcomes: list[str], told: Any, values: dict[str, float], stderrs: dict[str, float]
) -> None:
    result = parse_result(outcomes, told)
    assert result == Measurement(values, stderrs)
    assert all(type(value) is float for value in result.values.values())


SPACE = Space({"a": (0.0, 2.0), "kind": ["p", "q"], "b": Float(0.1, 10.0, log=True)})


@pytest.mark.parametrize(
    "gradient",
    [[1.0, None, 2], (1.0, np.nan, 2.0), np.array([1.0, np.nan, 2.0]), {"a": 1, "b": np.float32(2.0)}],
)
def test_gradients_come_by_name_or_in_order(gradient: Any) -> None:
    expected = Measurement({"y": 3.0}, {}, {"y": {"a": 1.0, "b": 2.0}})
    assert parse_result(ONE, {"value": 3, "gradient": gradient}, SPACE.parameters) == expected
    assert parse_result(ONE, {"y": {"value": 3, "gradient": gradient}}, SPACE.parameters) == expected
    two = {"p": {"value": 1.0, "stderr": 0.5}, "y": {"value": 3, "gradient": gradient}}
    both = Measurement({"p": 1.0, "y": 3.0}, {"p": 0.5}, {"y": {"a": 1.0, "b": 2.0}})
    assert parse_result(TWO, two, SPACE.parameters) == both
    named = parse_result(["value"], {"value": 3, "gradient": gradient}, SPACE.parameters)
    assert named == Measurement({"value": 3.0}, {}, {"value": {"a": 1.0, "b": 2.0}})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"value": 1.0, "gradient": [1.0, 2.0]}, "one derivative per parameter"),
        ({"value": 1.0, "gradient": 1.0}, "one derivative per parameter"),
        ({"value": 1.0, "gradient": {"c": 1.0}}, "unknown parameter 'c'"),
        ({"value": 1.0, "gradient": {"kind": 1.0}}, "no derivative by 'kind'"),
        ({"value": 1.0, "gradient": {"a": "steep"}}, "finite number"),
        ({"value": 1.0, "gradient": {"a": np.inf}}, "finite number"),
        ({"y": {"gradient": {"a": 1.0}}}, "give 'value'"),
        ({"y": {"value": 1.0, "slope": 1.0}}, "'slope'"),
    ],
)
def test_bad_gradients_are_refused(entry: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        parse_result(ONE, entry, SPACE.parameters)


@pytest.mark.parametrize("failure", [FAILED, Failure("lost", transient=True)])
def test_failures_pass(failure: Failure) -> None:
    assert parse_result(ONE, failure) is failure


@pytest.mark.parametrize(
    ("outcomes", "told", "words"),
    [
        (ONE, None, "no outcome was measured"),
        (ONE, "high", "must be a number"),
        (ONE, (1, 2, 3), "3 values"),
        (ONE, [], "0 values"),
        (ONE, (1, -0.1), "0 or more"),
        (ONE, (1, "big"), "must be a number"),
        (ONE, {"z": 1}, "unknown outcome 'z'"),
        (TWO, 1, "2 outcomes"),
        (TWO, (1, 2, 3), "3 values"),
        (TWO, {"y": 1}, "lacks the outcome 'p'"),
        (TWO, {"y": None, "p": None}, "no outcome was measured"),
        (TWO, {"y": 1, "p": (1, 2, 3)}, "3 entries"),
        (TWO, {"y": 1, "p": 2, "q": 3}, "unknown outcome 'q'"),
        (ONE, object(), "must be a number"),
        (ONE, 10**400, "'y' is too large"),
        (ONE, (1, 10**5000), "standard error of 'y' is too large"),
    ],
)
def test_what_is_no_result_is_refused(outcomes: list[str], told: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        parse_result(outcomes, told)
    assert not isinstance(caught.value, NonFiniteResultError)


@pytest.mark.parametrize("told", [float("nan"), float("inf"), (1.0, float("nan")), {"y": -float("inf")}])
def test_results_that_are_not_finite_are_told_apart(told: Any) -> None:
    with pytest.raises(NonFiniteResultError, match="Failure"):
        parse_result(ONE, told)


NAN_AND_MORE = {"y": 1, "worst": float("nan"), "sampler": len, 3: 4}


@pytest.mark.parametrize(
    ("outcomes", "told", "belongs", "notes"),
    [
        (
            ONE,
            {"y": (1.0, 0.1), "hours": 2, "log": {"ok": True}},
            {"y": (1.0, 0.1)},
            {"hours": 2, "log": {"ok": True}},
        ),
        (TWO, {"p": 2, "y": 1, "q": np.arange(2)}, {"y": 1, "p": 2}, {"q": [0, 1]}),
        (ONE, NAN_AND_MORE, {"y": 1}, {"worst": "nan", "sampler": str(len), "3": 4}),
        (ONE, {"value": 1.0, "stderr": 0.1}, {"value": 1.0, "stderr": 0.1}, {}),
        (["value"], {"value": 1.0, "stderr": 0.1}, {"value": 1.0, "stderr": 0.1}, {}),
        (TWO, {"y": 1, "q": 3}, {"y": 1, "q": 3}, {}),
        (ONE, 3.0, 3.0, {}),
    ],
)
def test_what_is_told_beside_all_outcomes_is_a_note(
    outcomes: list[str], told: Any, belongs: Any, notes: Any
) -> None:
    assert apart_from_notes(outcomes, told) == (belongs, notes)
