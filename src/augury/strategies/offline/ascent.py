"""Gradient ascent from the best designs of a table: on a network, and on Gaussian-process means."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import torch

from augury.errors import InvalidInputError
from augury.strategies.choices import check_choice
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.network import ScoreNetworks, ascended, predicted
from augury.strategies.offline.synthetic import SyntheticFunctions

if TYPE_CHECKING:
    import numpy as np

    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable


@final
@dataclass(frozen=True)
class NetworkAscent(OfflineMethod):
    """Gradient ascent on the predictions of networks; the last iterates are the designs.

    Args:
        networks: how they are trained.
        steps: of gradient ascent.
        lr: the step size, in units of the root of the number of coordinates.
        aggregate: "mean" or "min" of the networks' predictions.

    Raises:
        InvalidInputError: steps below 1, a rate that is not positive, or an unknown aggregate.

    Source: Trabucco et al., "Design-Bench", ICML 2022, baseline "gradient ascent", with networks of width
    2048 and 100 epochs (`ScoreNetworks(hidden=(2048, 2048), epochs=100)`).
    """

    networks: ScoreNetworks = field(default_factory=ScoreNetworks)
    steps: int = 200
    lr: float = 0.01
    aggregate: str = "mean"

    def __post_init__(self) -> None:
        check_choice("aggregate", self.aggregate, ["mean", "min"])
        check_ascent(self.steps, self.lr)

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        networks = self.networks.train(table, seed=seed, progress=progress)
        lr = self.lr * math.sqrt(table.Z.shape[1])

        def search(first: int, last: int) -> np.ndarray:
            starts = table.Z[table.order[first:last]]
            found = ascended(
                lambda X: predicted(networks, X, self.aggregate), starts, steps=self.steps, lr=lr
            )
            return table.decode(found)

        return search


@final
@dataclass(frozen=True)
class ProcessAscent(OfflineMethod):
    """Gradient ascent on the average of Gaussian-process means with random hyperparameters.

    Away from the data the means are flat, so that the ascent ends there by itself.

    Args:
        functions: how the means are drawn.
        count: how many are averaged.
        steps: of gradient ascent.
        lr: the step size.

    Raises:
        InvalidInputError: counts below 1, or a rate that is not positive.
    """

    functions: SyntheticFunctions = field(default_factory=SyntheticFunctions)
    count: int = 4
    steps: int = 500
    lr: float = 0.05

    def __post_init__(self) -> None:
        check_ascent(min(self.steps, self.count), self.lr)

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        means = self.functions.draw(table, self.count, torch.Generator().manual_seed(seed))

        def search(first: int, last: int) -> np.ndarray:
            X = table.Z[table.order[first:last]].clone()
            for step in range(self.steps):
                X += self.lr * means.value_gradient(X.expand(self.count, -1, -1))[1].mean(dim=0)
                if progress is not None:
                    progress(step + 1, self.steps, "climbing")
            return table.decode(X)

        return search


def check_ascent(steps: int, lr: float) -> None:
    """Refuse a search without steps.

    Raises:
        InvalidInputError: fewer than one step, or a step size that is not positive.
    """
    if steps < 1 or not lr > 0.0:
        raise InvalidInputError(
            f"the search needs at least one step and a positive lr; given {steps} and {lr}"
        )
