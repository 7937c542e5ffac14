"""Synthetic test functions: those of BoTorch as problems of augury, to be minimised.

Definitions, bounds and optima are BoTorch's (`botorch.test_functions.synthetic`, after the Virtual Library of
Simulation Experiments, Surjanovic & Bingham 2013); nothing is rewritten here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.errors import InvalidInputError
from augury.problems.problem import Problem
from augury.space.goals import Goals, Minimize
from augury.space.parameters import Float
from augury.space.space import Space

OUTCOME = "value"


def synthetic(name: str, function: str, dim: int | None = None, *, noise: float = 0.0) -> Problem:
    """A BoTorch synthetic test function as a Problem with parameters `x1` ... `xd`.

    Args:
        name: the name of the problem.
        function: the class in `botorch.test_functions`, such as "Branin" or "Ackley".
        dim: number of parameters, for the classes that take it.
        noise: standard deviation of the measurement noise.

    Raises:
        InvalidInputError: BoTorch has no synthetic test function of that name.
    """
    import torch
    from botorch.test_functions import synthetic as botorch_functions

    kind = getattr(botorch_functions, function, None)
    base = botorch_functions.SyntheticTestFunction
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise InvalidInputError(f"BoTorch has no synthetic test function {function!r}")
    # Cosine8 is the one that is a maximisation in BoTorch; negated, all of them are minimisations.
    arguments: dict[str, Any] = {"negate": function == "Cosine8"} | ({} if dim is None else {"dim": dim})
    instance: Any = kind(**arguments)
    names = [f"x{i + 1}" for i in range(instance.dim)]
    bounds = instance.bounds.T.tolist()
    space = Space({key: Float(low, high) for key, (low, high) in zip(names, bounds, strict=True)})

    def evaluate(params: Mapping[str, Any]) -> float:
        x = torch.tensor([float(params[key]) for key in names], dtype=torch.float64)
        return float(instance.evaluate_true(x).item() * (-1.0 if instance.negate else 1.0))

    goals = Goals.of(Minimize(OUTCOME))
    return Problem(name, space, goals, evaluate, float(instance.optimal_value), noise)
