"""Bayesian optimisation of a function of several versions: cheap ones tell where the dear one is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from augury.acquisition.registry import (
    ACQUISITIONS,
    FIDELITY_ACQUISITIONS,
    MULTI_OBJECTIVE_ACQUISITIONS,
    MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS,
)
from augury.errors import InvalidInputError
from augury.strategies.base import (
    Prediction,
    Proposal,
    State,
    Strategy,
    check_request,
    check_roles,
)
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.choices import check_acquisition, check_count, check_model, model_label, warm_start
from augury.strategies.design import InitialDesign, exhausted

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.decision import AcquisitionChoice
    from augury.strategies.outcome_models import ModelChoice


def _joint(acquisition: AcquisitionChoice) -> str | None:
    """The name of an acquisition over points and versions at once; None where it is of the target."""
    if not isinstance(acquisition, str) or acquisition == "auto":
        return None
    known = acquisition in FIDELITY_ACQUISITIONS or acquisition in MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS
    return acquisition if known else None


@final
class MultiFidelityBayesianOptimization(Strategy):
    """Chooses points and, for each, the version of the function (role "fidelity" or "task") to evaluate.

    It begins with a nested design: the target where it would begin alone, cheap versions there and on more
    points. Whether the results then speak for a relation of the versions is asked each time
    (`VersionModels.fit`). Where they do not, all is as in `BayesianOptimization` of the target alone. Where
    they do, points are chosen by an acquisition of the target, whose surrogate has learnt from all versions,
    and of each point the version is evaluated that tells most of the target per cost. A version that costs
    too much beside the target to be tried is not evaluated unless an acquisition of points and versions is
    named, but a user's own results in it are learnt from.
    Constraints, several objectives, failures, points under evaluation and batches are as in
    `BayesianOptimization`, which it is in a space without fidelity or task.

    Args:
        model: the surrogate; "auto" for `StepwiseCoKriging` of a fidelity of few levels, the multi-task
            Gaussian process of tasks, and a Gaussian process with the fidelity as an input where that is
            continuous.
        acquisition: "auto" or one of `BayesianOptimization`, of the target version; or one of points and
            versions: a name in `FIDELITY_ACQUISITIONS` or, for several objectives, in
            `MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS` of `augury.acquisition.registry`.
        n_initial: the evaluations of the target at the start; by default as `default_initial_points` says.
        replicates: whether points of a finite space may be evaluated again.

    Raises:
        InvalidInputError: an unknown model or acquisition, or n_initial < 1.

    Sources: Huang et al. (2006), "Sequential kriging optimization using multiple-fidelity evaluations"; Do
    and Zhang, "Multi-fidelity Bayesian optimization in engineering design", arXiv:2311.13050, section on
    two-step rules.
    """

    def __init__(
        self,
        model: ModelChoice = "auto",
        acquisition: AcquisitionChoice = "auto",
        n_initial: int | None = None,
        replicates: bool = False,
    ) -> None:
        check_model(model)
        check_acquisition(
            acquisition,
            FIDELITY_ACQUISITIONS,
            MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS,
            ACQUISITIONS,
            MULTI_OBJECTIVE_ACQUISITIONS,
        )
        check_count("n_initial", n_initial)
        self.model, self.acquisition = model, acquisition
        self.n_initial, self.replicates = n_initial, replicates

    def check_goals(self, goals: Goals) -> None:
        name = _joint(self.acquisition)
        if self.acquisition == "auto":
            return
        if name is None:
            BayesianOptimization(acquisition=self.acquisition).check_goals(goals)
            return
        several = goals.n_objectives > 1
        served = MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS if several else FIDELITY_ACQUISITIONS
        if name not in served:
            kind = "one objective" if several else "several objectives"
            raise InvalidInputError(
                f"acquisition={name!r} is for {kind}; there are {goals.n_objectives}: leave it at 'auto' or "
                f"choose one of {', '.join(map(repr, served.names()))}"
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
        if space.fidelity is None:
            acquisition = "auto" if _joint(self.acquisition) else self.acquisition
            alone = BayesianOptimization(self.model, acquisition, self.n_initial, self.replicates)
            return alone.propose(space, goals, observations, pending, n, seed=seed, state=state)

        from augury.numerics.threads import blas_threads
        from augury.strategies.multi_fidelity.decision import VersionDecision
        from augury.strategies.multi_fidelity.nested_design import NestedDesign
        from augury.strategies.multi_fidelity.relation import are_clearly_related
        from augury.strategies.multi_fidelity.target_space import stands_alone
        from augury.strategies.multi_fidelity.version_models import VersionModels, is_measured

        check_request(space, observations, pending, n)
        check_roles(space, ("design", "fidelity", "task"))
        self.check_goals(goals)
        busy = np.concatenate([pending, observations.X[observations.pending]])
        known = np.concatenate([observations.X[~observations.pending], busy])
        remembered = InitialDesign.resume(state, seed)
        joint = _joint(self.acquisition) is not None
        design = NestedDesign(space, remembered.seed, self.n_initial, joint, observations)
        points, columns = design.left(known)[:n], goals.objective_columns
        decides = is_measured(observations, space.fidelity, columns)
        if not decides:
            further = design.more(n - len(points), np.concatenate([known, points]))
            points = np.concatenate([points, further])
        elif len(points) and space.fidelity.at_target(points).all():
            points = points[: 0 if are_clearly_related(space, observations, columns, seed) else n]
        if len(points) == n or not decides:
            if len(points) == 0:
                raise exhausted(space)
            return Proposal(points, _of_design(points), remembered.state())
        warm = warm_start(state, model_label(self.model))
        with blas_threads(observations.n):
            versions = VersionModels.fit(self.model, space, observations, seed=seed, warm=warm)
            tells = any(versions.informed.values())
            if not design.held and (tells or versions.is_open):
                seen = np.concatenate([known, points])
                further = design.once_tried(seen) if tells else design.unpaired(seen)
                points = np.concatenate([points, further[: n - len(points)]])
            if not tells and len(points) < n and stands_alone(space, observations):
                return self._alone(space, goals, observations, pending, points, n, seed=seed, state=state)
            predictions = _of_design(points)
            if len(points) < n:
                decision = VersionDecision.of(
                    versions, self.model, self.acquisition, space, goals, observations, seed=seed
                )
                busy = np.concatenate([busy, points])
                chosen, reasons = decision.choose(n - len(points), busy, replicates=self.replicates)
                points, predictions = np.concatenate([points, chosen]), predictions + reasons
        if len(points) == 0:
            raise exhausted(space)
        label = model_label(self.model)
        return Proposal(points, predictions, remembered.state(model=label, tensors=versions.warm))

    def _alone(
        self,
        space: Space,
        goals: Goals,
        observations: Observations,
        pending: np.ndarray,
        points: np.ndarray,
        n: int,
        *,
        seed: int,
        state: State | None,
    ) -> Proposal:
        """The points of the design, and what is proposed of the target as if it were the only version."""
        from augury.strategies.multi_fidelity.target_space import TargetSpace

        target = TargetSpace(space)
        acquisition = "auto" if _joint(self.acquisition) else self.acquisition
        proposal = BayesianOptimization(self.model, acquisition, 1, self.replicates).propose(
            target.space,
            goals,
            target.results(observations),
            target.busy(np.concatenate([pending, points])),
            n - len(points),
            seed=seed,
            state=state,
        )
        return Proposal(
            np.concatenate([points, target.widen(proposal.points)]),
            [*_of_design(points), *proposal.predictions],
            proposal.state,
        )


def _of_design(points: np.ndarray) -> list[Prediction]:
    return [Prediction(reason="initial design") for _ in points]
