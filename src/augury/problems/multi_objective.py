"""Problems with several objectives: what is measured is a value for each, what is sought a Pareto set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.problems.test_functions import evaluator, space_of
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.space import Space

if TYPE_CHECKING:
    from botorch.test_functions.base import MultiObjectiveTestProblem


@dataclass(frozen=True)
class MultiObjectiveProblem:
    """A test problem with several objectives.

    Args:
        name: what it is called in `MULTI_OBJECTIVE_PROBLEMS`.
        space: the parameters.
        goals: the objectives.
        function: `params -> {outcome: value}`, without noise.
        reference_point: outcome -> the worst value that counts; hypervolumes are measured from there.
        max_hypervolume: of the best Pareto front, or None where it is not known.
    """

    name: str
    space: Space
    goals: Goals
    function: Callable[[Mapping[str, Any]], dict[str, float]]
    reference_point: dict[str, float]
    max_hypervolume: float | None = None


def of_multi_objective(name: str, function: MultiObjectiveTestProblem) -> MultiObjectiveProblem:
    """A multi-objective test function, whose outcomes `value1`, `value2`, ... are all to be minimised."""
    outcomes = [f"value{i + 1}" for i in range(function.num_objectives)]
    space = space_of(function)
    values = evaluator(function, space)
    point: Any = function.ref_point
    reference = dict(zip(outcomes, point.tolist(), strict=True))
    try:
        largest = float(function.max_hv)
    except NotImplementedError:
        largest = None
    return MultiObjectiveProblem(
        name,
        space,
        Goals([Minimize(outcome) for outcome in outcomes]),
        lambda params: dict(zip(outcomes, values(params).tolist(), strict=True)),
        reference,
        largest,
    )


def botorch_multi_objective(name: str, function: str, **arguments: Any) -> MultiObjectiveProblem:
    """A class of `botorch.test_functions.multi_objective` by its name."""
    from botorch.test_functions import multi_objective as botorch_functions

    kind = getattr(botorch_functions, function, None)
    if not isinstance(kind, type) or not issubclass(kind, botorch_functions.MultiObjectiveTestProblem):
        raise InvalidInputError(f"BoTorch has no multi-objective test function {function!r}")
    return of_multi_objective(name, kind(**arguments))


def real_world(name: str, design: str) -> MultiObjectiveProblem:
    """A class of `augury.problems.real_world` by its name."""
    from augury.problems import real_world as designs

    function: MultiObjectiveTestProblem = getattr(designs, design)()
    return of_multi_objective(name, function)
