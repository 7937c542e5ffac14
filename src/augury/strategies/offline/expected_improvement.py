"""Bayesian optimisation's batch from a fixed table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from augury.errors import InvalidInputError
from augury.strategies.base import ExhaustedError
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.offline.method import OfflineMethod, Search

if TYPE_CHECKING:
    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable
    from augury.strategies.outcome_models import ModelChoice

_TOGETHER = 8  # designs chosen jointly


@final
@dataclass(frozen=True)
class OfflineExpectedImprovement(OfflineMethod):
    """The batch of largest joint expected improvement, a few designs at a time, given those before them.

    Args:
        model: the surrogate.
        max_rows: of a larger table, the best half of so many rows and others at random are used.

    Raises:
        InvalidInputError: max_rows below 2.

    Source: as a baseline ("BO-qEI"), Trabucco et al., "Design-Bench", ICML 2022.
    """

    model: ModelChoice = "gp"
    max_rows: int = 500

    def __post_init__(self) -> None:
        if self.max_rows < 2:
            raise InvalidInputError(f"max_rows={self.max_rows} must be at least 2")

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        rows = best_and_others(table, self.max_rows, seed)
        observations = table.observations.rows(rows)
        strategy = BayesianOptimization(self.model, "log-ei", n_initial=1)
        found, state = np.empty((0, table.space.dim)), None

        def search(first: int, last: int) -> np.ndarray:
            nonlocal found, state  # a longer search goes on from a shorter one
            while len(found) < last:
                count = min(_TOGETHER, last - len(found))
                try:
                    proposal = strategy.propose(
                        table.space, table.goals, observations, found, count, seed=seed, state=state
                    )
                except ExhaustedError:
                    if not len(found):
                        raise
                    break
                found, state = np.concatenate([found, proposal.points]), proposal.state
                if progress is not None:
                    progress(len(found), last, "choosing designs")
            return found[:last]

        return search


def best_and_others(table: OfflineTable, count: int, seed: int) -> np.ndarray:
    """The rows of a table, in its order: all, or the best of them and as many others at random."""
    order = table.order.numpy()
    if len(order) <= count:
        return np.arange(len(order))
    best, others = order[: count // 2], order[count // 2 :]
    drawn = np.random.default_rng(seed).choice(others, count - count // 2, replace=False)
    return np.sort(np.concatenate([best, drawn]))
