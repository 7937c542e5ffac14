"""Trust regions: Bayesian optimisation that looks only around the best point, for many inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import numpy as np

from augury.acquisition.enumeration import is_among, listed_points
from augury.acquisition.registry import ACQUISITIONS, MULTI_OBJECTIVE_ACQUISITIONS
from augury.errors import NotSupportedError
from augury.space.pareto import MOST_HYPERVOLUME_OBJECTIVES
from augury.strategies.base import Proposal, State, Strategy, check_request, check_roles
from augury.strategies.bayesian_optimization import BayesianOptimization
from augury.strategies.choices import check_acquisition, check_count, check_model, model_label, warm_start
from augury.strategies.design import Start, exhausted, without_repeats
from augury.strategies.region_progress import centres, nearest, spread, updated
from augury.strategies.region_size import RegionSize

if TYPE_CHECKING:
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.decision import AcquisitionChoice, Decision
    from augury.strategies.outcome_models import ModelChoice

#: So many points at once are taken from draws of the function, fewer by expected improvement.
THOMPSON_FROM = 200
#: The model is fitted to three rows for each column, within these limits, or twice the batch where that is
#: more, of those nearest to the best one: a function differs from place to place, and what is far from the
#: region tells little of it, but fewer rows than columns tell little of any.
ROWS_PER_COLUMN = 3
FEWEST_ROWS, MOST_ROWS = 200, 600
_MOST_FOR_A_BATCH = 2000
_FEWEST_CANDIDATES, _MOST_CANDIDATES = 2000, 4000
#: With several objectives so many points of the front are centres of a region in one proposal.
_CENTRES = 4


@final
class TrustRegion(Strategy):
    """Evaluates first a Sobol design, then points of a box around the best one, which grows and shrinks.

    The model is that of the rows nearest to the best one, three for each column (200 to 600), or twice the
    batch where that is more. The sides of the box are in proportion to the model's lengthscales. It doubles
    after three proposals in a row that found a better point, halves after as many evaluations without one as
    there are free columns (at least 4), and when it has become tiny the search begins anew with another
    design, of whose results alone the next region is made. Points differ from the best one in about 20
    columns. Small batches are chosen by expected improvement, one beside the other; large ones are the best
    points of as many draws of the function (Thompson sampling), all constraints drawn as well.

    With two to four objectives a success is a larger hypervolume, the centres are points of the front, four
    in one proposal, and expected hypervolume improvement chooses.

    Constraints on outcomes, failures, points under evaluation and mixed spaces are treated as in
    `BayesianOptimization`; in a table or a small finite space the region is the whole space.

    Args:
        model: as in `BayesianOptimization`.
        acquisition: "auto", "thompson" (draws, whatever the size of the batch; for one objective), or an
            acquisition as in `BayesianOptimization`.
        n_initial: as in `BayesianOptimization`; the size of every region's design.
        replicates: as in `BayesianOptimization`.

    Raises:
        InvalidInputError: an unknown model or acquisition, or n_initial < 1.

    Sources: Eriksson, Pearce, Gardner, Turner and Poloczek, "Scalable global optimization via local Bayesian
    optimization", NeurIPS 2019 (one region, TuRBO-1); Eriksson and Poloczek, "Scalable constrained Bayesian
    optimization", AISTATS 2021, for constraints; Daulton, Eriksson, Balandat and Bakshy, "Multi-objective
    Bayesian optimization over high-dimensional search spaces", UAI 2022, for several objectives.
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
        if goals.n_objectives > MOST_HYPERVOLUME_OBJECTIVES:
            raise NotSupportedError(
                f"a trust region follows up to {MOST_HYPERVOLUME_OBJECTIVES} objectives, and there are "
                f"{goals.n_objectives}; use strategy='bayesian-optimization'"
            )
        BayesianOptimization(acquisition=self.acquisition).check_goals(goals)

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
        check_roles(space, {"design"})
        self.check_goals(goals)
        size = RegionSize.from_dict(None if state is None else state.data.get("region"))
        size = updated(size, space, goals, observations)
        known = (
            observations if size.start == 0 else observations.rows(np.arange(observations.n) >= size.start)
        )
        start = Start.of(
            self.n_initial, space, goals, observations, pending, n, seed=seed, state=state, known=known
        )
        design, busy, points, predictions = start.design, start.busy, start.points, start.predictions
        if start.is_all:
            waiting = replace(size, best=None, seen=0)
            return Proposal(points, predictions, design.state(region=waiting.to_dict()))

        from augury.numerics.threads import blas_threads
        from augury.strategies.decision import Decision
        from augury.strategies.outcome_models import OutcomeModels
        from augury.strategies.success import success_model

        label = model_label(self.model)
        warm = warm_start(state, label)
        near = nearest(known, goals, _rows(space.dim, n))
        with blas_threads(near.n):
            models = OutcomeModels.fit(self.model, space, near, seed=seed, warm=warm)
            success = success_model(space, observations)
            decision = Decision(space, goals, near, models, success, self.acquisition, seed, self.model)
            busy = np.concatenate([busy, points])
            taken = np.concatenate([observations.X, busy])
            chosen = self._choose(decision, size.length, n - len(points), busy, taken)
            predictions += decision.explain(chosen)
        points = np.concatenate([points, chosen])
        if len(points) == 0:
            raise exhausted(space)
        remembered = design.state(model=label, region=size.to_dict(), tensors=models.hyperparameters())
        return Proposal(points, predictions, remembered)

    def _choose(
        self, decision: Decision, length: float, n: int, busy: np.ndarray, taken: np.ndarray
    ) -> np.ndarray:
        """Up to n points (n x d) of the region."""
        from augury.acquisition.region import Region
        from augury.acquisition.region_search import best_in_region

        space = decision.space
        listed = listed_points(space)
        if listed is not None:
            return decision.choose(n, busy, replicates=self.replicates)
        lengthscales = _lengthscales(decision)
        count = int(np.clip(2 * space.dim, _FEWEST_CANDIDATES, _MOST_CANDIDATES))
        measured_once = space.size is not None and not self.replicates
        found = np.empty((0, space.dim))
        around = centres(decision, min(n, _CENTRES))
        for index, centre in enumerate(around):
            share = (n - len(found)) // (len(around) - index)
            region = Region.around(space, centre, length, lengthscales)
            candidates = region.candidates(count, decision.seed + index)
            known = np.concatenate([taken, found])
            if measured_once:
                candidates = candidates[~is_among(candidates, known)]
            if len(candidates) < share:
                return decision.choose(n, busy, replicates=self.replicates)
            if self._draws(decision, n):
                return candidates[_draw(decision, candidates, n)]
            conditional = decision.beside(np.concatenate([busy, found]), replicates=self.replicates)
            chosen = best_in_region(conditional, region, candidates, share, seed=decision.seed + index)
            found = np.concatenate([found, chosen])
        return found if self.replicates else without_repeats(space, found, taken, seed=decision.seed)

    def _draws(self, decision: Decision, n: int) -> bool:
        """Whether the points are those of draws of the function."""
        many = self.acquisition == "auto" and n >= THOMPSON_FROM and decision.goals.n_objectives == 1
        return self.acquisition == "thompson" or many


