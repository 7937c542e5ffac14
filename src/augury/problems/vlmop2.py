"""VLMOP2: two bells, one at each end of the diagonal."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np

from augury.problems.multi_objective import MultiObjectiveProblem
from augury.space.goal import Minimize
from augury.space.goals import Goals
from augury.space.space import Space

_REFERENCE = 1.1


def vlmop2(name: str, dim: int) -> MultiObjectiveProblem:
    r"""The problem in `dim` parameters of [-2, 2].

    .. math::
        f_{1,2}(x) = 1 - \exp\left(-\sum_i (x_i \mp 1/\sqrt d)^2\right)

    Its Pareto set is the segment between the two centres, on which `f_1 = 1 - exp(-(2 - t)^2)`,
    `f_2 = 1 - exp(-t^2)`, `0 <= t <= 2`.

    Source: Van Veldhuizen and Lamont, "Multiobjective evolutionary algorithm test suites", SAC 1999.
    """
    names = [f"x{i + 1}" for i in range(dim)]

    def function(params: Mapping[str, Any]) -> dict[str, float]:
        x = np.array([params[one] for one in names])
        return {
            outcome: float(-np.expm1(-np.square(x - sign / sqrt(dim)).sum()))
            for outcome, sign in (("value1", 1.0), ("value2", -1.0))
        }

    t = np.linspace(0.0, 2.0, 100_001)
    f1, height = -np.expm1(-((2.0 - t) ** 2)), _REFERENCE + np.expm1(-(t**2))
    # the front from its end at t = 0, where f1 is largest, to its other end, and what lies beyond the first
    dominated = height[0] * (_REFERENCE - f1[0]) + float(np.trapezoid(height, -f1))
    return MultiObjectiveProblem(
        name,
        Space(dict.fromkeys(names, (-2.0, 2.0))),
        Goals([Minimize("value1"), Minimize("value2")]),
        function,
        {"value1": _REFERENCE, "value2": _REFERENCE},
        dominated,
    )
