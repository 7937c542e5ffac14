"""Levels of fidelity as one Gaussian process, whose covariance relates each level to those below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import _DefaultType
from gpytorch.kernels import AdditiveKernel, Kernel
from torch import Tensor

from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.model import ExactModel
from augury.models.exact.priors import noise_prior
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.level_covariances import level_covariances, level_features, one_for_each
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.level_inputs import LevelInputs
from augury.models.multi_fidelity.level_kernel import constant_kernel, level_kernel
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.linear_chain import LinearChain

#: The variance of the shift between levels, in that of the outcomes.
SHIFT_VARIANCE = 10.0


#: Gives the covariance of the training inputs, of the levels in them and of the columns beside these.
Relation = Callable[[np.ndarray, Levels, Features], Covariance]


class JointLevels(LevelInputs, ExactModel):
    """An exact model of all levels; a member names the covariance that relates them.

    The hyperparameters are found from those of the levels learnt one by one as a linear chain.

    Args:
        train_X, train_Y, train_Yvar, categorical_features, fidelity_features, input_transform,
            outcome_transform, covar_module: see `CoKriging`.
        relation: the covariance, where there is a column of levels.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        categorical_features: Sequence[int] | None,
        fidelity_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        covar_module: Kernel | Sequence[Kernel] | None,
        relation: Relation,
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            levels = Levels.of(X, fidelity_features)
            if levels.column is None:
                return level_covariances(levels, categorical_features, covar_module)[0](X)
            own = level_features(levels, categorical_features)
            own.check(levels.split_rows(X)[0])
            return relation(X, levels, own)

        prior = noise_prior(versions=fidelity_features is not None)
        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform, prior)
        self.levels = Levels.of(self._outcomes[0].X, fidelity_features)

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the maximum a posteriori hyperparameters of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: of the starts from which the relation between levels is searched.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
        """
        self._refuse_batch("cannot be fit")
        start = None if initial is None else initial.get("theta")
        usable = start is not None and start.shape == self.theta.shape and bool(torch.isfinite(start).all())
        if self.levels.count == 1 or usable:
            return super().fit(initial, seed)
        rows = [torch.from_numpy(self._first(outcome, seed)) for outcome in self._outcomes]
        return super().fit({"theta": torch.stack(rows)}, seed)

    @property
    def rho(self) -> Tensor:
        """`m x edges`: the factors of each level on those below (by level, then parent), per outcome."""
        if self.levels.column is None:
            return torch.empty(self.num_outputs, 0).double()
        return torch.stack([self._factors(outcome) for outcome in self._outcomes])

    def _factors(self, outcome: ExactRegression) -> Tensor:
        """`edges` factors of one outcome."""
        factors: Tensor = levels_kernel(outcome).rho.detach().clone()
        return factors

    def _first(self, outcome: ExactRegression, seed: int) -> np.ndarray:
        """Where the fit begins (`p`): hyperparameters of the levels learnt one after the other."""
        regression = outcome.unfitted()
        kernel = levels_kernel(regression)
        lowest, *others = kernel.base_kernels
        parts: list[Any] = [lowest, *(other.get_submodule("kernels.0") for other in others)]
        # the kernels themselves: what the chain finds is left in them
        chain = LinearChain(
            self._data(regression),
            kernel.graph,
            [lambda X, part=part: AutogradCovariance(X, part) for part in parts],  # type: ignore[misc]
        ).fit(None, seed)
        for part, level in zip(parts, chain.regressions, strict=True):
            assert isinstance(level.covariance, AutogradCovariance)
            part.load_state_dict(level.covariance.kernel.state_dict())
        kernel.rho = torch.from_numpy(np.concatenate([np.empty(0), *chain.rho]))
        return with_noise(regression, chain)

    def _data(self, regression: ExactRegression) -> list[LevelData]:
        """The rows of each level."""
        inputs, rows = self.levels.split_rows(regression.X)
        whole = LevelData(inputs, regression.y, regression.noise)
        return [whole.subset(own) for own in rows]


def with_noise(regression: ExactRegression, chain: LinearChain) -> np.ndarray:
    """`theta` of a regression, its noise (where it is inferred) the average one of the levels' chain."""
    theta = regression.covariance.theta
    return theta if regression.noise is not None else np.append(theta, np.log(float(chain.noise.mean())))


def shifted_kernels(
    levels: Levels, features: Features, covar_module: Kernel | Sequence[Kernel] | None
) -> list[Kernel]:
    """The kernel of the lowest level, and of what each other adds, a constant of its own included."""
    lowest, *others = (
        level_kernel(features, kernel, correction=level > 0)
        for level, kernel in enumerate(one_for_each(levels.count, covar_module))
    )
    shift = constant_kernel(SHIFT_VARIANCE)
    return [lowest, *(AdditiveKernel(kernel, shift) for kernel in others)]


def levels_kernel(outcome: ExactRegression) -> Any:
    """The kernel of levels of one outcome; it has `base_kernels`, a `graph` and `rho`."""
    covariance = outcome.covariance
    assert isinstance(covariance, AutogradCovariance)
    return covariance.kernel
