"""One proposal of Pareto set learning: fit, learn the set, choose a batch of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from augury.acquisition.enumeration import is_among
from augury.numerics.threads import blas_threads
from augury.space.pareto import reference_point
from augury.space.sampling import sobol
from augury.strategies.choices import model_label
from augury.strategies.decision import Decision
from augury.strategies.design import draw_new, first_occurrence
from augury.strategies.pareto_set_learning.learning import LearnedSet
from augury.strategies.pareto_set_learning.selection import select

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.base import Prediction, State
    from augury.strategies.pareto_set_learning.strategy import ParetoSetLearning

_NETWORK = "network:"  # prefix of its weights among the tensors of the state
_SHARE_OF_STEPS = 3  # a network that is continued takes one in so many steps


def learn_and_choose(
    strategy: ParetoSetLearning,
    space: Space,
    goals: Goals,
    observations: Observations,
    busy: np.ndarray,
    n: int,
    *,
    seed: int,
    state: State | None,
) -> tuple[np.ndarray, list[Prediction], dict[str, torch.Tensor]]:
    """The points (n x d) of a proposal after the start, what is expected of them, and what to remember.

    While no result is known that keeps the constraints, the surrogates' chance of keeping them decides.

    Args:
        strategy: its options.
        space, goals, observations, n, seed, state: as `Strategy.propose` takes them.
        busy: p x d points under evaluation.

    Raises:
        ExhaustedError: every point of a finite space is evaluated or under evaluation.
    """
    known = state is not None and state.data.get("model") == model_label(strategy.model)
    tensors = dict(state.tensors) if state is not None and known else {}
    network = {
        name.removeprefix(_NETWORK): tensors.pop(name) for name in list(tensors) if name.startswith(_NETWORK)
    }
    with blas_threads(observations.n):
        decision = Decision.fit(strategy.model, "auto", space, goals, observations, seed=seed, warm=tensors)
        memory = decision.models.hyperparameters()
        if not goals.competing(observations.Y, observations.complete).any():
            chosen = decision.choose(n, busy, replicates=False)
            return chosen, decision.explain(chosen), memory
        start = network if strategy.warm_start and network else None
        training = strategy.training
        learned = LearnedSet.learn(
            decision,
            training if start is None else training.with_steps(training.steps // _SHARE_OF_STEPS),
            lcb=strategy.lcb,
            variance=strategy.lcb_scale == "variance",
            ideal=strategy.ideal,
            weights=start,
            seed=seed,
        )
        chosen = _batch(learned, decision, busy, n, strategy.n_candidates, seed)
        kept = {f"{_NETWORK}{name}": value for name, value in learned.network.state_dict().items()}
        return chosen, decision.explain(chosen), memory | (kept if strategy.warm_start else {})


def _batch(
    learned: LearnedSet, decision: Decision, busy: np.ndarray, n: int, n_candidates: int, seed: int
) -> np.ndarray:
    """Designs of the set that add most hypervolume to the measured front and what the busy points promise."""
    goals, observations = decision.goals, decision.observations
    rows = goals.competing(observations.Y, observations.complete)
    values = goals.objective_values(observations.Y)[rows]
    taken = np.concatenate([observations.X, busy])
    candidates = learned.candidates(n_candidates, seed)
    promised = learned.bounds(busy) if len(busy) else np.empty((0, values.shape[1]))
    picked = select(
        -learned.bounds(candidates),
        np.concatenate([(-values - learned.centre) / learned.width, promised]) * -1.0,
        (reference_point(values, goals.thresholds) + learned.centre) / learned.width,
        n,
        allowed=first_occurrence(candidates) & ~is_among(candidates, taken),
    )
    points = candidates[picked]
    if len(points) == n:
        return points
    missing = n - len(points)
    return np.concatenate(
        [points, draw_new(sobol, decision.space, missing, seed=seed, seen=np.concatenate([taken, points]))]
    )
