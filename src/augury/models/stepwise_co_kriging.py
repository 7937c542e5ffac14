"""Co-kriging whose levels are learnt one by one, each as a Gaussian process by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, final

import numpy as np
import torch
from botorch.models.kernels.categorical import CategoricalKernel
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.kernels import AdditiveKernel, Kernel, MaternKernel, ScaleKernel
from torch import Tensor

from augury.kernels.ar1 import AR1Kernel
from augury.models.exact.autograd import AutogradCovariance, with_categories
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.model import ExactModel
from augury.models.exact.priors import LogNormal, noise_prior
from augury.models.exact.regression import ExactRegression
from augury.models.multi_fidelity.joint_levels import SHIFT_VARIANCE
from augury.models.multi_fidelity.level_covariances import level_features
from augury.models.multi_fidelity.level_inputs import LevelInputs
from augury.models.multi_fidelity.level_kernel import constant_kernel
from augury.models.multi_fidelity.levels import Levels
from augury.models.multi_fidelity.linear_relation import LinearRelation

#: What the levels below do not explain of one has no smaller deviation than this share of its own.
_LEAST_DEVIATION = 1e-3
#: Fewer results, or equal ones, do not tell how much is left over.
_FEWEST = 3


@final
class StepwiseCoKriging(LevelInputs, ExactModel):
    r"""A joint Gaussian process of levels of fidelity, each a sum of multiples of those below and its own.

    .. math::
        f_t(x) = \sum_{s < t} \rho_{st} f_s(x) + \beta_t + \delta_t(x), \qquad
        \delta_t \sim \mathcal{GP}(0, v_t k_t), \quad \beta_t \sim \mathcal N(0, 10)

    on standardised outcomes, `k_t` Matern's of smoothness 5/2. The posterior is exact whatever the designs;
    the hyperparameters are not those of the highest joint likelihood. Each `delta` has those of the Gaussian
    process of what is left of its level, `v_t` is its variance, and the `rho` are averages over what is not
    known of them (`LinearRelation`). Where few results of a level are known, the joint likelihood is highest
    where almost nothing is left over, and such a posterior is overconfident. This one is also learnt in a
    tenth of the time.

    Without `fidelity_features` all rows are of the truth, and this is the exact Gaussian process.

    Args:
        train_X: `n x d` inputs in the unit cube, but for the column of levels: integers, 0 the cheapest.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred, one for all levels, when None.
        categorical_features: the integer-coded columns.
        fidelity_features: the column of levels, `[j]`.
        input_transform: applied to inputs first; it must leave the levels alone.
        outcome_transform: BoTorch's `Standardize` unless given, over the rows of all levels; None for none.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, levels that are not
            integers or have no rows.

    Sources: Kennedy and O'Hagan (2000), "Predicting the output from a complex computer code when fast
    approximations are available"; Le Gratiet and Garnier (2014) for learning the levels one by one.
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
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            levels = Levels.of(X, fidelity_features)
            own = level_features(levels, categorical_features)
            if levels.column is None:
                own.check(X)
                return AutogradCovariance(X, _process(own))
            own.check(levels.split_rows(X)[0])
            shift = constant_kernel(SHIFT_VARIANCE)
            kernels = [
                _process(own) if level == 0 else AdditiveKernel(_process(own), shift)
                for level in range(levels.count)
            ]
            below = [range(level) for level in range(levels.count)]
            return AutogradCovariance(X, AR1Kernel(kernels, levels.column, below))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)
        self.levels = Levels.of(self._outcomes[0].X, fidelity_features)
        self._features = level_features(self.levels, categorical_features)

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the hyperparameters of each outcome, level by level.

        Args:
            initial: not used: the levels are learnt quickly.
            seed: of the fits.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
        """
        self._refuse_batch("cannot be fit")
        rows = [torch.from_numpy(self._learnt(outcome, seed)) for outcome in self._outcomes]
        self._regressions = self._regressions.at(torch.stack(rows))
        self.theta.copy_(self._regressions.theta)
        return self

    @property
    def rho(self) -> Tensor:
        """`m x T (T - 1) / 2`: the factors of each level on all below, level by level, per outcome."""
        kernels = [_kernel(outcome.covariance) for outcome in self._outcomes]
        factors = [kernel.rho.detach() for kernel in kernels if isinstance(kernel, AR1Kernel)]
        return torch.stack(factors) if factors else torch.empty(len(kernels), 0).double()

    def _learnt(self, outcome: ExactRegression, seed: int) -> np.ndarray:
        """Hyperparameters (`p`) of an outcome."""
        regression = outcome.unfitted()
        inputs, rows = self.levels.split_rows(regression.X)
        kernel = _kernel(regression.covariance)
        parts = list(kernel.base_kernels) if isinstance(kernel, AR1Kernel) else [kernel]
        means: list[_Mean] = []
        factors, noises = [np.empty(0)], []
        for part, own in zip(parts, rows, strict=True):
            X, y = inputs[own], regression.y[own]
            below = np.stack([mean(X) for mean in means], axis=1) if means else np.empty((len(y), 0))
            found = LinearRelation.of(X, y, below, list(self._features.categorical)).factors
            left = y - below @ found
            least = _LEAST_DEVIATION * float(y.std())
            varies = len(y) >= _FEWEST and least > 0.0
            variance = max(float(left.std()), least) ** 2 if varies else 1.0
            known = None if regression.noise is None else regression.noise[own]
            process = _fitted(X, left, known, self._features, noise_prior(versions=len(parts) > 1), seed)
            noises.append(_assign(part, process, variance, self._features))
            means.append(_Mean(process, list(means), found))
            factors.append(found)
        if isinstance(kernel, AR1Kernel):
            kernel.rho = torch.from_numpy(np.concatenate(factors))
        theta = regression.covariance.theta
        return theta if regression.noise is not None else np.append(theta, np.log(np.mean(noises)))


@dataclass(frozen=True)
class _Mean:
    """What a level comes to, by the results of it and of those below.

    Args:
        process: of what is left of the level.
        below: the means of the levels below.
        factors: of them.
    """

    process: ExactModel
    below: list[_Mean]
    factors: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """The mean (`n`) at points (`n x d`)."""
        with torch.no_grad():
            mean: np.ndarray = self.process.mean_variance(torch.from_numpy(np.ascontiguousarray(X)))[
                0
            ].numpy()
        for factor, level in zip(self.factors, self.below, strict=True):
            if factor:
                mean = mean + factor * level(X)
        return mean


def _fitted(
    X: np.ndarray, y: np.ndarray, noise: np.ndarray | None, features: Features, prior: LogNormal, seed: int
) -> ExactModel:
    """The Gaussian process of outcomes (`n`) by themselves."""

    def covariance(points: np.ndarray) -> Covariance:
        return MaternCovariance(points, features)

    known = None if noise is None else torch.from_numpy(noise[:, None].copy())
    points, outcomes = torch.from_numpy(np.ascontiguousarray(X)), torch.from_numpy(y[:, None].copy())
    return ExactModel(points, outcomes, known, covariance, None, DEFAULT, prior).fit(seed=seed)


def _process(features: Features) -> Kernel:
    """The Gaussian process's kernel with a variance."""
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=max(len(features.numeric), 1))).double()
    return with_categories(kernel, features)


def _kernel(covariance: Covariance) -> Kernel:
    assert isinstance(covariance, AutogradCovariance)
    return covariance.kernel


def _assign(kernel: Kernel, process: ExactModel, variance: float, features: Features) -> float:
    """Give a kernel the hyperparameters of a process, and that variance; returns the noise's."""
    [regression] = process.regressions.outcomes
    theta = torch.from_numpy(np.exp(regression.covariance.theta))
    count = len(features.numeric)
    for part in kernel.modules():
        if isinstance(part, MaternKernel) and count:
            part.lengthscale = theta[:count]
        elif isinstance(part, CategoricalKernel):  # the process sums mismatches, this kernel takes their mean
            part.lengthscale = theta[count:] / len(features.categorical)
        elif isinstance(part, ScaleKernel):
            part.outputscale = variance
    return float(regression.noise_variance.mean()) * variance
