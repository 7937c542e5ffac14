"""The limits of a run, checked before anything is started."""

from __future__ import annotations

import math
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


def check_timeout(timeout: Any) -> None:
    """Refuses what is no time limit."""
    if timeout is None:
        return
    is_number = isinstance(timeout, (int, float, np.number)) and not isinstance(timeout, bool)
    if not is_number or not math.isfinite(timeout) or timeout <= 0:
        raise InvalidInputError(f"timeout is {timeout!r}; it must be a number of seconds above 0, or None")
