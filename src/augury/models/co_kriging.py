"""Co-kriging: levels of fidelity that are linear in each other, as one Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.datasets import SupervisedDataset
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import AdditiveKernel, Kernel
from torch import Tensor

from augury.kernels.ar1 import AR1Kernel, level_graph
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.model import ExactModel
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.autoregressive import AutoregressiveCovariance
from augury.models.multi_fidelity.level_covariances import level_covariances, level_features, one_for_each
from augury.models.multi_fidelity.level_data import LevelData
from augury.models.multi_fidelity.level_kernel import constant_kernel, level_kernel, level_lengthscales
from augury.models.multi_fidelity.levels import Levels, check_nested
from augury.models.multi_fidelity.linear_chain import LinearChain

#: The variance of the shift between levels, in that of the outcomes.
_SHIFT_VARIANCE = 10.0


@final
class CoKriging(ExactModel):
    r"""The joint Gaussian process over inputs and levels of fidelity of Kennedy and O'Hagan.

    .. math::
        f_t(x) = \rho_{t-1} f_{t-1}(x) + \beta_t + \delta_t(x), \qquad
        \delta_t \sim \mathcal{GP}(0, k_t), \quad \beta_t \sim \mathcal N(0, 10)

    on standardised outcomes, with the covariance `AR1Kernel` and one noise variance for all levels. It is
    exact whatever the designs, and conditions on results of any level; `RecursiveCoKriging` is faster, and
    the same where designs are nested and free of noise. Its hyperparameters are found from those of the
    levels learnt one by one.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Source: Kennedy and O'Hagan (2000), "Predicting the output from a complex computer code when fast
    approximations are available".

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all levels, when None.
        categorical_features: the integer-coded columns.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.
        covar_module: a GPyTorch kernel of the inputs without the level, copied for each level, or one for
            each level; squared exponential with a free variance unless given.
        graph: the levels that each is built on, all below it; the chain when None.
        nested: refuse designs that are not nested.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows, designs that are not nested.
    """

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
        graph: Sequence[Sequence[int]] | None = None,
        nested: bool = False,
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            levels = Levels.of(X, fidelity_features)
            if levels.column is None:
                return level_covariances(levels, categorical_features, covar_module)[0](X)
            own = level_features(levels, categorical_features)
            inputs, rows = levels.split_rows(X)
            own.check(inputs)
            if nested:
                check_nested(inputs, rows, level_graph(levels.count, graph))
            if covar_module is None and not own.categorical:
                priors = [level_lengthscales(own, correction=level > 0) for level in range(levels.count)]
                return AutoregressiveCovariance(X, levels, priors, graph, _SHIFT_VARIANCE)
            kernels = [
                level_kernel(own, kernel, correction=level > 0)
                for level, kernel in enumerate(one_for_each(levels.count, covar_module))
            ]
            shift = constant_kernel(_SHIFT_VARIANCE)
            shifted = kernels[:1] + [AdditiveKernel(kernel, shift) for kernel in kernels[1:]]
            return AutogradCovariance(X, AR1Kernel(shifted, levels.column, graph))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)
        self.levels = Levels.of(self._outcomes[0].X, fidelity_features)

    @classmethod
    def construct_inputs(
        cls,
        training_data: SupervisedDataset,
        categorical_features: Sequence[int] | None = None,
        fidelity_features: Sequence[int] | None = None,
    ) -> dict[str, Any]:
        """The constructor's arguments from a BoTorch dataset."""
        inputs = super().construct_inputs(training_data, categorical_features)
        if fidelity_features:
            inputs["fidelity_features"] = list(fidelity_features)
        return inputs

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
        rows = [torch.from_numpy(self._level_by_level(outcome, seed)) for outcome in self._outcomes]
        return super().fit({"theta": torch.stack(rows)}, seed)

    @property
    def rho(self) -> Tensor:
        """`m x edges`: the factors of each level on those below (by level, then parent), per outcome."""
        if self.levels.column is None:
            return torch.empty(self.num_outputs, 0).double()
        return torch.stack([_factors(outcome) for outcome in self._outcomes])

    def _level_by_level(self, outcome: ExactRegression, seed: int) -> np.ndarray:
        """Hyperparameters (`p`) from those of the levels learnt one after the other."""
        regression = outcome.unfitted()
        covariance = regression.covariance
        inputs, rows = self.levels.split_rows(regression.X)
        whole = LevelData(inputs, regression.y, regression.noise)
        data = [whole.subset(own) for own in rows]
        if isinstance(covariance, AutoregressiveCovariance):
            chain = LinearChain(data, covariance.graph, covariance.alone).fit(None, seed)
            thetas = [level.covariance.theta for level in chain.regressions]
            covariance.theta = covariance.of_levels(thetas, np.concatenate([np.empty(0), *chain.rho]))
        else:
            chain = _chain_of_kernels(_ar1(regression), data, seed)
        theta = covariance.theta
        if regression.noise is not None:
            return theta
        return np.append(theta, np.log(float(chain.noise.mean())))


def _chain_of_kernels(kernel: AR1Kernel, data: list[LevelData], seed: int) -> LinearChain:
    """The levels learnt one by one, what was found left in the kernel."""
    lowest, *others = kernel.base_kernels
    parts: list[Any] = [lowest, *(other.get_submodule("kernels.0") for other in others)]
    chain = LinearChain(
        data,
        kernel.graph,
        [lambda X, part=part: AutogradCovariance(X, part) for part in parts],  # type: ignore[misc]
    ).fit(None, seed)
    for part, level in zip(parts, chain.regressions, strict=True):
        assert isinstance(level.covariance, AutogradCovariance)
        part.load_state_dict(level.covariance.kernel.state_dict())
    kernel.rho = torch.from_numpy(np.concatenate([np.empty(0), *chain.rho]))
    return chain


def _factors(outcome: ExactRegression) -> Tensor:
    if isinstance(outcome.covariance, AutoregressiveCovariance):
        return torch.from_numpy(outcome.covariance.factors.copy())
    return _ar1(outcome).rho.detach().clone()


def _ar1(outcome: ExactRegression) -> AR1Kernel:
    covariance = outcome.covariance
    assert isinstance(covariance, AutogradCovariance)
    kernel = covariance.kernel
    assert isinstance(kernel, AR1Kernel)
    return kernel
