"""The ensemble of all networks of infinite width, trained by gradient descent, in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.errors import NotSupportedError
from augury.kernels.infinite_width import ActivationLike
from augury.kernels.ntk import NTKKernel
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.input_layer import InputLayer, InputLayerKernel
from augury.models.exact.model import ExactModel
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.independent import independent
from augury.networks.architecture import Sequential

#: A variance over the ensemble never falls below this share of the untrained networks'.
_VARIANCE_FLOOR = 1e-9


@final
class TangentProcess(ExactModel):
    """The Gaussian process with a neural tangent kernel: its mean is that of the trained ensemble.

    Args:
        train_X: `n x d` inputs.
        train_Y: `n x m` outcomes.
        train_Yvar: `n x m` known noise variances, or None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first.
        outcome_transform: of the outcomes.
        descriptors: categorical column -> `k x p` properties.
        kernel: the neural tangent kernel, fixed.
    """

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        categorical_features: Sequence[int] | None,
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
        descriptors: Mapping[int, Tensor] | None,
        kernel: NTKKernel,
    ) -> None:

        def covariance(X: np.ndarray) -> Covariance:
            features = Features.of(X.shape[1], categorical_features, descriptors)
            features.check(X)
            return AutogradCovariance(X, InputLayerKernel(kernel, InputLayer.of(features, X)))

        super().__init__(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)


@final
class NTKEnsemble(OutcomeSurrogate):
    r"""The predictions of infinitely many infinitely wide networks, each trained from its own random start.

    Gradient flow on the squared loss (with weight decay towards the start, of the strength of the noise
    variance) makes of the random network `f_0 ~ GP(0, K)` the function
    `f_0 + W (y - f_0(A))`, `W = T_{*A} (T_{AA} + \sigma^2)^{-1}`, with the neural tangent kernel `T`. Over
    the starts it is normal, with

    .. math::
        \mu = c + W (y - c), \qquad
        \Sigma = K_{**} - W K_{A*} - K_{*A} W^T + W K_{AA} W^T.

    The noise variance is that of the highest marginal likelihood of the process with covariance `T`, whose
    mean is the same. The ensemble is surer than that process: its spread is of starts, not of all that is
    possible. Its Bayesian counterpart, where the last step is conditioning, is `InfiniteWidthGP`.

    Sources: Jacot et al. (2018); Lee et al. (2019), "Wide neural networks of any depth evolve as linear
    models under gradient descent", eq. 14-16, with a ridge; He et al. (2020), "Bayesian deep ensembles via
    the neural tangent kernel".

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes (one-hot inside).
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories.
        depth: number of hidden layers.
        weight_var: variance of the initial weights times their fan-in; 2 keeps the variance of ReLU networks.
        bias_var: variance of the initial biases.
        activation: a name, a callable or an `Activation`.
        architecture: another network instead.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        descriptors: Mapping[int, Tensor] | None = None,
        depth: int = 3,
        weight_var: float = 2.0,
        bias_var: float = 0.1,
        activation: ActivationLike = "relu",
        architecture: Sequential | None = None,
    ) -> None:
        super().__init__()
        if architecture is None:
            self._kernel = NTKKernel(depth, weight_var, bias_var, activation)
        else:
            self._kernel = architecture.ntk()
        self.process = TangentProcess(
            train_X,
            train_Y,
            train_Yvar,
            categorical_features,
            input_transform,
            outcome_transform,
            descriptors,
            self._kernel,
        )
        points = self._points(self.process.train_inputs[0])
        self._layer = InputLayer.of(
            Features.of(points.shape[-1], categorical_features, descriptors), points.numpy()
        )
        self.eval()

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the noise variance, where it is not known.

        Args:
            initial: `hyperparameters()` of an earlier fit.
            seed: of further starts of the search, where there are any.
        """
        self.process.fit(initial, seed)
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes."""
        return self.process.hyperparameters()

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        return self.process.noise_variance

    @property
    def num_outputs(self) -> int:
        return self.process.num_outputs

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return self.process.train_inputs

    def subset_output(self, idcs: list[int]) -> Self:
        """The ensemble of some outcomes only."""
        other = self._shallow_copy()
        other.process = self.process.subset_output(idcs)
        return other

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        """See `posterior`; the distribution is that over the ensemble."""
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("the ensemble adds the noise it inferred, not a given tensor")
        normals = self._normals(X, observation_noise)
        posterior: Posterior = GPyTorchPosterior(independent(normals))
        if hasattr(self.process, "outcome_transform"):
            posterior = self.process.outcome_transform.untransform_posterior(posterior, X=X)
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def _points(self, X: Tensor) -> Tensor:
        return self.process._transformed_points(X)

    def _normals(self, X: Tensor, noisy: bool) -> list[MultivariateNormal]:
        points, train = self._points(X), self._points(self.process.train_inputs[0])
        layer = self._layer.covering(points.detach().numpy())
        new, old = layer(points), layer(train)
        K, T = self._kernels(new, old)
        prior, inner = self._kernels(new, new)[0], self._kernels(old, old)[0]
        normals = []
        for regression in self.process.regressions.outcomes:
            root = torch.from_numpy(regression.inverse_factor)
            W = (T @ root.mT) @ root
            mean = regression.constant + T @ torch.from_numpy(regression.alpha)
            cross = W @ K.mT
            covariance = prior - cross - cross.mT + W @ inner @ W.mT
            lowest = _VARIANCE_FLOOR * prior.diagonal(dim1=-2, dim2=-1)
            missing = lowest - covariance.diagonal(dim1=-2, dim2=-1)  # by rounding, at known outcomes
            covariance = covariance + torch.diag_embed(missing.clamp_min(0.0))
            if noisy:
                noise = torch.full_like(mean, float(regression.noise_variance.mean()))
                covariance = covariance + torch.diag_embed(noise)
            normals.append(MultivariateNormal(mean, to_linear_operator(covariance)))
        return normals

    def _kernels(self, X1: Tensor, X2: Tensor) -> tuple[Tensor, Tensor]:
        """The NNGP and the neural tangent kernel at input layers."""
        kernel = self._kernel
        state = kernel.program.matrix(X1, X2, kernel.layer_variances(), tangents=True)
        assert state.T is not None
        return state.K, state.T
