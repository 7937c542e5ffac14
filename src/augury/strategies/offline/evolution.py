"""Evolution on a network: CMA-ES from the best designs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np
import torch

from augury.errors import NotSupportedError
from augury.strategies.offline.ascent import check_ascent
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.network import ScoreNetworks, predicted

if TYPE_CHECKING:
    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable


@final
@dataclass(frozen=True)
class EvolutionStrategy(OfflineMethod):
    """CMA-ES on the predictions of networks from the best design of the table; the best of all generations.

    (The published baseline takes the last generation, whose designs are mostly the same sequence.)

    Args:
        networks: how they are trained.
        generations: of the evolution.
        sigma: the first step size, in standard deviations of the table's coordinates.

    Raises:
        InvalidInputError: no generation, or a step size that is not positive.
        NotSupportedError: the package cmaes is not installed (when it learns).

    Source: Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772 (2016); as a baseline, Trabucco
    et al., "Design-Bench", ICML 2022.
    """

    networks: ScoreNetworks = field(default_factory=ScoreNetworks)
    generations: int = 100
    sigma: float = 0.5

    def __post_init__(self) -> None:
        check_ascent(self.generations, self.sigma)

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        try:
            import cmaes
        except ImportError:
            raise NotSupportedError(
                "evolution needs the package cmaes, which is not installed; pip install augury[offline]"
            ) from None
        networks = self.networks.train(table, seed=seed, progress=progress)
        start = table.Z[table.order[0]].double().numpy()
        low, high = table.coordinates.box

        def search(first: int, last: int) -> np.ndarray:
            # two coordinates at least, and an odd population is rounded up: what cmaes asks for
            D = len(start)
            mean = start if D > 1 else np.append(start, 0.0)
            bounds = np.stack([low, high], axis=1)
            bounds = bounds if D > 1 else np.append(bounds, [[-np.inf, np.inf]], axis=0)
            evolution = cmaes.CMA(
                mean=mean.clip(bounds[:, 0] + 1e-9, bounds[:, 1] - 1e-9),
                sigma=self.sigma,
                bounds=bounds,
                population_size=max(last, 5),
                seed=seed % 2**32,
            )
            sampled, scores = [], []
            for _ in range(self.generations):
                X = np.array([evolution.ask() for _ in range(evolution.population_size)])
                with torch.no_grad():
                    values = predicted(networks, torch.from_numpy(X[:, :D]).float(), "mean").double().numpy()
                evolution.tell([(x, -float(value)) for x, value in zip(X, values, strict=True)])
                sampled.append(X[:, :D])
                scores.append(values)
            order = np.argsort(-np.concatenate(scores), kind="stable")
            return table.decode(torch.from_numpy(np.concatenate(sampled)[order]))

        return search
