"""Independent uniform points."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from augury.space.sampling import uniform
from augury.strategies.base import Prediction, Proposal, State, Strategy, check_request
from augury.strategies.design import draw_new

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space


@final
class RandomSearch(Strategy):
    """Uniform points in the encoded space; without replacement where the space is finite.

    Serves any goals, as it does not look at results.
    """

    def propose(
        self,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None = None,
    ) -> Proposal:
        check_request(space, observations, pending, n)
        seen = np.concatenate([observations.X, pending])
        points = draw_new(uniform, space, n, seed=seed, seen=seen)
        return Proposal(points, [Prediction(reason="random") for _ in points])
