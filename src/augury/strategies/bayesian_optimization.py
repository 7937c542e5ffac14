"""Bayesian optimisation: a space-filling start, then the point that a surrogate makes most promising."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from augury.acquisition.registry import ACQUISITIONS, MULTI_OBJECTIVE_ACQUISITIONS
from augury.errors import InvalidInputError
from augury.models.registry import PORTFOLIO
from augury.strategies.base import Proposal, State, Strategy, check_request, check_roles
from augury.strategies.choices import check_acquisition, check_count, check_model, model_label, warm_start
from augury.strategies.design import Start, exhausted

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.decision import AcquisitionChoice
    from augury.strategies.outcome_models import ModelChoice


@final
class BayesianOptimization(Strategy):
    """Evaluates first a Sobol design, then the maximum of an acquisition function of the fitted models.

    With several objectives it looks for their Pareto front.

    Each outcome has its own model, trained on the rows where it was measured. Constraints on outcomes, and
    the chance of failure (once some evaluations have failed and some not), multiply the acquisition by their
    probabilities; until a point is known that meets the constraints, these alone decide. Points under
    evaluation are accounted for. In a finite space each point is proposed once. As long as the objective has
    not been measured, the Sobol design goes on.

    Args:
        model: the surrogate: "auto" (the Gaussian process "gp"; outside finite spaces, of the logarithm of
            a single objective where that is likelier, see `LogWarping`), a name in
            `augury.models.registry.MODELS`, a BoTorch Model class, or a callable
            `(train_X, train_Y, train_Yvar, space) -> Model`.
        acquisition: "auto" (log EI where the noise is negligible or each point is evaluated once, else log
            noisy EI; with two to four objectives the same of the hypervolume, with more ParEGO), a name in
            `augury.acquisition.registry`, or a callable like those there.
        n_initial: evaluations, a user's own counted, before the model decides; by default as
            `augury.strategies.design.default_initial_points` says.
        replicates: whether points of a finite space may be evaluated again.

    Raises:
        InvalidInputError: an unknown model or acquisition, or n_initial < 1.

    Source: Jones, Schonlau and Welch, "Efficient global optimization of expensive black-box functions",
    Journal of Global Optimization 13 (1998); constraints as in Gardner et al., "Bayesian optimization with
    inequality constraints", ICML 2014.
    """

    def __init__(
        self,
        model: ModelChoice = "auto",
        acquisition: AcquisitionChoice = "auto",
        n_initial: int | None = None,
        replicates: bool = False,
    ) -> None:
        check_model(model)
        check_acquisition(acquisition, ACQUISITIONS, MULTI_OBJECTIVE_ACQUISITIONS)
        check_count("n_initial", n_initial)
        self.model = model
        self.acquisition = acquisition
        self.n_initial = n_initial
        self.replicates = replicates

    def check_goals(self, goals: Goals) -> None:
        registry = MULTI_OBJECTIVE_ACQUISITIONS if goals.n_objectives > 1 else ACQUISITIONS
        if (
            isinstance(self.acquisition, str)
            and self.acquisition != "auto"
            and self.acquisition not in registry
        ):
            raise InvalidInputError(
                f"acquisition={self.acquisition!r} does not serve {goals.n_objectives} objective(s); choose "
                f"'auto' or one of {', '.join(map(repr, registry.names()))}"
            )

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
        self.check_goals(goals)
        start = Start.of(self.n_initial, space, goals, observations, pending, n, seed=seed, state=state)
        design, busy, points, predictions = start.design, start.busy, start.points, start.predictions
        if start.is_all:
            return Proposal(points, predictions, design.state())

        from augury.numerics.threads import blas_threads
        from augury.strategies.decision import Decision

        label = model_label(self.model)
        warm = warm_start(state, label)
        with blas_threads(observations.n):
            decision = Decision.fit(
                self.model,
                self.acquisition,
                space,
                goals,
                observations,
                seed=seed,
                warm=warm,
                may_adapt=self.model in ("auto", PORTFOLIO) and space.size is None,
            )
            busy = np.concatenate([busy, points])
            chosen = decision.choose(n - len(points), busy, replicates=self.replicates)
            predictions += decision.explain(chosen)
        points = np.concatenate([points, chosen])
        if len(points) == 0:
            raise exhausted(space)
        remembered = design.state(model=label, tensors=decision.models.hyperparameters())
        return Proposal(points, predictions, remembered)
