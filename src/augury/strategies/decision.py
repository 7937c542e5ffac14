"""The decision of Bayesian optimisation: from fitted models to the points of largest acquisition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from augury.acquisition.analytic import LogProbabilityOfFeasibility
from augury.acquisition.batch import maximize_batch
from augury.acquisition.constrained import ConstrainedAcquisition, LogProbabilityOfSuccess
from augury.acquisition.enumeration import is_among
from augury.acquisition.moments import is_gaussian
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.models.feasibility import FeasibilityModel
from augury.strategies.design import first_occurrence, without_repeats
from augury.strategies.explanation import explain
from augury.strategies.outcome_models import ModelChoice, OutcomeModels

if TYPE_CHECKING:
    from augury.acquisition.base import Acquisition
    from augury.space.goals import Goals
    from augury.space.observations import Observations
    from augury.space.space import Space
    from augury.strategies.base import Prediction

AcquisitionChoice = str | Callable[[Situation], "Acquisition"]

#: Noise below this share of the outcome's variance does not make the best measured value doubtful. (Few exact
#: data leave an inferred share of about 0.007, where the prior has its mode.)
NEGLIGIBLE_NOISE = 0.02
_INCUMBENTS = 5  # best observed points around which the search looks closely


@dataclass(frozen=True)
class Decision:
    """What the models of one moment say about where to evaluate next.

    Args:
        space: where to look.
        goals: one objective, and any constraints.
        observations: what the models were fitted to.
        models: one per measured outcome; the objective has one.
        success: the chance that an evaluation succeeds, or None when nothing is known about it.
        acquisition: "auto", a name in `ACQUISITIONS`, or a callable as is registered there.
        seed: of the search and of the fantasies.
    """

    space: Space
    goals: Goals
    observations: Observations
    models: OutcomeModels
    success: FeasibilityModel | None
    acquisition: AcquisitionChoice
    seed: int

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
    ) -> Decision:
        """Fit all models; see `OutcomeModels.fit` for the arguments."""
        models = OutcomeModels.fit(model, space, observations, seed=seed, warm=warm)
        return cls(space, goals, observations, models, _success(space, observations), acquisition, seed)

    def choose(self, n: int, pending: np.ndarray, *, replicates: bool) -> np.ndarray:
        """Up to n points (n x d) that are worth most together.

        Args:
            n: how many.
            pending: p x d points under evaluation.
            replicates: whether observed and pending points of a finite space may be chosen again; without it
                there may be fewer points than n, and none.
        """
        taken = None if replicates else np.concatenate([self.observations.X, pending])
        found = maximize_batch(
            self._beside(pending, measured_once=self.space.size is not None and not replicates),
            self.space,
            n,
            incumbents=self._incumbents,
            avoid=taken,
            seed=self.seed,
        ).X
        if replicates:
            return found
        if self.space.size is None:
            return found if self._is_gaussian else without_repeats(self.space, found, taken, seed=self.seed)
        return found[first_occurrence(found) & ~is_among(found, taken)]

    def explain(self, X: np.ndarray) -> list[Prediction]:
        """The predictions at chosen points (n x d)."""
        incumbent = None
        if self._competing.any():
            mean = self.models.mean(0, self.observations.X[self._competing])
            incumbent = float((self._sign * mean).max())
        return explain(self.models, self.goals, X, incumbent)

    def _beside(self, pending: np.ndarray, *, measured_once: bool) -> Callable[[np.ndarray], Acquisition]:
        """The acquisition beside the pending points and further ones.

        Args:
            pending: p x d points under evaluation.
            measured_once: whether no point can be evaluated again, so that the best value is the best
                measured one, noisy or not.
        """
        if not self._competing.any():
            return lambda further: ConstrainedAcquisition(
                None, self._chances(presumed=np.concatenate([pending, further]))
            )
        situation = Situation(
            model=self.models.models[0],
            observed=self.observations.X[self._competing],
            values=self.observations.Y[self._competing, 0],
            maximize=self._sign > 0,
            pending=pending,
            constraints=self._chances(),
            seed=self.seed,
        )
        build = self._build(noisy=not measured_once and self._is_noisy)
        return lambda further: build(situation.with_pending(further) if len(further) else situation)

    def _build(self, *, noisy: bool) -> Callable[[Situation], Acquisition]:
        if not isinstance(self.acquisition, str):
            return self.acquisition
        name = self.acquisition
        if name == "auto":
            name = "log-nei" if noisy else "log-ei"
        build: Callable[[Situation], Acquisition] = ACQUISITIONS.load(name)
        return build

    @property
    def _is_noisy(self) -> bool:
        """Whether the best measured value may well not be the best value."""
        model = self.models.models[0]
        if not hasattr(model, "noise_variance"):
            return True
        measured = self.observations.Y[self.observations.complete, 0]
        return float(model.noise_variance.mean()) > NEGLIGIBLE_NOISE * float(np.nanvar(measured))

    @property
    def _is_gaussian(self) -> bool:
        """Whether the objective's model is; the few members of an ensemble may all agree on one point."""
        return 0 in self.models.models and is_gaussian(self.models.models[0])

    @property
    def _sign(self) -> float:
        return float(self.goals.objective_signs[0])

    @cached_property
    def _limits(self) -> list[tuple[int, float, float]]:
        """The constraint terms of which something is known."""
        return [term for term in self.goals.constraint_terms if term[0] in self.models.models]

    @cached_property
    def _competing(self) -> np.ndarray:
        """The rows (bool N) that may hold the best value: objective measured, constraints met."""
        Y = self.observations.Y
        rows = self.observations.complete & np.isfinite(Y[:, 0])
        for column, sign, offset in self._limits:
            rows = rows & (sign * Y[:, column] + offset <= 0.0)
        return rows

    @property
    def _incumbents(self) -> np.ndarray:
        """The best rows; while none competes, those most likely to meet the constraints."""
        if self._competing.any():
            rows = np.flatnonzero(self._competing)
            worth = self._sign * self.observations.Y[rows, 0]
        else:
            rows = np.flatnonzero(self.observations.complete)
            worth = ConstrainedAcquisition(None, self._chances()).value(self.observations.X[rows])
        return self.observations.X[rows[np.argsort(-worth, kind="stable")[:_INCUMBENTS]]]

    def _chances(self, presumed: np.ndarray | None = None) -> list[Acquisition]:
        """Logarithms of the probabilities that each constraint is met and that the evaluation succeeds.

        Args:
            presumed: p x d points presumed to violate the constraints, so that a search for the first
                feasible point does not return to them before their results are known.
        """
        chances: list[Acquisition] = []
        for column, sign, offset in self._limits:
            model = self.models.models[column]
            if presumed is not None and len(presumed):
                model = self.models.given_violation(column, sign, offset, presumed)
            chances.append(LogProbabilityOfFeasibility(model, sign, offset))
        if self.success is not None:
            chances.append(LogProbabilityOfSuccess(self.success))
        return chances


def _success(space: Space, observations: Observations) -> FeasibilityModel | None:
    """The model of the chance of success, once some evaluations have succeeded and some failed."""
    settled = observations.complete | observations.failed
    if not (observations.complete.any() and observations.failed.any()):
        return None
    return FeasibilityModel(
        torch.from_numpy(observations.X[settled]),
        torch.from_numpy(observations.complete[settled]),
        space.categorical_features,
        space.descriptors,
    ).fit()
