"""From fitted surrogates to a network of their Pareto set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from augury.space.restriction import hold
from augury.strategies.pareto_set_learning.bounds import LowerBounds
from augury.strategies.pareto_set_learning.extremes import best_alone
from augury.strategies.pareto_set_learning.network import PreferenceNetwork
from augury.strategies.pareto_set_learning.training import Training, sample_preferences

if TYPE_CHECKING:
    from augury.space.space import Space
    from augury.strategies.decision import Decision

_BELOW_BEST = 0.1  # how far, in standard deviations, the ideal point is beyond the best value measured


@dataclass(frozen=True)
class LearnedSet:
    """A network and the bounds that it was trained on.

    Args:
        space: where designs are points.
        network: from preferences to designs.
        bounds: of the objectives, to be minimised, in standard units.
        centre, width: `k` each; `width * standard + centre` is an objective in its unit, to be minimised.
        corners: `k x d`, the best designs for each objective alone.
    """

    space: Space
    network: PreferenceNetwork
    bounds: LowerBounds
    centre: np.ndarray
    width: np.ndarray
    corners: np.ndarray

    @classmethod
    def learn(
        cls,
        decision: Decision,
        training: Training,
        *,
        lcb: float,
        variance: bool = False,
        ideal: str = "searched",
        weights: Mapping[str, torch.Tensor] | None = None,
        seed: int,
    ) -> LearnedSet:
        """Train a network on the models of a decision; some row must have all objectives, within limits.

        Args:
            decision: fitted models, goals and observations.
            training: how.
            lcb: standard deviations below the mean.
            variance: see `LowerBounds`.
            ideal: the ideal point is beyond the least bounds that a search finds ("searched"), or beyond the
                best "measured" values, as published: beyond these the largest excess no longer says what is
                best, and the ends of the front are not learned.
            weights: the state of an earlier network, to continue from; ignored where it does not fit.
            seed: of the initial weights and the preferences.
        """
        observations, goals, space = decision.observations, decision.goals, decision.space
        rows = goals.competing(observations.Y, observations.complete)
        values = -goals.objective_values(observations.Y)[rows]
        bounds, centre, width = standard_bounds(decision, values, lcb=lcb, variance=variance)
        box = hold(np.array(space.bounds), space.fixed_columns)
        network = PreferenceNetwork(values.shape[1], torch.from_numpy(box), training.hidden, seed)
        if weights is not None:
            _load(network, weights)
        corners, least = best_alone(bounds, space, values.shape[1], observations.X[rows], seed)
        best = ((values - centre) / width).min(axis=0)
        best = np.minimum(best, least) if ideal == "searched" else best
        training.run(network, bounds, best - _BELOW_BEST, seed=seed)
        return cls(space, network, bounds, centre, width, corners)

    def designs(self, preferences: np.ndarray) -> np.ndarray:
        """Points of the space (`n x d`) for preferences (`n x k`)."""
        with torch.no_grad():
            X: np.ndarray = self.space.snap(self.network(torch.from_numpy(preferences)).numpy())
        return X

    def candidates(self, n: int, seed: int) -> np.ndarray:
        """Points for n random preferences."""
        return self.designs(sample_preferences(np.random.default_rng(seed), n, len(self.centre)))


def standard_bounds(
    decision: Decision, values: np.ndarray, *, lcb: float, variance: bool = False
) -> tuple[LowerBounds, np.ndarray, np.ndarray]:
    """Bounds standardised by measured values (`n x k`, to be minimised), and their centre and width."""
    goals = decision.goals
    centre, width = values.mean(axis=0), values.std(axis=0)
    width = np.where(width > 0.0, width, 1.0)
    bounds = LowerBounds(
        [decision.models.models[column] for column in goals.objective_columns],
        -goals.objective_signs,
        centre,
        width,
        coefficient=lcb,
        variance=variance,
        chances=decision.chances(),
    )
    return bounds, centre, width


def _load(network: PreferenceNetwork, weights: Mapping[str, torch.Tensor]) -> None:
    own = network.state_dict()
    if own.keys() == weights.keys() and all(own[name].shape == weights[name].shape for name in own):
        network.load_state_dict(dict(weights))
