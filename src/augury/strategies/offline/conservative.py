"""Conservative objective models: networks that are kept from promising too much off the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, final

from torch import Tensor, nn

from augury.strategies.offline.ascent import check_ascent
from augury.strategies.offline.method import OfflineMethod, Search
from augury.strategies.offline.network import ScoreNetworks, ascended, predicted

if TYPE_CHECKING:
    import numpy as np

    from augury.inference.base import Progress
    from augury.strategies.offline.table import OfflineTable


@final
@dataclass(frozen=True)
class ConservativeModels(OfflineMethod):
    r"""Gradient ascent on a network that is trained to predict low where such ascents lead.

    .. math::
        L = \text{squared error} + \alpha \bigl(\mathbb E_{x'} g(x') - \mathbb E_x g(x)\bigr)

    with x the designs of a batch and x' the ends of gradient ascents from them; :math:`\alpha` grows while x'
    are overestimated by more than a limit, and shrinks otherwise.

    Args:
        networks: how the network is trained (its first member is used).
        ascents: how many designs of each batch they start from in training.
        steps: of the ascents, in training and in the search.
        lr: their step size, in units of the root of the number of coordinates.
        limit: the overestimation that is allowed, in standard deviations of the scores; None for 2 where
            there are categories and 0.5 where there are none, as published.
        weight: the first :math:`\alpha`.
        dual_lr: how fast it changes.

    Raises:
        InvalidInputError: ascents or steps below 1, or a rate that is not positive.

    Source: Trabucco, Kumar, Geng and Levine, "Conservative objective models for effective offline model-based
    optimization", ICML 2021, equations 3 to 5; there :math:`\alpha` is updated by Adam, and ascents start
    from all designs of a batch.
    """

    networks: ScoreNetworks = field(default_factory=partial(ScoreNetworks, epochs=5))
    ascents: int = 16
    steps: int = 50
    lr: float = 0.05
    limit: float | None = None
    weight: float = 0.1
    dual_lr: float = 0.01

    def __post_init__(self) -> None:
        check_ascent(min(self.ascents, self.steps), self.lr)

    def learn(self, table: OfflineTable, *, seed: int, progress: Progress | None = None) -> Search:
        lr = self.lr * math.sqrt(table.Z.shape[1])
        weight, limit = self.weight, self.limit
        if limit is None:
            limit = 2.0 if table.coordinates.sizes else 0.5

        def penalty(network: nn.Module, X: Tensor, y: Tensor) -> Tensor:
            nonlocal weight
            beyond = ascended(lambda at: network(at)[:, 0], X[: self.ascents], steps=self.steps, lr=lr)
            excess = network(beyond).mean() - network(X).mean()
            added: Tensor = weight * excess
            weight = max(0.0, weight + self.dual_lr * (float(excess.detach()) - limit))
            return added

        networks = self.networks.train(table, seed=seed, penalty=penalty, progress=progress)[:1]

        def search(first: int, last: int) -> np.ndarray:
            starts = table.Z[table.order[first:last]]
            found = ascended(lambda X: predicted(networks, X, "mean"), starts, steps=self.steps, lr=lr)
            return table.decode(found)

        return search
