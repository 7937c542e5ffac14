"""The surrogate that judges offline designs: what it expects of them, and how far they are from the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from augury.space.sampling import sobol
from augury.strategies.base import ExhaustedError, Prediction
from augury.strategies.design import draw_new
from augury.strategies.offline.distinct import distances
from augury.strategies.offline.expected_improvement import best_and_others
from augury.strategies.outcome_models import OutcomeModels

if TYPE_CHECKING:
    from augury.strategies.offline.table import OfflineTable
    from augury.strategies.outcome_models import ModelChoice

_ROWS = 500  # that the surrogate learns from
_CANDIDATES = 50  # random designs for each that is wanted


@dataclass(frozen=True)
class Judge:
    """A surrogate of the best rows of a table and others at random.

    Args:
        table: all rows.
        models: of the outcomes.
    """

    table: OfflineTable
    models: OutcomeModels

    @classmethod
    def fit(cls, model: ModelChoice, table: OfflineTable, seed: int) -> Self:
        """The surrogate of this kind."""
        rows = table.observations.rows(best_and_others(table, _ROWS, seed))
        return cls(table, OutcomeModels.fit(model, table.space, rows, seed=seed, warm={}))

    def predictions(self, X: np.ndarray, reason: str) -> list[Prediction]:
        """What it says of designs (`N x dim`), which were chosen for one reason."""
        if not len(X):
            return []
        outcomes = self.table.goals.outcomes
        moments = {outcomes[column]: self.models.mean_variance(column, X) for column in self.models.models}
        away = distances(self.table.space, X, self.table.observations.X)
        return [
            Prediction(
                mean={name: float(mean[i]) for name, (mean, _) in moments.items()},
                std={name: float(max(variance[i], 0.0) ** 0.5) for name, (_, variance) in moments.items()},
                reason=reason,
                distance=float(away[i]),
            )
            for i in range(len(X))
        ]

    def best_of_many(self, n: int, seen: np.ndarray, seed: int) -> np.ndarray:
        """Up to n designs of a long Sobol sequence, those expected to be best; fewer where few are left.

        Args:
            n: how many.
            seen: `m x dim` designs that may not be among them.
            seed: of the sequence.
        """
        space, goals = self.table.space, self.table.goals
        try:
            X = draw_new(sobol, space, _CANDIDATES * n, seed=seed, seen=seen)
        except ExhaustedError:
            return np.empty((0, space.dim))
        expected = float(goals.objective_signs[0]) * self.models.mean(goals.objective_columns[0], X)
        return X[np.argsort(-expected, kind="stable")[:n]]