def _rows(dim: int, n: int) -> int:
    """How many rows the model of so many columns is fitted to at most, for a batch of n."""
    return max(min(max(ROWS_PER_COLUMN * dim, FEWEST_ROWS), MOST_ROWS), min(2 * n, _MOST_FOR_A_BATCH))


def _lengthscales(decision: Decision) -> np.ndarray | None:
    """`d` lengthscales, the geometric mean of the objectives'; None where a surrogate does not tell."""
    from augury.acquisition.moments import lengthscales_of

    told = [lengthscales_of(decision.models.models[column]) for column in decision.goals.objective_columns]
    if any(one is None for one in told):
        return None
    mean: np.ndarray = np.exp(np.mean([np.log(one) for one in told if one is not None], axis=0))
    return mean


def _draw(decision: Decision, candidates: np.ndarray, n: int) -> np.ndarray:
    """The rows of the candidates that are best in n draws of the functions."""
    from augury.acquisition.constrained import LogProbabilityOfSuccess
    from augury.acquisition.region_search import Limit, best_of_draws

    Y = decision.observations.Y
    limits = [
        Limit(decision.models.models[column], sign, offset, spread(Y[:, column]))
        for column, sign, offset in decision.limits
    ]
    log_success = None
    if decision.success is not None:
        log_success = LogProbabilityOfSuccess(decision.success).value(candidates)
    return best_of_draws(
        decision.models.models[0],
        candidates,
        n,
        maximize=bool(decision.goals.objective_signs[0] > 0),
        limits=limits,
        log_success=log_success,
        seed=decision.seed,
    )
