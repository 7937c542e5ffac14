"""Pareto set learning as a strategy: batches of evaluations from the learned set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from augury.errors import NotSupportedError
from augury.strategies.base import Proposal, State, Strategy, check_request, check_roles
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.choices import check_choice, check_count, model_label
from augury.strategies.design import Start

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.outcome_models import ModelChoice
    from augury.strategies.pareto_set_learning.training import Training


@final
class ParetoSetLearning(Strategy):
    """Learns a map from preferences to designs on the surrogates, and evaluates its most useful designs.

    After a Sobol start, each proposal fits the surrogates, trains a network that gives for each preference
    the design of the least scalarised lower confidence bound (`Training`), and takes from the designs of many
    random preferences, one after another, those whose bounds add most to the hypervolume of the front. The
    preferences of a training step are particles that share the network, and with a coupling push each other
    apart (Stein variational gradient descent).

    Needs parameters that are numbers, without constraints among them; several objectives. With one objective
    there is no set to learn, and it decides as `BayesianOptimization` does.

    Args:
        model: the surrogate, as `BayesianOptimization` takes it.
        coupling, scalarization, normalization, repulsion, bandwidth: as `Training` takes them.
        steps, n_preferences, learning_rate, hidden: as `Training` takes them.
        lcb: how many standard deviations below the mean the bounds are.
        lcb_scale: "std", or "variance" as the authors' code of the Stein coupling has it.
        ideal: what the scalarisation starts from: the least bounds that a search finds ("searched"), or the
            best "measured" values, as published, with which the ends of the front are not learned.
        n_candidates: preferences whose designs compete for the batch.
        warm_start: continue from the network of the last proposal, with a third of the steps, where the
            papers begin anew: as good in our trials, and more than twice as fast.
        n_initial: as `BayesianOptimization` takes it.

    Raises:
        InvalidInputError: a value that is not allowed.

    Source: Lin, Yang, Zhang and Zhang, "Pareto set learning for expensive multi-objective optimization",
    NeurIPS 2022; Nguyen et al., arXiv:2412.17312 (2024), for the coupling. Where they differ from what is
    done here: the ideal point is computed anew for each proposal, the front's reference point is the study's,
    a design is not chosen twice, and what `ideal`, `warm_start` and `Training` say.
    """

    def __init__(
        self,
        model: ModelChoice = "auto",
        coupling: str = "local",
        scalarization: str = "tchebycheff",
        normalization: str = "parameter",
        repulsion: float = 1e-3,
        bandwidth: float = 1.0,
        steps: int = 1000,
        n_preferences: int = 10,
        learning_rate: float = 1e-3,
        hidden: tuple[int, ...] = (256, 256),
        lcb: float = 0.1,
        lcb_scale: str = "std",
        ideal: str = "searched",
        n_candidates: int = 1000,
        warm_start: bool = True,
        n_initial: int | None = None,
    ) -> None:
        self._single = BayesianOptimization(model, n_initial=n_initial)  # checks both
        check_choice("lcb_scale", lcb_scale, ["std", "variance"])
        check_choice("ideal", ideal, ["searched", "measured"])
        check_count("n_candidates", n_candidates)
        self.model = model
        self.n_initial = n_initial
        self.lcb = lcb
        self.lcb_scale = lcb_scale
        self.ideal = ideal
        self.n_candidates = n_candidates
        self.warm_start = warm_start
        self._training: dict[str, Any] = {
            "coupling": coupling,
            "scalarization": scalarization,
            "normalization": normalization,
            "repulsion": repulsion,
            "bandwidth": bandwidth,
            "steps": steps,
            "n_preferences": n_preferences,
            "learning_rate": learning_rate,
            "hidden": tuple(hidden),
        }
        _ = self.training

    @property
    def training(self) -> Training:
        """How the network is trained."""
        from augury.strategies.pareto_set_learning.training import Training

        return Training(**self._training)

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
        check_roles(space, ("design",))
        if goals.n_objectives == 1:
            return self._single.propose(space, goals, observations, pending, n, seed=seed, state=state)
        check_is_box(space)
        start = Start.of(self.n_initial, space, goals, observations, pending, n, seed=seed, state=state)
        design, busy, points, predictions = start.design, start.busy, start.points, start.predictions
        if start.is_all:
            return Proposal(points, predictions, design.state())

        from augury.strategies.pareto_set_learning.proposal import learn_and_choose

        busy = np.concatenate([busy, points])
        chosen, explained, tensors = learn_and_choose(
            self, space, goals, observations, busy, n - len(points), seed=seed, state=state
        )
        remembered = design.state(model=model_label(self.model), tensors=tensors)
        return Proposal(np.concatenate([points, chosen]), predictions + explained, remembered)


def check_is_box(space: Space) -> None:
    """Refuse a space of which a network's outputs cannot be designs.

    Raises:
        NotSupportedError: categories, constraints among parameters, or a table of candidates.
    """
    why = None
    if space.candidates is not None:
        why = "a table of candidates"
    elif free := [column for column in space.categorical_features if column not in space.fixed_columns]:
        why = f"categories ({', '.join(space.columns[column] for column in free)})"
    elif space.conditions:
        why = "parameters that are active only for some values of others"
    elif space.rules:
        why = "constraints among its parameters"
    if why is not None:
        raise NotSupportedError(
            f"Pareto set learning needs parameters that are numbers in a box; this space has {why}. Use "
            "strategy='bayesian-optimization'"
        )
