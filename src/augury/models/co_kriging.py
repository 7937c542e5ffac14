"""Co-kriging: levels of fidelity that are linear in each other, as one Gaussian process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import Kernel
from torch import Tensor

from augury.kernels.ar1 import AR1Kernel, Graph, level_graph
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.autoregressive import AutoregressiveCovariance
from augury.models.multi_fidelity.joint_levels import (
    SHIFT_VARIANCE,
    JointLevels,
    shifted_kernels,
    with_noise,
)
from augury.models.multi_fidelity.level_kernel import level_lengthscales
from augury.models.multi_fidelity.levels import Levels, check_nested
from augury.models.multi_fidelity.linear_chain import LinearChain


@final
class CoKriging(JointLevels):
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
        graph: the levels that each is built on, all below it; the chain when None, "star" for a truth that
            is built on all others.
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
        graph: Graph = None,
        nested: bool = False,
    ) -> None:

        def relation(X: np.ndarray, levels: Levels, own: Features) -> Covariance:
            assert levels.column is not None
            if nested:
                check_nested(*levels.split_rows(X), level_graph(levels.count, graph))
            if covar_module is None and not own.categorical:
                priors = [level_lengthscales(own, correction=level > 0) for level in range(levels.count)]
                return AutoregressiveCovariance(X, levels, priors, graph, SHIFT_VARIANCE)
            kernels = shifted_kernels(levels, own, covar_module)
            return AutogradCovariance(X, AR1Kernel(kernels, levels.column, graph))

        super().__init__(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            fidelity_features,
            input_transform,
            outcome_transform,
            covar_module,
            relation,
        )

    def _factors(self, outcome: ExactRegression) -> Tensor:
        covariance = outcome.covariance
        if isinstance(covariance, AutoregressiveCovariance):
            return torch.from_numpy(covariance.factors.copy())
        return super()._factors(outcome)

    def _first(self, outcome: ExactRegression, seed: int) -> np.ndarray:
        regression = outcome.unfitted()
        covariance = regression.covariance
        if not isinstance(covariance, AutoregressiveCovariance):
            return super()._first(outcome, seed)
        chain = LinearChain(self._data(regression), covariance.graph, covariance.alone).fit(None, seed)
        thetas = [level.covariance.theta for level in chain.regressions]
        covariance.theta = covariance.of_levels(thetas, np.concatenate([np.empty(0), *chain.rho]))
        return with_noise(regression, chain)
