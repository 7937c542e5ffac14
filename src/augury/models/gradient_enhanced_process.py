"""Gaussian-process regression on values and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.model import Model
from botorch.models.transforms.input import AffineInputTransform, InputTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from gpytorch.distributions import MultitaskMultivariateNormal, MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.exact.features import Features
from augury.models.gradient_enhanced.covariance import VALUE
from augury.models.gradient_enhanced.regression import GradientEnhancedRegression
from augury.models.posteriors.independent import independent
from augury.models.surrogate import Surrogate
from augury.models.training_data import check_training_data

#: Known noise variances (standardised) are kept in these bounds, so that the covariance can be factorised.
_KNOWN_NOISE_BOUNDS = (1e-8, 1e16)
#: Outcomes with a smaller standard deviation are constant.
_LEAST_DEVIATION = 1e-150


@final
class GradientEnhancedGaussianProcess(Surrogate):
    r"""A Gaussian process of a function whose derivatives are measured too, where they are at hand.

    .. math::
        \begin{pmatrix} f \\ \nabla f \end{pmatrix} \sim \mathcal{GP}\left(\begin{pmatrix} c \\ 0
        \end{pmatrix}, \begin{pmatrix} k & \nabla'^T k \\ \nabla k & \nabla \nabla'^T k \end{pmatrix}\right)

    with the Matern-5/2 kernel and the priors of `GaussianProcess`. A gradient is worth `d` values at the
    price of `d` rows of the covariance: time grows with the cube of the number of values and derivatives.
    Without gradients it is `GaussianProcess`. Several outcomes are independent processes.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances of the outcomes; inferred when None.
        categorical_features: the integer-coded columns.
        train_gradients: `n x d` (for `m` outcomes `n x m x d`) derivatives of the outcomes by the inputs, NaN
            where not measured; those by categorical columns are ignored. None for none. Their noise, one
            variance for all, is inferred.
        input_transform: an affine one (BoTorch's `Normalize(d, bounds=...)` outside a Study); derivatives are
            by the inputs as they are given.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, values that are not finite, infinite gradients.
        NotSupportedError: an input transform that is not affine.

    Sources: Solak et al., "Derivative observations in Gaussian process models of dynamic systems", NIPS 2002;
    Wu, Poloczek, Wilson and Frazier, "Bayesian optimization with gradients", NIPS 2017.
    """

    theta: Tensor
    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        train_gradients: Tensor | None = None,
        input_transform: InputTransform | None = None,
    ) -> None:
        super().__init__()
        train_X, train_Y, train_Yvar = check_training_data(train_X, train_Y, train_Yvar)
        self._train_X = train_X
        if input_transform is not None:
            if not isinstance(input_transform, AffineInputTransform):
                raise NotSupportedError(
                    f"{type(input_transform).__name__} is not affine, so that gradients cannot follow it; "
                    "use Normalize"
                )
            self.input_transform = input_transform
        with torch.no_grad():
            inputs = self.transform_inputs(train_X)
            self.eval()
            for transform in self.children():  # they have learnt; from here on they only apply
                transform.eval()
            ends = self.transform_inputs(torch.arange(2.0).double().unsqueeze(-1).expand(2, train_X.shape[1]))
        self._slope = ends[1] - ends[0]  # of each input by what was given
        features = Features.of(train_X.shape[1], categorical_features, None)
        features.check(inputs.numpy())
        gradients = _checked_gradients(train_gradients, train_X, train_Y) / self._slope.numpy()
        self._shift, self._scale = train_Y.mean(dim=0), _deviation(train_Y)
        standardised = ((train_Y - self._shift) / self._scale).numpy()
        self._regressions = []
        for column, scale in enumerate(self._scale.tolist()):
            noise = None
            if train_Yvar is not None:
                noise = np.clip(train_Yvar[:, column].numpy() / scale**2, *_KNOWN_NOISE_BOUNDS)
            self._regressions.append(
                GradientEnhancedRegression(
                    inputs.numpy(), standardised[:, column], gradients[:, column] / scale, noise, features
                )
            )
        self._lengths = [len(regression.theta) for regression in self._regressions]
        self.register_buffer("theta", self._stacked())
        self.register_load_state_dict_post_hook(_use_loaded_theta)
        self.eval()

    # -- hyperparameters -------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the maximum a posteriori hyperparameters of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: decides on the subset a fit of many rows begins with.

        Returns:
            The model itself.
        """
        start = None if initial is None else initial.get("theta")
        rows = [None] * len(self._regressions) if start is None else self._per_outcome(start)
        for regression, row in zip(self._regressions, rows, strict=True):
            regression.fit(row, seed)
        self.theta.copy_(self._stacked())
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: `theta`, one row per outcome, padded with zeros."""
        return {"theta": self.theta.clone()}

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances of values, in the outcomes' own units."""
        standardised = [regression.noise_variance for regression in self._regressions]
        return torch.tensor(standardised, dtype=torch.float64) * self._scale.square()

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales, NaN for categorical columns; None where outcomes are several."""
        return self._regressions[0].lengthscales if self.num_outputs == 1 else None

    def _stacked(self) -> Tensor:
        theta = torch.zeros(len(self._lengths), max(self._lengths), dtype=torch.float64)
        for row, regression in zip(theta, self._regressions, strict=True):
            row[: len(regression.theta)] = torch.from_numpy(regression.theta)
        return theta

    def _per_outcome(self, theta: Tensor) -> list[Any]:
        """The rows of a stacked `theta`, None for all where it is of another shape."""
        if theta.shape != self.theta.shape:
            return [None] * len(self._lengths)
        values = torch.as_tensor(theta, dtype=torch.float64).detach().numpy()
        return [row[:length] for row, length in zip(values, self._lengths, strict=True)]

    def _use_theta(self) -> None:
        for regression, row in zip(self._regressions, self._per_outcome(self.theta), strict=True):
            regression.use(row)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._regressions)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._train_X,)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, hyperparameters kept."""
        subset = self.__class__.__new__(self.__class__)
        Model.__init__(subset)
        subset._train_X, subset._slope = self._train_X, self._slope
        if hasattr(self, "input_transform"):
            subset.input_transform = self.input_transform
        subset._regressions = [self._regressions[index] for index in idcs]
        subset._lengths = [self._lengths[index] for index in idcs]
        subset._shift, subset._scale = self._shift[idcs], self._scale[idcs]
        subset.register_buffer("theta", subset._stacked())
        return subset.eval()

    # -- posteriors ------------------------------------------------------------------------------------

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
        *,
        gradients: bool = False,
    ) -> Posterior:
        """The joint posterior at `X` (`batch_shape x q x d`), differentiable with respect to `X`.

        Args:
            X: points in the units of `train_X`.
            output_indices: the outcomes wanted; all when None.
            observation_noise: add the (average) noise variance of values; or a tensor of variances of
                standardised outcomes, broadcasting to `batch_shape x q x m`.
            posterior_transform: applied last.
            gradients: of the one outcome, the value and its `d` derivatives as `1 + d` outputs. Those by
                categorical columns do not exist and are left out.

        Raises:
            NotSupportedError: gradients of several outcomes, or with observation noise.
            InvalidInputError: points of another number of columns, or with entries that are not finite.
        """
        if output_indices is not None:
            return self.subset_output(output_indices).posterior(
                X,
                observation_noise=observation_noise,
                posterior_transform=posterior_transform,
                gradients=gradients,
            )
        X = self._transformed_points(X)
        normal = (
            self._with_gradients(X, observation_noise) if gradients else self._values(X, observation_noise)
        )
        posterior = GPyTorchPosterior(normal)
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each.

        Raises:
            NotSupportedError: several outcomes.
        """
        self._require_one_outcome()
        with torch.no_grad():
            posterior: Any = self.posterior(X.unsqueeze(-2))
            return posterior.mean[:, 0, 0], posterior.variance[:, 0, 0]

    def _values(self, X: Tensor, observation_noise: bool | Tensor) -> MultivariateNormal:
        which = torch.full((X.shape[-2],), VALUE)
        normals = []
        for index, regression in enumerate(self._regressions):
            mean, covariance = regression.mean_covariance(X, which)
            if isinstance(observation_noise, Tensor):
                column = observation_noise[..., index] if observation_noise.dim() else observation_noise
                covariance = covariance + torch.diag_embed(column.to(mean).expand(mean.shape))
            elif observation_noise:
                covariance = covariance + regression.noise_variance * torch.eye(len(which)).to(mean)
            shift, scale = self._shift[index], self._scale[index]
            covariance = _positive(covariance) * scale**2
            normals.append(MultivariateNormal(mean * scale + shift, to_linear_operator(covariance)))
        return independent(normals)

    def _with_gradients(self, X: Tensor, observation_noise: bool | Tensor) -> MultitaskMultivariateNormal:
        if self.num_outputs != 1 or isinstance(observation_noise, Tensor) or observation_noise:
            raise NotSupportedError(
                "gradients are predicted for one outcome (subset_output([index])), without observation noise"
            )
        (regression,) = self._regressions
        outputs = 1 + len(regression.features.numeric)
        which = torch.arange(VALUE, outputs - 1).repeat(X.shape[-2])
        mean, covariance = regression.mean_covariance(X.repeat_interleave(outputs, dim=-2), which)
        scale = self._scale[0]
        units = torch.cat([scale.reshape(1), scale * self._slope[list(regression.features.numeric)]])
        units = units.repeat(X.shape[-2])
        mean = mean * units + self._shift[0] * (which == VALUE).to(mean)
        covariance = to_linear_operator(_positive(covariance) * units * units.unsqueeze(-1))
        return MultitaskMultivariateNormal(mean.unflatten(-1, (X.shape[-2], outputs)), covariance)


def _use_loaded_theta(model: GradientEnhancedGaussianProcess, _: Any) -> None:
    model._use_theta()


def _positive(covariance: Tensor) -> Tensor:
    """The covariance with variances kept above a tiny share of the prior's, which rounding may cross."""
    variance = covariance.diagonal(dim1=-2, dim2=-1)
    return covariance + torch.diag_embed((1e-12 - variance).clamp_min(0.0))


def _deviation(Y: Tensor) -> Tensor:
    """The standard deviation of each outcome, 1 for a constant one."""
    if len(Y) == 1:
        return torch.ones(Y.shape[1], dtype=torch.float64)
    deviation = Y.std(dim=0)
    return torch.where(deviation > _LEAST_DEVIATION, deviation, torch.ones_like(deviation))


def _checked_gradients(gradients: Tensor | None, X: Tensor, Y: Tensor) -> np.ndarray:
    """The derivatives as an `n x m x d` array."""
    (n, d), m = X.shape, Y.shape[1]
    if gradients is None:
        return np.full((n, m, d), np.nan)
    values = np.array(torch.as_tensor(gradients, dtype=torch.float64).detach().numpy())
    if values.shape != (n, m, d) and not (m == 1 and values.shape == (n, d)):
        expected = f"({n}, {d}) or ({n}, 1, {d})" if m == 1 else f"({n}, {m}, {d})"
        raise InvalidInputError(f"train_gradients must have shape {expected}; given {values.shape}")
    if np.isinf(values).any():
        raise InvalidInputError("train_gradients has infinite entries; give NaN where it was not measured")
    return values.reshape(n, m, d)
