"""BoTorch test functions, its own and those of this room, as problems of augury.

Definitions, bounds and optima of `synthetic` are BoTorch's (`botorch.test_functions.synthetic`, after the
Virtual Library of Simulation Experiments, Surjanovic & Bingham 2013); nothing is rewritten here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from augury.errors import InvalidInputError
from augury.problems.problem import Problem
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space

if TYPE_CHECKING:
    from botorch.test_functions.base import BaseTestProblem
    from botorch.test_functions.synthetic import SyntheticTestFunction
    from torch import Tensor

OUTCOME = "value"


def synthetic(name: str, function: str, dim: int | None = None, *, noise: float = 0.0) -> Problem:
    """A BoTorch synthetic test function as a Problem with parameters `x1` ... `xd`, to be minimised.

    Args:
        name: the name of the problem.
        function: the class in `botorch.test_functions`, such as "Branin" or "Ackley".
        dim: number of parameters, for the classes that take it.
        noise: standard deviation of the measurement noise.

    Raises:
        InvalidInputError: BoTorch has no synthetic test function of that name.
    """
    from botorch.test_functions import synthetic as botorch_functions

    kind = getattr(botorch_functions, function, None)
    base = botorch_functions.SyntheticTestFunction
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise InvalidInputError(f"BoTorch has no synthetic test function {function!r}")
    # Cosine8 is the one that is a maximisation in BoTorch; negated, all of them are minimisations.
    arguments: dict[str, Any] = {"negate": function == "Cosine8"} | ({} if dim is None else {"dim": dim})
    return of_test_function(name, kind(**arguments), noise=noise)


def of_test_function(
    name: str,
    function: SyntheticTestFunction,
    *,
    best_known: float | None = None,
    categories: Sequence[str] | None = None,
    noise: float = 0.0,
) -> Problem:
    """A test function of one outcome as a Problem, minimised or maximised as the function says.

    Args:
        name: the name of the problem.
        function: the test function.
        best_known: the best value known, where the function has no known optimum.
        categories: see `space_of`.
        noise: standard deviation of the measurement noise.
    """
    space = space_of(function, categories)
    values = evaluator(function, space)
    goal = Minimize(OUTCOME) if function.is_minimization_problem else Maximize(OUTCOME)
    optimum = function.optimal_value if best_known is None else best_known
    return Problem(name, space, Goals.of(goal), lambda params: float(values(params)), float(optimum), noise)


def space_of(function: BaseTestProblem, categories: Sequence[str] | None = None) -> Space:
    """The inputs of a test function, `x1` ... `xd`, with its bounds and types.

    Args:
        function: the test function.
        categories: names of the choices of its categorical inputs; "0", "1", ... by default.
    """
    parameters: dict[str, Any] = {}
    bounds: Any = function.bounds
    for i, (low, high) in enumerate(bounds.T.tolist()):
        if i in function.categorical_inds:
            choices = [str(code) for code in range(int(high) + 1)] if categories is None else categories
            parameters[f"x{i + 1}"] = Categorical(list(choices))
        elif i in function.discrete_inds:
            parameters[f"x{i + 1}"] = Int(int(low), int(high))
        else:
            parameters[f"x{i + 1}"] = Float(low, high)
    return Space(parameters)


def evaluator(function: BaseTestProblem, space: Space) -> Callable[[Mapping[str, Any]], Tensor]:
    """`params -> ` the outcomes of a test function without noise, negated where it is `negate`d."""
    import torch

    codes = {
        name: {choice: float(code) for code, choice in enumerate(parameter.values)}
        for name, parameter in space.parameters.items()
        if isinstance(parameter, Categorical)
    }

    def evaluate(params: Mapping[str, Any]) -> Tensor:
        row = [codes[key][params[key]] if key in codes else float(params[key]) for key in space.names]
        with torch.no_grad():
            value = function.evaluate_true(torch.tensor([row], dtype=torch.float64))[0]
        return -value if function.negate else value

    return evaluate
