"""Bayesian optimisation in a random environment: designs that are good on the whole, or where it is bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from augury.acquisition.registry import ENVIRONMENT_ACQUISITIONS
from augury.space.environment import Environment, check_environment
from augury.strategies.base import Proposal, State, Strategy, check_request, check_roles
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.choices import check_acquisition, check_count, check_model, model_label, warm_start
from augury.strategies.design import Start, exhausted

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.outcome_models import ModelChoice


@final
class EnvironmentOptimization(Strategy):
    """Looks for the design that is best over a random environment, choosing designs and environments.

    Parameters of the role "environment" are chosen for each evaluation, and not in use. After a Sobol design
    over both, the environmental knowledge gradient chooses them jointly where the mean over the environment
    counts; for other risks, expected improvement of the risk chooses the design, and then the environment is
    taken whose result says most about it. Without an environment it is `BayesianOptimization`.

    Args:
        model: the surrogate of the outcome: "auto" (`EnvironmentProcess`, whose mean over the environment has
            a closed form), or what `BayesianOptimization` takes (then by draws).
        acquisition: "auto", a name in `ENVIRONMENT_ACQUISITIONS`, or a callable like those there.
        n_initial: evaluations before the model decides; by default as `default_initial_points` says.

    Raises:
        InvalidInputError: an unknown model or acquisition, or n_initial < 1.

    Sources: Williams, Santner and Notz (2000); Toscano-Palmerin and Frazier (2022); Cakmak et al. (2020).
    """

    def __init__(
        self, model: ModelChoice = "auto", acquisition: Any = "auto", n_initial: int | None = None
    ) -> None:
        check_model(model)
        check_acquisition(acquisition, ENVIRONMENT_ACQUISITIONS)
        check_count("n_initial", n_initial)
        self.model, self.acquisition, self.n_initial = model, acquisition, n_initial

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
        check_roles(space, ("design", "environment"))
        check_environment(space, goals)
        if Environment.of(space) is None:
            plain = BayesianOptimization(self.model, n_initial=self.n_initial)
            return plain.propose(space, goals, observations, pending, n, seed=seed, state=state)
        start = Start.of(self.n_initial, space, goals, observations, pending, n, seed=seed, state=state)
        design, busy, points, predictions = start.design, start.busy, start.points, start.predictions
        if start.is_all:
            return Proposal(points, predictions, design.state())

        from augury.numerics.threads import blas_threads
        from augury.strategies.environment.decision import EnvironmentDecision

        kind = model_label(self.model)
        warm = warm_start(state, kind)
        with blas_threads(observations.n):
            decision = EnvironmentDecision.fit(
                self.model, self.acquisition, space, goals, observations, seed=seed, warm=warm
            )
            chosen = decision.choose(n - len(points), np.concatenate([busy, points]))
            predictions += decision.explain(chosen)
        points = np.concatenate([points, chosen])
        if len(points) == 0:
            raise exhausted(space)
        return Proposal(points, predictions, design.state(model=kind, tensors=decision.hyperparameters()))
