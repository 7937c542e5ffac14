"""Mixed problems: continuous, integer and categorical parameters together, with the optimum known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augury.problems.problem import Problem
from augury.problems.test_functions import OUTCOME, synthetic
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.parameters import Categorical, Float, Int
from augury.space.space import Space


def mixed_branin(name: str) -> Problem:
    """Branin's function behind a category that scales and lifts it.

    f(x, c) = s_c (branin(x) - min branin) + o_c, with four categories. The minimum is 0, in the category that
    is neither the flattest nor the one that looks best at a random x.
    """
    inner = synthetic(name, "Branin")
    scale_offset = {"red": (1.5, 10.0), "green": (1.0, 0.0), "blue": (0.5, 20.0), "white": (0.25, 40.0)}
    space = Space(
        {"x1": Float(-5.0, 10.0), "x2": Float(0.0, 15.0), "category": Categorical(list(scale_offset))}
    )

    def evaluate(params: Mapping[str, Any]) -> float:
        scale, offset = scale_offset[params["category"]]
        return scale * (inner.function(params) - inner.optimum) + offset

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 0.0)


def mixed_ackley(name: str) -> Problem:
    """Ackley's function in 6 dimensions: three continuous, two integers, one category.

    The categories stand for shuffled levels of the last coordinate, one of them 0, so the minimum is 0.
    """
    inner = synthetic(name, "Ackley", 6)
    levels = {"a": 3.0, "b": -2.0, "c": 0.0, "d": 4.5, "e": -3.5}
    space = Space(
        {
            **{f"x{i}": Float(-5.0, 10.0) for i in (1, 2, 3)},
            "n1": Int(-5, 10),
            "n2": Int(-5, 10),
            "category": Categorical(list(levels)),
        }
    )

    def evaluate(params: Mapping[str, Any]) -> float:
        numbers = {"x4": params["n1"], "x5": params["n2"], "x6": levels[params["category"]]}
        return inner.function({**params, **numbers})

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 0.0)


def mixed_rosenbrock(name: str) -> Problem:
    """Rosenbrock's valley through two continuous coordinates, an integer and a category of shuffled levels.

    All coordinates 1 is reachable, where the minimum 0 lies.
    """
    inner = synthetic(name, "Rosenbrock", 4)
    levels = {"p": -1.0, "q": 2.0, "r": 1.0, "s": 0.0}
    space = Space(
        {
            "x1": Float(-2.0, 2.0),
            "x2": Float(-2.0, 2.0),
            "n": Int(-2, 2),
            "category": Categorical(list(levels)),
        }
    )

    def evaluate(params: Mapping[str, Any]) -> float:
        return inner.function({**params, "x3": params["n"], "x4": levels[params["category"]]})

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 0.0)


def mixed_quadratic(name: str) -> Problem:
    """A bowl of two continuous coordinates and an integer, plus a table of two categories that interact.

    f = sum_i (x_i - 0.3)^2 + ((n - 7) / 10)^2 + table[solvent][salt]; the smallest entry of the table is 0.
    """
    table = {
        "water": {"none": 0.9, "LiCl": 0.5, "NaBr": 0.7},
        "ethanol": {"none": 0.4, "LiCl": 0.8, "NaBr": 0.0},
        "toluene": {"none": 0.2, "LiCl": 0.6, "NaBr": 0.9},
        "hexane": {"none": 0.7, "LiCl": 0.1, "NaBr": 0.5},
    }
    space = Space(
        {
            "x1": Float(0.0, 1.0),
            "x2": Float(0.0, 1.0),
            "n": Int(1, 20),
            "solvent": Categorical(list(table)),
            "salt": Categorical(list(table["water"])),
        }
    )

    def evaluate(params: Mapping[str, Any]) -> float:
        bowl = sum((float(params[key]) - 0.3) ** 2 for key in ("x1", "x2"))
        return bowl + ((params["n"] - 7) / 10) ** 2 + table[params["solvent"]][params["salt"]]

    return Problem(name, space, Goals.of(Minimize(OUTCOME)), evaluate, 0.0)
