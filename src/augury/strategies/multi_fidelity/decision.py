"""The decision where a function has several versions: a point by the target, then a version of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from augury.acquisition.batch import built_once
from augury.space.fidelity import Fidelity
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.space import Space
from augury.strategies.base import Prediction
from augury.strategies.decision import AcquisitionChoice, Decision
from augury.strategies.multi_fidelity.front_versions import spared_per_cost
from augury.strategies.multi_fidelity.joint_choice import is_joint, jointly_best
from augury.strategies.multi_fidelity.nested_design import at_target
from augury.strategies.multi_fidelity.version_choice import most_told_per_cost
from augury.strategies.multi_fidelity.version_models import VersionModels, known_levels, rows_of
from augury.strategies.outcome_models import ModelChoice
from augury.strategies.success import success_model


@dataclass(frozen=True)
class VersionDecision:
    """What the models of one moment say about where, and in which version, to evaluate next.

    Args:
        space: with a fidelity; where that is held, that version is evaluated.
        target: the decision about the target version, whose models have learnt from all.
        versions: these models.
        observations: results of all versions.
        levels: `t` encoded versions that the models know.
        joint: the acquisition over points and versions at once (`jointly_best`), or None for the
            two-step rule.
    """

    space: Space
    target: Decision
    versions: VersionModels
    observations: Observations
    levels: np.ndarray
    joint: str | None = None

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
        versions = VersionModels.fit(model, space, observations, seed=seed, warm=warm)
        return cls.of(versions, model, acquisition, space, goals, observations, seed=seed)

    @classmethod
    def of(
        cls,
        versions: VersionModels,
        model: ModelChoice,
        acquisition: AcquisitionChoice,
        space: Space,
        goals: Goals,
        observations: Observations,
        *,
        seed: int,
    ) -> VersionDecision:
        """With models that are fitted already."""
        fidelity = fidelity_of(space)
        success = success_model(space, observations)
        results = rows_of(observations, fidelity.at_target(observations.X))
        target_space = at_target(space)
        joint = str(acquisition) if is_joint(acquisition) else None
        inner = "auto" if joint is not None else acquisition
        target = Decision(target_space, goals, results, versions.models, success, inner, seed, model)
        levels = known_levels(observations, fidelity, list(versions.models.models))
        return cls(space, target, versions, observations, levels, joint)

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
        known = np.concatenate([self.observations.X, busy])
        held = self.space.fixed_columns.get(fidelity.column)
        if self.joint is not None and held is None:
            columns = self.target.goals.objective_columns
            told = any(self.versions.informed.get(column) for column in columns)
            levels = self.levels if told else np.array([fidelity.target])
            taken = None if replicates or self.target.may_repeat else known
            X = jointly_best(self.joint, self.target, fidelity, levels, n, busy, taken, self.observations)
            predictions = self.target.explain(fidelity.at(X, fidelity.target))
            return X, _cheaply(predictions, fidelity.at_target(X))
        at_target = fidelity.at(busy, fidelity.target)
        conditional = built_once(self.target.beside(at_target, replicates=replicates))
        X = self.target.choose(n, at_target, replicates=replicates, conditional=conditional)
        predictions = self.target.explain(X)
        if held is not None:
            return fidelity.at(X, held), predictions
        if self.target.goals.n_objectives > 1:
            chosen = spared_per_cost(self.versions, self.target, fidelity, self.levels, X, conditional, known)
        else:
            chosen = most_told_per_cost(self.versions, fidelity, self.levels, X, known)
        X = fidelity.at(X, chosen)
        return X, _cheaply(predictions, fidelity.at_target(X))


def _cheaply(predictions: list[Prediction], at_target: np.ndarray) -> list[Prediction]:
    """The predictions, with those of other versions marked in their reason."""
    return [
        one if is_target else replace(one, reason=f"{one.reason}, cheaply")
        for one, is_target in zip(predictions, at_target, strict=True)
    ]


def fidelity_of(space: Space) -> Fidelity:
    """The fidelity of a space that has one."""
    assert space.fidelity is not None
    return space.fidelity
