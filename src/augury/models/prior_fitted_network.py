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

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.network_data import NetworkData
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.bar import BarPosterior, CombinedBarPosterior
from augury.models.prior_fitted.copula import correlation_root
from augury.models.prior_fitted.weights import PriorFittedWarning, TrainedNetwork
from augury.networks.prior_fitted.transformer import Context, PriorFittedTransformer
from augury.numerics.bar_distribution import BarDistribution

_CHUNK = 2048
_LEAST_SHARE = 0.02  # of the variance of an outcome that is not noise


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
            warnings.warn(objection, PriorFittedWarning, stacklevel=2)
        self._trained = (trained,)  # in a tuple: shared, and no part of this module's state
        self._inputs, self._outcomes = _unit(self._data.X, self._data), self._data.Y
        noise = self._data.noise
        self._known_noise = None if noise is None else noise.mean(0)
        self._read: Context | None = None
        self.eval()

    @property
    def network(self) -> PriorFittedTransformer:
        """The trained network, in double precision, shared."""
        return self._trained[0].network

    @property
    def capabilities(self) -> frozenset[str]:
        """What decisions may ask of this model."""
        joint = set() if self.network.bank is None else {"joint_samples"}
        return frozenset({"condition", "train_inputs", *joint})

    def fit(self) -> Self:
        """Read the data; there is nothing to learn, and predictions do it by themselves."""
        self._context()
        return self

    @torch.no_grad()
    def _context(self) -> Context:
        if self._read is None:
            m = self._outcomes.shape[-1]
            self._read = self.network.read(self._inputs.expand(m, -1, -1), self._outcomes.mT.contiguous())
        return self._read

    # -- shapes and outcomes -----------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return self._outcomes.shape[-1]

    @property
    def batch_shape(self) -> torch.Size:
        return torch.Size()

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._data.train_X,)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._shallow_copy()
        subset._outcomes, subset._read = self._outcomes[:, idcs], None
        if self._known_noise is not None:
            subset._known_noise = self._known_noise[idcs]
        if hasattr(self, "outcome_transform"):
            subset.outcome_transform = self.outcome_transform.subset_output(idcs=idcs)
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
        other._inputs = torch.cat([self._inputs, self._points(X)]).detach()
        other._outcomes, other._read = torch.cat([self._outcomes, Y]).detach(), None
        return other

    # -- predictions -------------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("a prior-fitted network adds the noise it inferred, not a given tensor")
        points = self._points(X)
        flat = points.reshape(-1, points.shape[-1])
        distribution = self._distribution(flat, observation_noise)
        shape = (*points.shape[:-1], self.num_outputs)
        distribution = BarDistribution(
            distribution.borders,
            distribution.logits.transpose(0, 1).reshape(*shape, -1),
            *(part.mT.reshape(shape) for part in (distribution.loc, distribution.scale)),
        )
        root = self._root(points)
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
        return posterior.distribution.log_expected_improvement(best_f, maximize).reshape(-1)

    @torch.no_grad()
    def autoregressive_samples(self, X: Tensor, num_samples: int, seed: int = 0) -> Tensor:
        """Joint samples of noisy outcomes, each point predicted with the sampled ones before it.

        Args:
            X: `q x d` points.
            num_samples: `S`.
            seed: of the draws.

        Returns:
            `S x q x m`.
        """
        points, m = self._points(X), self.num_outputs
        generator = torch.Generator().manual_seed(seed)
        inputs = self._inputs.expand(num_samples * m, -1, -1)
        outcomes = self._outcomes.mT.repeat(num_samples, 1)
        for point in points:
            query = point.expand(num_samples * m, 1, -1)
            predicted = self.network(inputs, outcomes, query)
            inputs = torch.cat([inputs, query], dim=1)
            outcomes = torch.cat([outcomes, predicted.sample(torch.Size(), generator)], dim=1)
        drawn = outcomes[:, -len(points) :].reshape(num_samples, m, -1).mT
        return (
            self.outcome_transform.untransform(drawn, X=X)[0] if hasattr(self, "outcome_transform") else drawn
        )

    def _distribution(self, points: Tensor, noisy: bool) -> BarDistribution:
        """The distributions of transformed outcomes at `N x D` points, of batch shape `m x N`."""
        context, parts = self._context(), []
        for block in points.split(_CHUNK):
            predicted, noise = self.network.predict(context, block.expand(self.num_outputs, -1, -1))
            variance = predicted.variance
            if self._known_noise is not None:
                noise = self._known_noise.unsqueeze(-1).expand_as(variance)
            free = (variance - noise).maximum(_LEAST_SHARE * variance)
            if noisy and self._known_noise is None:
                free = variance
            elif noisy:
                free = free + noise
            narrower = (free / variance).sqrt()
            parts.append(predicted.rescaled(predicted.mean * (1.0 - narrower), narrower))
        return BarDistribution(
            parts[0].borders,
            *(
                torch.cat([getattr(part, name) for part in parts], dim=1)
                for name in ("logits", "loc", "scale")
            ),
        )

    def _root(self, points: Tensor) -> Tensor | None:
        """The copula of joint points (`batch x q x D`): `batch x m x q x q`, None where they are alone."""
        bank, q = self.network.bank, points.shape[-2]
        if bank is None or q == 1:
            return None
        state = self._context().experts
        assert state is not None
        groups = points.reshape(1, -1, q, points.shape[-1]).expand(self.num_outputs, -1, -1, -1)
        root = correlation_root(bank, state, groups)
        return root.transpose(0, 1).reshape(*points.shape[:-2], self.num_outputs, q, q)

    def _points(self, X: Tensor) -> Tensor:
        d = self._data.train_X.shape[-1]
        if X.shape[-1:] != (d,):
            raise InvalidInputError(f"the model has {d} inputs; given points of shape {tuple(X.shape)}")
        return _unit(self._data.inputs(self.transform_inputs(X.to(torch.float64))), self._data)

    def _require_one_outcome(self) -> None:
        if self.num_outputs != 1:
            raise NotSupportedError(
                f"this model has {self.num_outputs} outcomes; take one with subset_output([index])"
            )


def _unit(inputs: Tensor, data: NetworkData) -> Tensor:
    """Network inputs with their numbers in [0, 1] again, as the priors draw them; categories stay 0 or 1."""
    numeric = len(data.inputs.numeric)
    spread = 12.0**0.5
    return torch.cat([inputs[..., :numeric] / spread + 0.5, inputs[..., numeric:]], dim=-1)


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
