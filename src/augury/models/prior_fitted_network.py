"""A transformer trained on a prior, as a surrogate: it predicts in one pass, there is nothing to fit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, final

import torch
from botorch.acquisition.objective import PosteriorTransform, ScalarizedPosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.network_data import NetworkData
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.bar import BarPosterior, CombinedBarPosterior
from augury.models.prior_fitted.predictor import Predictor
from augury.models.prior_fitted.weights import PriorFittedWarning, TrainedNetwork
from augury.networks.prior_fitted.transformer import PriorFittedTransformer
from augury.numerics.bar_distribution import BarDistribution

_SPREAD = 12.0**0.5  # by which NetworkInputs stretches the unit interval


@final
class PriorFittedNetwork(OutcomeSurrogate):
    """A network that was trained once, on functions drawn from a prior, to predict from any data set.

    The posterior predictive distribution is a bar distribution for each point: no Gaussian, with mean,
    variance, quantiles and log expected improvement in closed form. Hyperparameters, architectures of random
    networks, outliers and warped axes are integrated out by what the network has learnt.

    The noise-free posterior is the predictive one drawn together around its mean until its variance is
    smaller by that of the noise. Joint samples have the network's marginals and the correlations of its bank
    of Gaussian processes; `autoregressive_samples` draws from the network alone.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units; each is a data set of its own.
        train_Yvar: `n x m` known noise variances: the network does not see them, their average is what is
            added as noise.
        categorical_features: the integer-coded columns; one-hot inside.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None for outcomes on the prior's own scale.
        network: a shipped network's name, the file of another, or a `PriorFittedTransformer`.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.

    Source: Müller et al., "Transformers can do Bayesian inference", ICLR 2022.
    """

    outcome_transform: OutcomeTransform

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        network: str | Path | PriorFittedTransformer = "surrogate",
    ) -> None:
        super().__init__()
        trained = TrainedNetwork.of(network)
        self._data = NetworkData.prepare(
            self, train_X, train_Y, train_Yvar, categorical_features, input_transform, outcome_transform
        )
        objection = trained.objection(*self._data.X.shape)
        if objection is not None:
            warnings.warn(objection, PriorFittedWarning, stacklevel=3)  # not `remembers_construction`
        noise = self._data.noise
        self._predictor = Predictor(
            trained.network, self._unit(self._data.X), self._data.Y, None if noise is None else noise.mean(0)
        )
        self.eval()

    @property
    def network(self) -> PriorFittedTransformer:
        """The trained network, in double precision, shared; no part of this module's state."""
        return self._predictor.network

    @property
    def capabilities(self) -> frozenset[str]:
        """What decisions may ask of this model."""
        joint = set() if self.network.bank is None else {"joint_samples"}
        return frozenset({"condition", "train_inputs", *joint})

    def fit(self) -> Self:
        """Read the data; there is nothing to learn, and predictions do it by themselves."""
        _ = self._predictor.context
        return self

    # -- shapes and outcomes -----------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return self._predictor.Y.shape[-1]

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._data.train_X,)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        subset._predictor = self._predictor.subset(idcs)
        return subset

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """The model given more observations; the scale of the outcomes is read anew.

        Args:
            X: `q x d` points.
            Y: `q x m` outcomes in their own units.
            noise: not used.

        Raises:
            NotSupportedError: batches of points or outcomes.
        """
        if X.dim() != 2 or Y.dim() != 2:
            raise NotSupportedError(
                f"a prior-fitted network takes q x d points and q x m outcomes, not batches of them; given "
                f"{tuple(X.shape)} and {tuple(Y.shape)}"
            )
        Y = Y.to(torch.float64)
        if hasattr(self, "outcome_transform"):
            Y, _ = self.outcome_transform(Y, X=X)
        other = self._shallow_copy()
        other._predictor = self._predictor.given(self._points(X), Y)
        return other

    # -- predictions -------------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("a prior-fitted network adds the noise it inferred, not a given tensor")
        points = self._points(X)
        distribution = self._predictor.distribution(points, observation_noise)
        root = self._predictor.copula_root(points)
        posterior: Posterior = BarPosterior(distribution, root)
        if hasattr(self, "outcome_transform"):
            posterior = _untransformed(self.outcome_transform, posterior, distribution, root, X)
        if posterior_transform is None:
            return posterior
        if isinstance(posterior, BarPosterior) and isinstance(
            posterior_transform, ScalarizedPosteriorTransform
        ):
            weights = torch.as_tensor(posterior_transform.weights, dtype=torch.float64)
            return CombinedBarPosterior(posterior, weights, float(posterior_transform.offset))
        return posterior_transform(posterior)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each.

        Raises:
            NotSupportedError: several outcomes.
        """
        self._require_one_outcome()
        with torch.no_grad():
            posterior: Any = self.posterior(X.unsqueeze(-2))
        return posterior.mean.reshape(-1), posterior.variance.reshape(-1)

    def log_expected_improvement(self, X: Tensor, best_f: float, maximize: bool = True) -> Tensor:
        """The logarithm of the expected improvement over `best_f` at `X` (`N x d`) in closed form: `N`
        numbers, differentiable in `X`.

        Raises:
            NotSupportedError: several outcomes, or an outcome transform that is not affine.
        """
        self._require_one_outcome()
        posterior = self.posterior(X.unsqueeze(-2))
        if not isinstance(posterior, BarPosterior):
            raise NotSupportedError("the closed form needs an affine outcome transform, or none")
        return posterior.bars.log_expected_improvement(best_f, maximize).reshape(-1)

    def autoregressive_samples(self, X: Tensor, num_samples: int, seed: int = 0) -> Tensor:
        """Joint samples of noisy outcomes, each point predicted with the sampled ones before it.

        Args:
            X: `q x d` points.
            num_samples: `S`.
            seed: of the draws.

        Returns:
            `S x q x m`.
        """
        drawn = self._predictor.autoregressive_samples(self._points(X).detach(), num_samples, seed)
        return (
            self.outcome_transform.untransform(drawn, X=X)[0] if hasattr(self, "outcome_transform") else drawn
        )

    def _points(self, X: Tensor) -> Tensor:
        return self._unit(self._data.inputs(self._transformed_points(X)))

    def _unit(self, inputs: Tensor) -> Tensor:
        """Network inputs with numbers in [0, 1] again, as the priors draw them; categories stay 0 or 1."""
        numeric = len(self._data.inputs.numeric)
        return torch.cat([inputs[..., :numeric] / _SPREAD + 0.5, inputs[..., numeric:]], dim=-1)


def _untransformed(
    transform: OutcomeTransform,
    posterior: Posterior,
    distribution: BarDistribution,
    root: Tensor | None,
    X: Tensor,
) -> Posterior:
    """The posterior in the outcomes' own units."""
    if not isinstance(transform, Standardize):
        return transform.untransform_posterior(posterior, X=X)
    return BarPosterior(distribution.rescaled(transform.means, transform.stdvs), root)
