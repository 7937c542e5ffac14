"""The decision where a function has several versions: a point by the target, then a version of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from augury.space.fidelity import Fidelity
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies.base import Prediction
from augury.strategies.decision import AcquisitionChoice, Decision, success_model
from augury.strategies.multi_fidelity.version_choice import most_told_per_cost
from augury.strategies.multi_fidelity.version_models import VersionModels, rows_of
from augury.strategies.outcome_models import ModelChoice


@dataclass(frozen=True)
class VersionDecision:
    """What the models of one moment say about where, and in which version, to evaluate next.

    Args:
        space: with a fidelity; where that is held, that version is evaluated.
        target: the decision about the target version, whose models have learnt from all.
        versions: these models.
        known: `N x d` points evaluated in any version.
    """

    space: Space
    target: Decision
    versions: VersionModels
    known: np.ndarray

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
    ) -> VersionDecision:
        """Fit all models; the arguments are those of `Decision.fit`."""
        fidelity = fidelity_of(space)
        versions = VersionModels.fit(model, space, observations, seed=seed, warm=warm)
        success = success_model(space, observations)
        results = rows_of(observations, fidelity.at_target(observations.X))
        at_target = _at_target(space, fidelity)
        target = Decision(at_target, goals, results, versions.models, success, acquisition, seed, model)
        return cls(space, target, versions, observations.X)

    @property
    def fidelity(self) -> Fidelity:
        """That of the space."""
        return fidelity_of(self.space)

    def choose(self, n: int, busy: np.ndarray, *, replicates: bool) -> tuple[np.ndarray, list[Prediction]]:
        """Up to n points (`n x d`), each in a version, and what the models say of the target there.

        Args:
            n: how many.
            busy: `p x d` points under evaluation, in any version; each is looked after in all of them.
            replicates: whether points of a finite space may be evaluated again.
        """
        fidelity = self.fidelity
        X = self.target.choose(n, fidelity.at(busy, fidelity.target), replicates=replicates)
        predictions = self.target.explain(X)
        held = self.space.fixed_columns.get(fidelity.column)
        if held is not None:
            return fidelity.at(X, held), predictions
        levels = self._levels()
        known = np.concatenate([self.known, busy])
        chosen = most_told_per_cost(self.versions, fidelity, levels, X, known)
        for index, level in enumerate(chosen):
            if abs(level - fidelity.target) > 1e-9:
                reason = f"{predictions[index].reason}, cheaply"
                predictions[index] = replace(predictions[index], reason=reason)
        return fidelity.at(X, chosen), predictions

    def _levels(self) -> np.ndarray:
        """The versions that the models know: all of a continuous fidelity, else those with results."""
        levels = self.fidelity.levels
        if not self.fidelity.discrete:
            return levels
        tried = np.abs(self.known[:, self.fidelity.column, None] - levels).min(axis=0) < 1e-9
        return levels[tried | (np.abs(levels - self.fidelity.target) < 1e-9)]


def fidelity_of(space: Space) -> Fidelity:
    """The fidelity of a space that has one."""
    assert space.fidelity is not None
    return space.fidelity


def _at_target(space: Space, fidelity: Fidelity) -> Space:
    """The space of the points in the version that counts."""
    parameter = space.parameters[fidelity.name]
    number = parameter.scale.value(np.array([fidelity.target]))
    if fidelity.column in space.fixed_columns:
        import copy

        other = copy.copy(space)
        other.fixed_columns = {**space.fixed_columns, fidelity.column: fidelity.target}
        return other
    return space.restrict({fidelity.name: parameter.from_numbers(number)[0]})
