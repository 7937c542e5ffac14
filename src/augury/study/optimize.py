"""The three-line face: `minimize` and `maximize`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.study.execution.limits import check_budget
from augury.study.store import Store
from augury.study.study import Study

if TYPE_CHECKING:
    from augury.strategies.base import Strategy


def minimize(
    function: Callable[..., Any],
    space: Any,
    budget: int,
    *,
    name: str = "default",
    strategy: str | type[Strategy] | Strategy = "auto",
    model: Any = "auto",
    acquisition: Any = "auto",
    pruner: Any = "auto",
    store: str | os.PathLike[str] | Store | None = None,
    seed: int | None = None,
    outcome: str = "value",
    constraints: Sequence[Constraint | str] = (),
    risk: str | None = None,
    level: float | None = None,
    **run_options: Any,
) -> Study:
    """Finds parameters at which `function` is small, with `budget` evaluations.

        result = augury.minimize(f, {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}, budget=40)
        print(result.params, result.value)

    Args:
        function: gets the parameters as one dict, or by name when its arguments are named like them.
        space: a `Space`, or its short form.
        budget: how many evaluations.
        store: keeps the study, so that the same call continues it after an interruption; None: memory only.
        outcome: what the function's value is called.
        constraints: limits on further outcomes (`Constraint`, or text such as "pressure<=5"); the function
            then returns {name: value}.
        risk, level: what is minimised where parameters are random in use, as in `augury.Minimize`.
        name, strategy, model, acquisition, pruner, seed: as in `Study`.
        run_options: workers, timeout, executor, callbacks, stop: as in `Study.run`.

    Returns:
        The study; its `params` and `value` are the best found.

    Raises:
        InvalidInputError: bad arguments, or a function that returns no result.
    """
    parts = {"strategy": strategy, "model": model, "acquisition": acquisition, "pruner": pruner}
    goals = _goals(Minimize(outcome, risk=risk, level=level), constraints)
    return _run(
        function, budget, run_options, space=space, goals=goals, name=name, store=store, seed=seed, **parts
    )


def maximize(
    function: Callable[..., Any],
    space: Any,
    budget: int,
    *,
    name: str = "default",
    strategy: str | type[Strategy] | Strategy = "auto",
    model: Any = "auto",
    acquisition: Any = "auto",
    pruner: Any = "auto",
    store: str | os.PathLike[str] | Store | None = None,
    seed: int | None = None,
    outcome: str = "value",
    constraints: Sequence[Constraint | str] = (),
    risk: str | None = None,
    level: float | None = None,
    **run_options: Any,
) -> Study:
    """Finds parameters at which `function` is large; everything else as in `minimize`."""
    parts = {"strategy": strategy, "model": model, "acquisition": acquisition, "pruner": pruner}
    goals = _goals(Maximize(outcome, risk=risk, level=level), constraints)
    return _run(
        function, budget, run_options, space=space, goals=goals, name=name, store=store, seed=seed, **parts
    )


def _goals(objective: Minimize | Maximize, constraints: Sequence[Constraint | str]) -> Goals:
    if isinstance(constraints, (str, Constraint)) or not isinstance(constraints, Iterable):
        raise InvalidInputError(f"constraints is {constraints!r}; give a list of limits")
    goals = Goals.of([objective, *constraints])
    if goals.n_objectives > 1:
        raise InvalidInputError(
            f"constraints has the objective {goals.objectives[1].name!r}; give limits alone, and several "
            "objectives to a Study"
        )
    return goals


def _run(
    function: Callable[..., Any], budget: int, run_options: Mapping[str, Any], **definition: Any
) -> Study:
    """Makes the study, once the budget is known to be one, and runs it."""
    check_budget(budget)
    study = Study(**definition)
    study.run(function, budget, **run_options)
    return study
