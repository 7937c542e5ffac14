"""Models of levels of fidelity that are linear in the level below, learnt one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.kernels.ar1 import Graph, level_graph
from augury.models.multi_fidelity.level_covariances import level_covariances
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.levelwise import LevelwiseModel, gaussian_posterior
from augury.models.multi_fidelity.linear_chain import LinearChain


class LinearLevels(LevelwiseModel[LinearChain]):
    """A model whose outcomes are each a `LinearChain`; a member names the kind of chain.

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for each level, when None.
        categorical_features: the integer-coded columns.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.
        covar_module: a GPyTorch kernel of the inputs without the level, copied for each level, or one for
            each level; squared exponential with a free variance unless given.
        graph: the levels that each is built on, all below it; the chain when None, "star" for a truth that
            is built on all others.
        nested: refuse designs that are not nested.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows, designs that are not nested.
        NotSupportedError: an outcome transform other than `Standardize`.
    """

    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})
    chain: ClassVar[type[LinearChain]]

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        covar_module: Kernel | Sequence[Kernel] | None = None,
        graph: Graph = None,
        nested: bool = False,
    ) -> None:

        def chain(levels: Levels, data: list[LevelData]) -> LinearChain:
            covariances = level_covariances(levels, categorical_features, covar_module)
            return self.chain(data, level_graph(levels.count, graph), covariances)

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            chain,
            fidelity_features,
            input_transform,
            outcome_transform,
            partial(level_graph, graph=graph) if nested else None,
        )

    @property
    def rho(self) -> Tensor:
        """`m x edges`: the factors of each level on those below (by level, then parent), per outcome."""
        rows = [torch.cat([torch.empty(0).double(), *map(torch.from_numpy, c.rho)]) for c in self._chains]
        return torch.stack(rows)

    def _posterior(self, X: Tensor, levels: Tensor, noise: Tensor | None) -> Posterior:
        moments = [chain.mean_covariance(X, levels) for chain in self._chains]
        return gaussian_posterior(moments, noise, getattr(self, "outcome_transform", None))
