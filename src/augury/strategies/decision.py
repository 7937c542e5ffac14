"""The decision of Bayesian optimisation: from fitted models to the points of largest acquisition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augury.acquisition.base import is_smooth
from augury.acquisition.batch import Conditional, maximize_batch
from augury.acquisition.constrained import ConstrainedAcquisition, LogProbabilityOfSuccess
from augury.acquisition.cost import LearntCost
from augury.acquisition.enumeration import is_among
from augury.acquisition.moments import is_gaussian
from augury.acquisition.multi_objective import MultiObjectiveSituation
from augury.acquisition.registry import ACQUISITIONS, MULTI_OBJECTIVE_ACQUISITIONS
from augury.acquisition.sampled_feasibility import log_feasibility
from augury.acquisition.situation import Situation
from augury.models.build import build_model, fit_model
from augury.space.pareto import MOST_HYPERVOLUME_OBJECTIVES, non_dominated, reference_point
from augury.strategies.design import first_occurrence, without_repeats
from augury.strategies.explanation import explain
from augury.strategies.outcome_models import ModelChoice, OutcomeModels
from augury.strategies.success import success_model

if TYPE_CHECKING:
    from augury.acquisition.base import Acquisition
    from augury.models.feasibility import FeasibilityModel
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.base import Prediction

AcquisitionChoice = str | Callable[[Any], "Acquisition"]

#: Noise below this share of the outcome's variance does not make the best measured value doubtful. (Few exact
#: data leave an inferred share of about 1e-4, where the prior has its mode.)
NEGLIGIBLE_NOISE = 0.02
_INCUMBENTS = 5  # best observed points around which the search looks closely
_MOST_INCUMBENTS = 20  # of a Pareto front, all of whose members are best


@dataclass(frozen=True)
class Decision:
    """What the models of one moment say about where to evaluate next.

    Args:
        space: where to look.
        goals: the objectives, and any constraints.
        observations: what the models were fitted to.
        models: one per measured outcome; every objective has one.
        success: the chance that an evaluation succeeds, or None when nothing is known about it.
        acquisition: "auto", a name in `ACQUISITIONS` or, for several objectives, in
            `MULTI_OBJECTIVE_ACQUISITIONS`, or a callable as is registered there.
        seed: of the search and of the fantasies.
        model: what the models were made from.
    """

    space: Space
    goals: Goals
    observations: Observations
    models: OutcomeModels
    success: FeasibilityModel | None
    acquisition: AcquisitionChoice
    seed: int
    model: ModelChoice = "auto"

    @classmethod
    def fit(
        cls,
        model: ModelChoice,
        acquisition: AcquisitionChoice,
        space: Space,
        goals: Goals,
        observations: Observations,
        *,
        seed: int,
        warm: Mapping[str, torch.Tensor],
        may_adapt: bool = False,
    ) -> Decision:
        """Fit all models; see `OutcomeModels.fit` for the arguments.

        With `may_adapt` a single objective is modelled with a trend and on a logarithmic scale, as
        `OutcomeModels.fit` says.
        """
        signs = {0: float(goals.objective_signs[0])} if may_adapt and goals.n_objectives == 1 else {}
        models = OutcomeModels.fit(model, space, observations, seed=seed, warm=warm, may_adapt=signs)
        success = success_model(space, observations)
        return cls(space, goals, observations, models, success, acquisition, seed, model)

    def choose(
        self, n: int, pending: np.ndarray, *, replicates: bool, conditional: Conditional | None = None
    ) -> np.ndarray:
        """Up to n points (n x d) that are worth most together.

        Args:
            n: how many.
            pending: p x d points under evaluation.
            replicates: whether observed and pending points of a finite space may be chosen again; without it
                there may be fewer points than n, and none.
            conditional: what `beside` gives for these points, where it is used elsewhere too.
        """
        may_repeat = replicates or self.may_repeat
        taken = None if may_repeat else np.concatenate([self.observations.X, pending])
        found = maximize_batch(
            conditional or self.beside(pending, replicates=replicates),
            self.space,
            n,
            # beside several objectives, sweeps gain little for as many decompositions of the front
            sweeps=1 if self.goals.n_objectives == 1 else 0,
            incumbents=self.incumbents,
            avoid=taken,
            seed=self.seed,
        ).X
        if taken is None:
            return found
        if self.space.size is None:
            return without_repeats(self.space, found, taken, seed=self.seed)
        return found[first_occurrence(found) & ~is_among(found, taken)]

    def explain(self, X: np.ndarray) -> list[Prediction]:
        """The predictions at chosen points (n x d)."""
        front = None
        if self.competing.any():
            points = self.observations.X[self.competing]
            columns = self.goals.objective_columns
            means = np.stack([self.models.mean(column, points) for column in columns], axis=1)
            values = means * self.goals.objective_signs
            front = values[non_dominated(values)]
        return explain(self.models, self.goals, X, front)

    def beside(self, pending: np.ndarray, *, replicates: bool) -> Conditional:
        """The acquisition beside the pending points and further ones.

        Args:
            pending: p x d points under evaluation.
            replicates: as for `choose`; without it no point of a finite space can be evaluated again, so that
                the best value is the best measured one, noisy or not.
        """
        measured_once = self.space.size is not None and not replicates
        if not self.competing.any():
            return lambda further: ConstrainedAcquisition(
                None, self.chances(presumed=np.concatenate([pending, further]))
            )
        noisy = not measured_once and self._is_noisy
        build, situation = self._build(noisy), self._situation(pending, noisy)
        return lambda further: build(situation.with_pending(further) if len(further) else situation)

    def _situation(self, pending: np.ndarray, noisy: bool) -> Situation | MultiObjectiveSituation:
        observed, values = self.observations.X[self.competing], self.objectives[self.competing]
        signs, constraints = self.goals.objective_signs, self.chances()
        if self.goals.n_objectives == 1:
            return Situation(
                model=self.models.models[0],
                observed=observed,
                values=self.models.warped(0, signs[0] * values[:, 0]),
                maximize=bool(signs[0] > 0),
                space=self.space,
                cost=self._cost,
                pending=pending,
                constraints=constraints,
                seed=self.seed,
            )
        return MultiObjectiveSituation(
            models=[self.models.models[column] for column in self.goals.objective_columns],
            observed=observed,
            values=values,
            signs=signs,
            noisy=noisy,
            reference=reference_point(values, self.goals.thresholds),
            fit=self._fit_outcome,
            pending=pending,
            constraints=constraints,
            seed=self.seed,
        )

    def _build(self, noisy: bool) -> Callable[[Any], Acquisition]:
        if not isinstance(self.acquisition, str):
            return self.acquisition
        name, several = self.acquisition, self.goals.n_objectives > 1
        if name == "auto" and self.goals.n_objectives > MOST_HYPERVOLUME_OBJECTIVES:
            name = "parego"
        elif name == "auto":
            name = f"log-{'n' if noisy else ''}{'ehvi' if several else 'ei'}"
        registry = MULTI_OBJECTIVE_ACQUISITIONS if several else ACQUISITIONS
        build: Callable[[Any], Acquisition] = registry.load(name)
        return build

    def _fit_outcome(self, X: np.ndarray, y: np.ndarray) -> Any:
        """A surrogate of a further outcome `y` (n) of points (n x d), of the kind that was asked for."""
        train_X, train_Y = torch.from_numpy(np.ascontiguousarray(X)), torch.from_numpy(y[:, None].copy())
        return fit_model(build_model(self.model, train_X, train_Y, None, self.space), seed=self.seed)

    def is_noisy(self, column: int) -> bool:
        """Whether the best measured value of an objective may well not be the best value."""
        model = self.models.models[column]
        noise = getattr(model, "noise_variance", None)
        if noise is None:
            return True
        measured = self.observations.Y[self.observations.complete, column]
        values = self.models.warped(column, measured[np.isfinite(measured)])
        residuals = values - values.sum() / len(values)
        return float(noise.numpy().sum()) / noise.numel() > NEGLIGIBLE_NOISE * (residuals @ residuals) / len(
            values
        )

    @property
    def may_repeat(self) -> bool:
        """Whether a known point of the space may be evaluated again unasked.

        Under noise a known point of a continuous space may tell most. Without, it tells nothing: a search
        ends there only at an optimum known to rounding errors, or where nothing promises to improve, as where
        all members of an ensemble agree.
        """
        return self.space.size is None and self._is_smooth and self._is_noisy

    @property
    def _is_smooth(self) -> bool:
        models = [self.models.models.get(column) for column in self.goals.objective_columns]
        return all(model is not None and is_gaussian(model) and is_smooth(model) for model in models)

    @cached_property
    def _is_noisy(self) -> bool:
        return any(map(self.is_noisy, self.goals.objective_columns))

    @cached_property
    def objectives(self) -> np.ndarray:
        """N x k measured objectives, to be maximised."""
        return self.goals.objective_values(self.observations.Y)

    @cached_property
    def _cost(self) -> LearntCost:
        """The logarithm of an evaluation's cost, learnt when it is asked for."""
        return LearntCost(self.observations.X, self.observations.cost, self.space)

    @cached_property
    def limits(self) -> list[tuple[int, float, float]]:
        """The constraint terms of which something is known."""
        return [term for term in self.goals.constraint_terms if term[0] in self.models.models]

    @cached_property
    def competing(self) -> np.ndarray:
        """The rows (bool N) that may be best: objectives measured, constraints met."""
        Y = self.observations.Y
        rows = self.observations.complete & np.isfinite(self.objectives).all(axis=1)
        for column, sign, offset in self.limits:
            rows = rows & (sign * Y[:, column] + offset <= 0.0)
        return rows

    @property
    def incumbents(self) -> np.ndarray:
        """The best rows; while none competes, those most likely to meet the constraints."""
        if self.competing.any() and self.goals.n_objectives > 1:
            return self.observations.X[self._spread_of_front()]
        if self.competing.any():
            rows = np.flatnonzero(self.competing)
            worth = self.objectives[rows, 0]
        else:
            rows = np.flatnonzero(self.observations.complete)
            worth = ConstrainedAcquisition(None, self.chances()).value(self.observations.X[rows])
        return self.observations.X[rows[np.argsort(-worth, kind="stable")[:_INCUMBENTS]]]

    def _spread_of_front(self) -> np.ndarray:
        """Rows of the Pareto front, evenly taken along the first objective where there are many."""
        rows = np.flatnonzero(self.competing)
        rows = rows[non_dominated(self.objectives[rows])]
        rows = rows[np.argsort(self.objectives[rows, 0], kind="stable")]
        return rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_INCUMBENTS)).astype(np.intp)]

    def chances(self, presumed: np.ndarray | None = None) -> list[Acquisition]:
        """Logarithms of the probabilities that each constraint is met and that the evaluation succeeds.

        Args:
            presumed: p x d points presumed to violate the constraints, so that a search for the first
                feasible point does not return to them before their results are known.
        """
        chances: list[Acquisition] = []
        for column, sign, offset in self.limits:
            model = self.models.models[column]
            if presumed is not None and len(presumed):
                model = self.models.given_violation(column, sign, offset, presumed)
            chances.append(log_feasibility(model, sign, offset, self.seed))
        if self.success is not None:
            chances.append(LogProbabilityOfSuccess(self.success))
        return chances
