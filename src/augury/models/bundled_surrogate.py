"""A bundled network with an exact Bayesian last layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor, nn

from augury.errors import NotSupportedError
from augury.inference.conditioned_head import ConditionedHead, conditioned
from augury.inference.linear_head import FeatureSpectrum, LinearHead, most_likely_head
from augury.models.conditionable_surrogate import ConditionableSurrogate
from augury.models.one_hot import NetworkInputs
from augury.models.posteriors.independent import independent
from augury.models.transformed_data import TransformedData, affine
from augury.networks.rectified_chain import rectified_chain

#: Points whose features are in memory at once.
_BLOCK = 1024


@final
class BundledSurrogate(ConditionableSurrogate):
    r"""Regression by a network whose layers are merged into one: linear in what is learnt.

    .. math::
        y = \Theta^T \phi(x) + \varepsilon, \qquad \phi = \Phi_L \circ \cdots \circ \Phi_1, \quad
        \Theta \sim \mathcal N(0, I / \alpha), \quad \varepsilon \sim \mathcal N(0, \sigma^2)

    with fixed random maps. The posterior is exact, and `alpha` and `sigma` have the highest evidence; a fit
    is one eigendecomposition, `O(n m min(n, m))`, without a matrix of `n x n` numbers where rows are more
    than features: for many rows, where every process is too dear. Outcomes share the features and have
    heads of their own.

    Source: Sehanobish et al., "Scalable neural network kernels", ICLR 2024, section 3.3; the head is MacKay's
    (1992).

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns; one-hot inside.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        num_features: number of features of each map.
        num_layers: number of maps, of normalised features after the first.
        features: a callable `D -> module` from `... x D` network inputs (numbers scaled to variance 1 over
            the cube, categories one-hot) to `... x features`, instead of the chain of rectified maps.
        seed: of the maps.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, numbers below 1.
    """

    capabilities = frozenset({"gaussian", "joint_samples", "condition", "fantasize", "train_inputs"})
    log_ratio: Tensor
    log_noise: Tensor

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        num_features: int = 1024,
        num_layers: int = 1,
        features: Callable[[int], nn.Module] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._data = TransformedData.of(
            self, train_X, train_Y, train_Yvar, input_transform, outcome_transform
        )
        self._network_inputs = NetworkInputs(torch.from_numpy(self._data.X), categorical_features)
        width = self._network_inputs.width
        maps = rectified_chain(width, num_features, num_layers, seed) if features is None else features(width)
        self.features = maps.double().eval()
        self._spectra: list[FeatureSpectrum] | None = None
        self._heads: Sequence[LinearHead | ConditionedHead] | None = None
        self._train_X = self._data.given
        self._outcomes = list(range(self._data.Y.shape[1]))
        for name in ("log_ratio", "log_noise"):
            self.register_buffer(name, torch.zeros(len(self._outcomes), dtype=torch.float64))
        self.eval()

    # -- inference -------------------------------------------------------------------------------------

    def fit(self) -> Self:
        """Find the prior precision and the noise of each outcome, and so its weights.

        Raises:
            NotSupportedError: a conditioned model.
        """
        self._refuse_conditioned("cannot be fit; make one of all rows")
        known = self._data.Yvar is not None
        self._heads = heads = [
            most_likely_head(self._spectrum(outcome), 0 if known else outcome, known)
            for outcome in self._outcomes
        ]
        self.log_ratio.copy_(torch.tensor([head.log_ratio for head in heads], dtype=torch.float64))
        self.log_noise.copy_(torch.tensor([head.log_noise for head in heads], dtype=torch.float64))
        return self

    def _spectrum(self, outcome: int) -> FeatureSpectrum:
        """Of all outcomes together; where noise is known, each has its own."""
        if self._spectra is None:
            noise = self._data.Yvar
            if noise is None:
                self._spectra = [FeatureSpectrum.of(self._block, self._data.Y)]
            else:
                self._spectra = [
                    FeatureSpectrum.of(self._block, self._data.Y[:, [column]], noise[:, column])
                    for column in range(self._data.Y.shape[1])
                ]
        return self._spectra[outcome if len(self._spectra) > 1 else 0]

    def _block(self, first: int, last: int) -> np.ndarray:
        """`b x m` features of some training rows."""
        with torch.no_grad():
            block: Tensor = self.features(self._network_inputs(torch.from_numpy(self._data.X[first:last])))
        return block.numpy()

    @property
    def heads(self) -> Sequence[LinearHead | ConditionedHead]:
        """One for each outcome, of transformed outcomes."""
        if self._heads is None:
            known = self._data.Yvar is not None
            self._heads = [
                LinearHead(self._spectrum(outcome), 0 if known else outcome, float(ratio), float(noise))
                for outcome, ratio, noise in zip(self._outcomes, self.log_ratio, self.log_noise, strict=True)
            ]
        return self._heads

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self._refuse_conditioned("cannot load other hyperparameters")
        self._spectra = self._heads = None

    @property
    def noise_variance(self) -> Tensor:
        """`m` (average) noise variances in the outcomes' own units."""
        return self._noise() * affine(self)[1].square()

    def _noise(self) -> Tensor:
        if self._data.Yvar is not None:
            return torch.from_numpy(self._data.Yvar[:, self._outcomes].mean(axis=0))
        return (2.0 * self.log_noise).exp()

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._outcomes)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._train_X,)

    @property
    def batch_shape(self) -> torch.Size:
        """`fantasies x batch` of a conditioned model."""
        head = None if self._heads is None else self._heads[0]
        return head.batch_shape if isinstance(head, ConditionedHead) else torch.Size()

    def _refuse_conditioned(self, what: str) -> None:
        if self._heads is not None and any(isinstance(head, ConditionedHead) for head in self._heads):
            raise NotSupportedError(f"a conditioned model {what}")

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        subset._outcomes = [self._outcomes[index] for index in idcs]
        subset._heads = None if self._heads is None else [self._heads[index] for index in idcs]
        subset.log_ratio, subset.log_noise = self.log_ratio[idcs], self.log_noise[idcs]
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        noise = observation_noise if isinstance(observation_noise, Tensor) else None
        if noise is None and observation_noise:
            noise = self._noise()
        features = self._features_at(X)
        normals = []
        for index, head in enumerate(self.heads):
            mean, covariance = head.moments(features)
            if noise is not None:
                added = noise[..., index] if noise.dim() else noise
                covariance = covariance + torch.diag_embed(added.expand(mean.shape))
            normals.append(MultivariateNormal(mean, to_linear_operator(covariance)))
        return self._gaussian_posterior(independent(normals), X, posterior_transform)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: several outcomes, a batch of conditioned models, or an outcome transform that
                is not affine.
        """
        self._require_one_outcome()
        if len(self.batch_shape):
            raise NotSupportedError("a batch of conditioned models has no single mean; use posterior(X)")
        shift, scale = affine(self)
        means, variances = [], []
        with torch.no_grad():
            for block in X.detach().split(_BLOCK):
                mean, covariance = self.heads[0].moments(self._features_at(block.unsqueeze(-2)))
                means.append(mean.squeeze(-1))
                variances.append(covariance.reshape(-1))
        return torch.cat(means) * scale + shift, torch.cat(variances) * scale.square()

    # -- conditioning ----------------------------------------------------------------------------------

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """See `ConditionableSurrogate`; a rank-`q` update of the weights' posterior."""
        X, Y = self._told(X, Y)
        features = self._features_at(X)
        if hasattr(self, "outcome_transform"):
            Y, _ = self.outcome_transform(Y, X=X)
        variances = (self._noise() if noise is None else noise).expand(*X.shape[:-1], self.num_outputs)
        model = self._shallow_copy()
        model._heads = [
            conditioned(head, features, Y[..., index], variances[..., index])
            for index, head in enumerate(self.heads)
        ]
        rows = self._train_X.expand(*X.shape[:-2], *self._train_X.shape[-2:])
        model._train_X = torch.cat([rows, X], dim=-2)
        return model

    def _features_at(self, X: Tensor) -> Tensor:
        features: Tensor = self.features(self._network_inputs(self._transformed_points(X)))
        return features
