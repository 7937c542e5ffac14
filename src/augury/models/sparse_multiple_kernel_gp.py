"""A Gaussian process whose kernel is a sparse combination of many fixed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, final

import numpy as np
import torch
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import ConstantKernel, Kernel
from torch import Tensor

from augury.inference.multiple_kernels.majorise_minimise import LearntWeights, majorise_minimise
from augury.kernels.linear_multiple.base import LinearMultipleKernel
from augury.kernels.linear_multiple.dictionary import KernelDictionary
from augury.kernels.linear_multiple.grid_spectral_mixture import GridSpectralMixtureKernel
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.model import ExactModel
from augury.models.exact.priors import NOISE_BOUNDS
from augury.models.exact.regression import ExactRegression
from augury.models.exact.weighted import WeightedCovariance
from augury.space.conditions import Conditions

#: The default dictionary: frequencies up to so many periods per range of an input, of this width each, so
#: that neighbours overlap; so many components for each input.
_HIGHEST_FREQUENCY, _WIDTH, _OF_EACH_INPUT = 2.0, 0.2, 40
_MOST_COMPONENTS = 200


@final
class SparseMultipleKernelGP(ExactModel):
    r"""Gaussian-process regression with a big dictionary of fixed kernels, of which few are kept.

    .. math::
        y = c + f(x) + \varepsilon, \qquad f \sim \mathcal{GP}\Big(0, \sum_{i=1}^A \theta_i k_i\Big), \quad
        \theta_i \ge 0

    The weights and the noise maximise the marginal likelihood, by majorisation and minimisation; most weights
    end at zero. The dictionary is a spectral mixture by default: the weights are then a sparse spectrum,
    which finds the periods of a seasonal series (give the frequencies it may have as
    `GridSpectralMixtureKernel`). A component is taken up both as shared by all categories and as proper to
    each combination of them.

    Source: Suwandi et al., "Sparsity-aware distributed learning for Gaussian processes with linear multiple
    kernel", 2023.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; learnt when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        kernels: the dictionary, on the numeric columns: any GPyTorch kernels, or a `LinearMultipleKernel`.
        conditions: which columns are active only for some values of others; taken as ordinary columns here.
        max_iterations: most steps of the solver.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, an empty
            dictionary, a component that is not positive semi-definite.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        kernels: LinearMultipleKernel | Sequence[Kernel] | None = None,
        conditions: Conditions | None = None,
        max_iterations: int = 500,
    ) -> None:
        def covariance(X: np.ndarray) -> Covariance:
            features = Features.of(X.shape[1], categorical_features, None)
            features.check(X)
            kernel = _dictionary(kernels, len(features.numeric))
            return WeightedCovariance(X, kernel, features.numeric, _scopes(features))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)
        self.max_iterations = max_iterations

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Learn the weights, and the noise where it is not known.

        Args:
            initial: not used: a weight that an earlier fit has found to be zero would stay so.
            seed: not used; nothing is random.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
        """
        self._refuse_batch("cannot be fit")
        thetas = [_learnt_theta(outcome, self.max_iterations) for outcome in self._outcomes]
        self._regressions = self._regressions.at(torch.from_numpy(np.stack(thetas)))
        if self._is_module:
            self.theta.copy_(self._regressions.theta)
        return self

    @property
    def weights(self) -> Tensor:
        """`m x A` weights of the components, those shared by all categories first."""
        return torch.from_numpy(np.stack([outcome.covariance.theta for outcome in self._outcomes]))


def _learnt_theta(outcome: ExactRegression, max_iterations: int) -> np.ndarray:
    """The weights of one outcome, and the log noise variance where it is learnt."""
    covariance = outcome.covariance
    assert isinstance(covariance, WeightedCovariance)
    if len(outcome.y) < 2 or not outcome.y.std():
        return outcome.theta
    fixed = 1.0 if outcome.noise is not None else None
    learnt: LearntWeights = majorise_minimise(
        covariance.new_components(),
        outcome.y,
        fixed,
        noise_shape=outcome.noise,
        constant=True,
        max_iterations=max_iterations,
    )
    if outcome.noise is not None:
        return learnt.weights
    return np.append(learnt.weights, np.log(np.clip(learnt.noise, *NOISE_BOUNDS)))


def _dictionary(
    kernels: LinearMultipleKernel | Sequence[Kernel] | None, numeric: int
) -> LinearMultipleKernel:
    if isinstance(kernels, LinearMultipleKernel):
        return kernels
    if kernels is not None:
        return KernelDictionary(list(kernels))
    if not numeric:
        return KernelDictionary([ConstantKernel()])
    count = min(_OF_EACH_INPUT * numeric, _MOST_COMPONENTS)
    return GridSpectralMixtureKernel(numeric, count, (0.0, _HIGHEST_FREQUENCY), _WIDTH)


def _scopes(features: Features) -> list[list[int]]:
    """All rows; those that agree in one categorical column; those that agree in all."""
    categorical = list(features.categorical)
    scopes: list[list[int]] = [[], *([column] for column in categorical)]
    return scopes if len(categorical) < 2 else [*scopes, categorical]
