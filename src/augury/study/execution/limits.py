"""The limits of a run, checked before anything is started."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from augury.errors import InvalidInputError
from augury.study.costs import CostBudget

if TYPE_CHECKING:
    from augury.space.space import Space


def check_budgets(budget: Any, cost_budget: Any, space: Space) -> tuple[int | None, CostBudget | None]:
    """The limits of a run, checked.

    Raises:
        InvalidInputError: a limit that is none, or no limit at all.
    """
    if budget is None and cost_budget is None:
        raise InvalidInputError("the run has no limit; give budget= (evaluations) or cost_budget=")
    return (
        None if budget is None else check_budget(budget),
        None if cost_budget is None else CostBudget(cost_budget, space),
    )


def check_budget(budget: int) -> int:
    """`budget` if it is a number of evaluations."""
    check_count("budget", budget)
    return int(budget)


def check_count(what: str, given: Any) -> None:
    """Refuses what is no number of evaluations or workers."""
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < 1:
        raise InvalidInputError(f"{what} is {given!r}; it must be a whole number, at least 1")


def check_calls(callbacks: Any, stop: Any) -> list[Callable[..., object]]:
    """The callbacks of a run as a list, once they and `stop` are known to be functions.

    Raises:
        InvalidInputError: they are not; a single callback, outside of a list.
    """
    if callable(callbacks) or not isinstance(callbacks, Iterable):
        raise InvalidInputError(f"callbacks is {callbacks!r}; give a list of functions (study, trial)")
    calls = list(callbacks)
    for one in calls:
        if not callable(one):
            raise InvalidInputError(f"a callback is {one!r}; each must be a function (study, trial)")
    if stop is not None and not callable(stop):
        raise InvalidInputError(f"stop is {stop!r}; it must be a function (study) -> bool, or None")
    return calls


def check_timeout(timeout: Any) -> None:
    """Refuses what is no time limit."""
    if timeout is None:
        return
    is_number = isinstance(timeout, (int, float, np.number)) and not isinstance(timeout, bool)
    if not is_number or not math.isfinite(timeout) or timeout <= 0:
        raise InvalidInputError(f"timeout is {timeout!r}; it must be a number of seconds above 0, or None")
