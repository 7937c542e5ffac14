"""How a function gets its parameters, and what becomes of what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from augury.errors import InvalidInputError
from augury.study.execution.objective import Objective, plain
from augury.study.result import Failure
from augury.study.trial import Trial

PARAMS = {"x": 2.0, "n": 3}


class Model:
    def __call__(self, params: dict[str, Any]) -> float:
        return params["x"] * params["n"]

    def by_name(self, x: float, n: int) -> float:
        return x * n


@pytest.mark.parametrize(
    "function",
    [
        lambda params: params["x"] * params["n"],
        lambda params, scale=1.0: params["x"] * params["n"] * scale,
        lambda params=None: params["x"] * params["n"],
        lambda *args: args[0]["x"] * args[0]["n"],
        lambda x, n: x * n,
        lambda n, x, scale=1.0: x * n * scale,
        lambda **params: params["x"] * params["n"],
        lambda x, **others: x * others["n"],
        Model(),
        Model().by_name,
    ],
)
def test_parameters_come_as_the_function_wants_them(function: Callable[..., Any]) -> None:
    assert Objective(function, PARAMS).evaluate(Trial(0, PARAMS)) == 6.0


def test_one_parameter_can_come_either_way() -> None:
    assert Objective(lambda x: x + 1.0, ["x"]).evaluate(Trial(0, {"x": 2.0})) == 3.0
    assert Objective(lambda point: point["x"] + 1.0, ["x"]).evaluate(Trial(0, {"x": 2.0})) == 3.0


@pytest.mark.parametrize("function", [lambda: 1.0, lambda a, b: 1.0, lambda x, y: 1.0, 3, "f", None])
def test_functions_that_fit_neither_way_are_refused(function: Any) -> None:
    with pytest.raises(InvalidInputError):
        Objective(function, PARAMS)


def test_conditional_parameters_by_name_need_a_default() -> None:
    names, conditional = ["kind", "rate"], ["rate"]
    with pytest.raises(InvalidInputError, match=r"needs the argument 'rate'.*rate=None"):
        Objective(lambda kind, rate: 1.0, names, conditional)
    for function in (lambda kind, rate=0.5: 1.0, lambda kind, **rest: 1.0, lambda params: 1.0):
        assert Objective(function, names, conditional).evaluate(Trial(0, {"kind": "a"})) == 1.0


def test_the_function_cannot_change_the_trial() -> None:
    given = dict(PARAMS)
    Objective(lambda params: params.clear(), PARAMS).evaluate(Trial(0, given))
    assert given == PARAMS


@pytest.mark.parametrize(
    "error", [ValueError("too hot"), SystemExit(3), MemoryError(), RecursionError("deep")]
)
def test_exceptions_are_failures_with_their_traceback(error: BaseException) -> None:
    def function(params: dict[str, Any]) -> float:
        raise error

    result = Objective(function, PARAMS).evaluate(Trial(0, PARAMS))
    assert isinstance(result, Failure)
    assert result.reason.startswith(type(error).__name__)
    assert result.traceback is not None
    assert "raise error" in result.traceback


def test_ctrl_c_is_no_failure() -> None:
    def function(params: dict[str, Any]) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Objective(function, PARAMS).evaluate(Trial(0, PARAMS))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.array(2), 2.0),
        (np.array([[1.0, 2.0]]), [[1.0, 2.0]]),
        ({"y": np.float32(0.5), "p": None}, {"y": 0.5, "p": None}),
        ((1, (2, 3)), [1.0, [2.0, 3.0]]),
        ([10**400], [10**400]),
        ("high", "high"),
        (None, None),
        (Failure("x"), Failure("x")),
    ],
)
def test_results_become_plain(result: Any, expected: Any) -> None:
    assert plain(result) == expected
    assert type(plain(result)) is type(expected)


def test_what_is_no_result_becomes_its_text() -> None:
    assert plain(print) == repr(print)
