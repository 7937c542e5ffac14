"""A strategy that remembers, and a study around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from augury.errors import NotSupportedError
from augury.space.goal import Minimize
from augury.strategies.base import Prediction, Proposal, Strategy
from augury.strategies.state import State
from augury.study import Study

SPACE = {"x": (-5.0, 10.0), "n": [1, 2, 4, 8]}


class Recording(Strategy):
    """Proposes at random and remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def propose(
        self,
        space: Any,
        goals: Any,
        observations: Any,
        pending: Any,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        self.calls.append({"observations": observations, "pending": pending, "seed": seed, "state": state})
        if goals.n_objectives > 1:
            raise NotSupportedError("several objectives")
        self.meanwhile()
        X = np.random.default_rng(seed).uniform(space.bounds[0], space.bounds[1], (n, space.dim))
        for column, value in space.fixed_columns.items():
            X[:, column] = value
        told = 0 if state is None else state.data["told"]
        return Proposal(
            space.snap(X), [Prediction({"y": 1.0}, {"y": 2.0}, "explore")] * n, State(1, {"told": told + 1})
        )

    def meanwhile(self) -> None:
        """What happens while it thinks."""


def study_of(strategy: Any = None, goals: Any = None, store: Any = None, **options: Any) -> Study:
    return Study(
        SPACE, goals or Minimize("y"), strategy=strategy or Recording(), store=store, seed=7, **options
    )
