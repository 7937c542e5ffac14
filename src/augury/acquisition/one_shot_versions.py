"""BoTorch's one-shot knowledge gradients of a function in several versions, through our surrogates."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from augury.acquisition.analytic import PosteriorMean
from augury.acquisition.moments import moments_of
from augury.acquisition.one_shot import OneShot
from augury.acquisition.search import maximize
from augury.acquisition.version_situation import VersionSituation
from augury.errors import NotSupportedError
from augury.space.pareto import hypervolume
from augury.space.sampling import sobol
from augury.space.space import Space

_FANTASIES, _FRONT_FANTASIES, _FRONT_POINTS = 16, 4, 6
_CANDIDATES = 256
_SEARCH = {"restarts": 2, "raw_points": 16, "iterations": 30}


class OneShotInVersion(OneShot):
    """A one-shot acquisition function of points in one version.

    Args:
        function: whose fantasies are projected to the target.
        column: that of the versions.
        level: the encoded version.
        **search: as `OneShot` takes it.
    """

    def __init__(self, function: Any, column: int, level: float, **search: int) -> None:
        super().__init__(function, **search)
        self.column, self.level = column, level

    def search(self, space: Space, seed: int) -> tuple[np.ndarray, float]:
        """The point (`d`) of largest value, and that value; see `OneShot.search`."""
        version = copy.copy(space)
        version.fixed_columns = {**space.fixed_columns, self.column: self.level}
        return super().search(version, seed)


class OneShotMultiFidelityKG:
    """BoTorch's `qMultiFidelityKnowledgeGradient` with 16 fantasies, per cost.

    Args:
        situation: of one objective, without constraints.

    Source: Wu, Toscano-Palmerin, Frazier and Wilson (2019), "Practical multi-fidelity Bayesian optimization
    for hyperparameter tuning"; Balandat et al. (2020).
    """

    def __init__(self, situation: VersionSituation) -> None:
        _check(situation)
        self.situation = situation
        target = situation.of_target()
        mean = PosteriorMean(target.model, target.maximize)
        best = maximize(mean, situation.space, incumbents=situation.observed[-5:], seed=situation.seed)
        self._current = torch.tensor(best.value, dtype=torch.float64)

    def acquisition(self, level: float) -> OneShot:
        """Of points in one version."""
        from botorch.acquisition.knowledge_gradient import qMultiFidelityKnowledgeGradient
        from botorch.acquisition.objective import ScalarizedPosteriorTransform
        from botorch.sampling.normal import SobolQMCNormalSampler

        situation = self.situation
        function = qMultiFidelityKnowledgeGradient(
            situation.models[0],
            num_fantasies=None,
            sampler=SobolQMCNormalSampler(torch.Size([_FANTASIES]), seed=situation.seed % 2**31),
            posterior_transform=ScalarizedPosteriorTransform(torch.from_numpy(situation.signs)),
            current_value=self._current,
            cost_aware_utility=per_cost(situation),
            project=to_target(situation),
        )
        return OneShotInVersion(function, situation.column, level)


class MultiFidelityHypervolumeKG:
    """BoTorch's `qMultiFidelityHypervolumeKnowledgeGradient`, 4 fantasies of a front of 6 points, per cost.

    It takes seconds to minutes.

    Args:
        situation: of several objectives, without constraints.

    Source: Daulton, Balandat and Bakshy (2023), "Hypervolume knowledge gradient: a lookahead approach for
    multi-objective Bayesian optimization with partial information", ICML.
    """

    def __init__(self, situation: VersionSituation) -> None:
        _check(situation)
        self.situation = situation
        points = np.concatenate(
            [sobol(situation.space, _CANDIDATES, seed=situation.seed), situation.observed]
        )
        means = [
            sign * moments_of(model)(points)[0]
            for model, sign in zip(situation.models, situation.signs, strict=True)
        ]
        self._current = torch.tensor(hypervolume(np.stack(means, axis=1), situation.reference)).double()

    def acquisition(self, level: float) -> OneShot:
        """Of points in one version."""
        from botorch.acquisition.multi_objective.hypervolume_knowledge_gradient import (
            qMultiFidelityHypervolumeKnowledgeGradient,
        )
        from botorch.acquisition.multi_objective.objective import WeightedMCMultiOutputObjective
        from botorch.models.model import ModelList
        from botorch.sampling.list_sampler import ListSampler
        from botorch.sampling.normal import SobolQMCNormalSampler

        situation = self.situation
        samplers = [
            SobolQMCNormalSampler(torch.Size([_FRONT_FANTASIES]), seed=(situation.seed + k) % 2**31)
            for k in range(len(situation.models))
        ]
        function = qMultiFidelityHypervolumeKnowledgeGradient(
            ModelList(*situation.models),
            torch.from_numpy(situation.reference),
            {situation.column: situation.target},
            num_fantasies=_FRONT_FANTASIES,
            num_pareto=_FRONT_POINTS,
            sampler=ListSampler(*samplers),
            objective=WeightedMCMultiOutputObjective(torch.from_numpy(situation.signs)),
            current_value=self._current,
            cost_aware_utility=per_cost(situation),
            project=to_target(situation),
        )
        return OneShotInVersion(function, situation.column, level, **_SEARCH)


def per_cost(situation: VersionSituation) -> Any:
    """BoTorch's utility that divides by the declared costs, in units of the target's."""
    from botorch.acquisition.cost_aware import InverseCostWeightedUtility
    from botorch.models.deterministic import GenericDeterministicModel

    levels, costs = torch.from_numpy(situation.levels), torch.from_numpy(situation.costs)

    def cost(X: Tensor) -> Tensor:
        nearest = (X[..., situation.column].detach().unsqueeze(-1) - levels).abs().argmin(dim=-1)
        return costs[nearest].unsqueeze(-1)

    return InverseCostWeightedUtility(GenericDeterministicModel(cost))


def to_target(situation: VersionSituation) -> Callable[[Tensor], Tensor]:
    """Points (`... x d`) as if they were in the target version."""
    column, target = situation.column, situation.target

    def project(X: Tensor) -> Tensor:
        version = torch.full_like(X[..., :1], target)
        return torch.cat([X[..., :column], version, X[..., column + 1 :]], dim=-1)

    return project


def _check(situation: VersionSituation) -> None:
    if situation.constraints:
        raise NotSupportedError(
            "one-shot acquisition functions take no constraints and no failures; use "
            f"acquisition={'mf-kg' if len(situation.models) == 1 else 'momf'!r}"
        )
    for model in situation.models:
        if "fantasize" not in getattr(model, "capabilities", ("fantasize",)):
            raise NotSupportedError(f"{type(model).__name__} cannot be conditioned on fantasies")
