"""What the versions of a function have cost, in place of what was declared."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from augury.space.observations import Observations
    from augury.space.space import Space


def with_measured_costs(space: Space, observations: Observations) -> Space:
    """The space with each version's cost replaced by the mean of its measured ones.

    A version without measured costs keeps its declared one, in the measured ones' unit: times the median
    ratio of measured to declared costs. A space without fidelity or task, or with a continuous one, and
    results without costs change nothing; nor does a cost of 0.

    Args:
        space: with declared costs.
        observations: with the cost of each evaluation, NaN where it is not known.
    """
    fidelity = space.fidelity
    known = np.isfinite(observations.cost) & (observations.cost > 0.0)
    if fidelity is None or not fidelity.discrete or not known.any():
        return space
    X, cost = observations.X[known], observations.cost[known]
    declared = fidelity.level_costs()
    levels = np.array([fidelity.level_of(value) for value in X[:, fidelity.column]])
    costs = declared * np.median(cost / declared[levels])
    for level in np.unique(levels):
        costs[level] = cost[levels == level].mean()
    measured = copy.copy(space)
    measured.fidelity = replace(fidelity, knots=fidelity.levels, costs=costs)
    return measured
