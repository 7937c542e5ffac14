"""One low-discrepancy sequence over the whole study."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from augury.strategies.base import Prediction, Proposal, State, Strategy, check_request
from augury.strategies.design import InitialDesign

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space


@final
class SobolSearch(Strategy):
    """A scrambled Sobol sequence (Owen, 1998), continued from one proposal to the next.

    The state holds the seed of the scrambling; when it is lost another sequence is begun, and points that
    have been evaluated are still not repeated. Serves any goals, as it does not look at results.
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
        design = InitialDesign.resume(state, seed)
        points = design.next_points(space, n, np.concatenate([observations.X, pending]))
        return Proposal(points, [Prediction(reason="sobol") for _ in points], design.state())
