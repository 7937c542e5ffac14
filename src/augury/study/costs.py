"""What the trials of a study have cost, and which of them are of the version of the function that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augury.errors import InvalidInputError
from augury.space.parameter import is_finite
from augury.space.space import Space
from augury.study.trial import FINISHED, RUNNING, Trial


@dataclass(frozen=True)
class Spending:
    """What the evaluations of one version of the function have cost.

    Args:
        version: the value of the fidelity or task; None where the function has one version.
        evaluations: how many have finished, added ones included, and abandoned ones that gave a result late.
        cost: their sum.
        is_target: whether it is the version that is optimised.
    """

    version: Any
    evaluations: int
    cost: float
    is_target: bool


def counting(trials: Iterable[Trial], space: Space) -> list[Trial]:
    """The trials of the version that counts; all where the function has one version."""
    fidelity = space.fidelity
    if fidelity is None:
        return list(trials)
    parameter = space.parameters[fidelity.name]
    return [trial for trial in trials if fidelity.is_target(trial.params, parameter)]


def of_one_version(trials: Iterable[Trial], trial: Trial, space: Space) -> list[Trial]:
    """Those of the version that `trial` is of, which alone its reports can be compared with."""
    if space.fidelity is None:
        return list(trials)
    name = space.fidelity.name
    return [one for one in trials if one.params.get(name) == trial.params.get(name)]


def cost_of(trial: Trial, space: Space) -> float:
    """What a trial costs: as it was told, else as its version declares, else 1."""
    if trial.cost is not None:
        return trial.cost
    if space.fidelity is None:
        return 1.0
    return float(space.fidelity.cost(space.encode([trial.params]))[0])


def spent_on(trial: Trial, space: Space) -> float:
    """What the evaluations of a trial have cost: its own, once it has begun, and late results as told."""
    own = cost_of(trial, space) if trial.status in FINISHED or trial.status == RUNNING else 0.0
    return own + sum(late.cost for late in trial.replicates if late.cost is not None)


def spending(trials: Sequence[Trial], space: Space) -> list[Spending]:
    """The cost of the trials that gave a result, or failed, by version, in the versions' order."""
    finished = [trial for trial in trials if trial.status in FINISHED or trial.replicates]
    fidelity = space.fidelity
    if fidelity is None:
        return [Spending(None, len(finished), sum(spent_on(trial, space) for trial in finished), True)]
    X = space.encode([trial.params for trial in finished])
    rows = []
    for unit in np.unique(X[:, fidelity.column]):
        own = [trial for trial, x in zip(finished, X, strict=True) if x[fidelity.column] == unit]
        total = sum(spent_on(trial, space) for trial in own)
        is_target = bool(abs(unit - fidelity.target) < 1e-9)
        rows.append(Spending(own[0].params[fidelity.name], len(own), total, is_target))
    return rows


class CostBudget:
    """What a run may spend in all, the study's earlier evaluations included and added ones not.

    Args:
        budget: in the unit of the costs.
        space: declares them.

    Raises:
        InvalidInputError: not a positive number.
    """

    def __init__(self, budget: Any, space: Space) -> None:
        if not is_finite(budget) or budget <= 0:
            raise InvalidInputError(f"cost_budget is {budget!r}; it must be a number above 0")
        self.budget = float(budget)
        self._space = space

    def allows(self, trial: Trial, trials: Sequence[Trial]) -> bool:
        """Whether one more trial is paid for beside those that are finished or running."""
        others = [one for one in trials if one.number != trial.number]
        return cost_of(trial, self._space) <= self.left(others) + 1e-9 * self.budget

    def left(self, trials: Iterable[Trial]) -> float:
        """What is not spent."""
        return self.budget - sum(spent_on(one, self._space) for one in trials if one.origin != "add")
