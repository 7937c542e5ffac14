"""Problems of many inputs."""

from __future__ import annotations

import numpy as np

from augury.problems.problem import Problem
from augury.problems.rover import RoverTrajectory
from augury.problems.test_functions import OUTCOME, of_test_function, synthetic
from augury.space.goal import Maximize, Minimize
from augury.space.goals import Goals
from augury.space.parameters import Float
from augury.space.space import Space


def rover(name: str, dim: int = 60) -> Problem:
    """`RoverTrajectory` as a problem; its optimum is not known, only that none is above 5."""
    function = RoverTrajectory(dim)
    space = Space({f"x{i + 1}": Float(*function.bounds) for i in range(dim)})
    return Problem(
        name,
        space,
        Goals.of(Maximize(OUTCOME)),
        lambda params: function(np.array([params[key] for key in space.names])),
        function.upper_bound,
    )


def ackley(name: str, dim: int) -> Problem:
    """Ackley's function on [-5, 10]^d, where its minimum is not in the middle.

    Source: Eriksson et al., "Scalable global optimization via local Bayesian optimization", NeurIPS 2019,
    section 3, for the bounds.
    """
    from botorch.test_functions.synthetic import Ackley

    return of_test_function(name, Ackley(dim=dim, bounds=[(-5.0, 10.0)] * dim))


def embedded_hartmann(name: str, dim: int, seed: int = 0) -> Problem:
    """Hartmann's function of 6 of `dim` inputs, drawn from `seed`; the others do not matter.

    Source: Wang et al., "Bayesian optimization in a billion dimensions via random embeddings", JAIR 55
    (2016), section 4, for functions of few effective dimensions.
    """
    inner = synthetic(name, "Hartmann", 6)
    space = Space({f"x{i + 1}": Float(0.0, 1.0) for i in range(dim)})
    chosen = np.sort(np.random.default_rng(seed).choice(dim, size=6, replace=False))
    names = [space.names[column] for column in chosen]
    return Problem(
        name,
        space,
        Goals.of(Minimize(OUTCOME)),
        lambda params: inner.function({f"x{i + 1}": params[key] for i, key in enumerate(names)}),
        inner.optimum,
    )
