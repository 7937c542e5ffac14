"""A problem: what can be chosen, what is wanted, the function, and the best value there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.space.goals import Goals
from augury.space.space import Space


@dataclass(frozen=True)
class Problem:
    """A test problem with one objective.

    Args:
        name: what it is called in `PROBLEMS`.
        space: the parameters.
        goals: one objective.
        function: `params -> float`, the outcome without noise, in the units of the goal.
        optimum: the best value of the function over the space, or the best that is known.
        noise: standard deviation of the Gaussian noise that `observe` adds.
    """

    name: str
    space: Space
    goals: Goals
    function: Callable[[Mapping[str, Any]], float]
    optimum: float
    noise: float = 0.0

    def observe(self, params: Mapping[str, Any], generator: np.random.Generator) -> float:
        """What a measurement would give: the function plus noise drawn from `generator`."""
        value = self.function(params)
        return value + self.noise * float(generator.standard_normal()) if self.noise else value

    def regret(self, value: float) -> float:
        """How far a value of the function is from the optimum, >= 0 up to the rounding of the optimum."""
        return float(self.goals.objective_signs[0]) * (self.optimum - value)
