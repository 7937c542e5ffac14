"""Bayesian neural networks as surrogates, whatever the way to their posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, final

import torch
from botorch.acquisition.objective import PosteriorTransform, ScalarizedPosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor, nn

from augury.errors import NotSupportedError
from augury.inference.base import Inference, Progress
from augury.inference.hmc import HMC
from augury.inference.member_posterior import MemberPosterior
from augury.inference.network_density import NetworkDensity
from augury.inference.predictive import Predictive
from augury.inference.weight_prior import WeightPrior
from augury.models.network_data import NetworkData
from augury.models.network_prior import PriorSpecification, weight_prior
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.networks.mlp import MLP
from augury.networks.stacked import StackedNetwork
from augury.numerics.threads import blas_threads

#: A module, or a callable `(inputs, outputs) -> Module`.
NetworkSpecification = nn.Module | Callable[[int, int], nn.Module]

_STATE = "predictive_"


@final
class BayesianNeuralNetwork(OutcomeSurrogate):
    r"""Regression with a neural network whose weights and noise are integrated out.

    .. math::
        y_j = f_w(x)_j + \varepsilon_j, \qquad w \sim p(w), \quad \varepsilon_j \sim \mathcal N(0, \sigma_j^2)

    The network sees numbers centred to unit variance over the cube and categories one-hot; outcomes are
    standardised. Several outcomes share one network.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        network: a torch module from `... x D` network inputs to `m` outputs, or a callable
            `(D, m) -> module`; `MLP(D, (50, 50, 50), m)` when None.
        prior: the variance of a fan-in scaled normal prior, or a callable `StackedNetwork -> WeightPrior`;
            chosen by predictive score when None.
        inference: how the posterior is found; `HMC()` when None.
        seed: of all random numbers, beside the seed that `fit` is given.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.

    Source: Li, Rudner and Wilson, "A study of Bayesian neural network surrogates for Bayesian optimization",
    ICLR 2024.
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
        network: NetworkSpecification | None = None,
        prior: PriorSpecification | None = None,
        inference: Inference | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._data = NetworkData.prepare(
            self, train_X, train_Y, train_Yvar, categorical_features, input_transform, outcome_transform
        )
        D, m = self._data.X.shape[-1], self._data.Y.shape[-1]
        if network is None:
            network = MLP(D, out_features=m, seed=seed)
        elif not isinstance(network, nn.Module):
            network = network(D, m)
        self._network = StackedNetwork(network)
        self._prior = prior
        self.inference = HMC() if inference is None else inference
        self.seed = int(seed)
        self._outputs: list[int] | None = None
        self._predictive: Predictive | None = None
        self._choice: tuple[float, float] | None = None  # prior variance, rows it was chosen by
        self.eval()

    @property
    def capabilities(self) -> frozenset[str]:
        """What decisions may ask of this model."""
        gaussian = {"gaussian"} if self.inference.gaussian else set()
        return frozenset({"joint_samples", "train_inputs", *gaussian})

    # -- inference -------------------------------------------------------------------------------------

    def fit(
        self,
        initial: Mapping[str, Tensor] | None = None,
        seed: int | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Find the posterior of the weights.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; what does not
                match in shape, or is not finite, is ignored.
            seed: of all random numbers; the constructor's when None.
            progress: called now and then with `(steps done, steps in all, what is being done)`.

        Returns:
            The model itself.
        """
        seed = self.seed if seed is None else int(seed)
        with blas_threads(len(self._data.X)):
            prior, self._choice = weight_prior(self._network, self._prior, self._data, initial or {}, seed)
            density = self._density(prior)
            self._predictive = self.inference.run(density, initial=initial, seed=seed, progress=progress)
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: the state of the chains, their geometry, and the prior variance with
        the number of rows it was chosen by."""
        start = dict(self._trained.warm_start)
        if self._choice is not None:
            start["prior_choice"] = torch.tensor(self._choice, dtype=torch.float64)
        return start

    @property
    def diagnostics(self) -> Mapping[str, float]:
        """How well inference went: numbers by name."""
        return self._trained.diagnostics

    @property
    def predictive(self) -> Predictive:
        """What inference left, on the scale of the standardised outcomes."""
        return self._trained

    @property
    def _trained(self) -> Predictive:
        if self._predictive is None:
            raise NotSupportedError("the network has no posterior yet; call fit() first")
        return self._predictive

    def _density(self, prior: WeightPrior) -> NetworkDensity:
        return NetworkDensity(self._network, prior, self._data.X, self._data.Y, self._data.noise)

    # -- shapes and state ------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return self._data.Y.shape[-1] if self._outputs is None else len(self._outputs)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._data.train_X,)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        present = range(self._data.Y.shape[-1]) if self._outputs is None else self._outputs
        subset._outputs = [present[index] for index in idcs]
        return subset

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self._predictive is not None:
            for name, value in self._predictive.state().items():
                destination[f"{prefix}{_STATE}{name}"] = value.detach()

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *arguments: Any) -> None:
        start = f"{prefix}{_STATE}"
        state = {key.removeprefix(start): state_dict[key] for key in state_dict if key.startswith(start)}
        super()._load_from_state_dict(
            {key: value for key, value in state_dict.items() if not key.startswith(start)}, prefix, *arguments
        )
        unexpected = arguments[3]
        unexpected[:] = [key for key in unexpected if not key.startswith(start)]
        if state:
            self._predictive = self.inference.restore(self._network, state)

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        """See `posterior`; also refused before `fit`."""
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("Bayesian networks add the noise they inferred, not a given tensor")
        predictive = self._trained
        inputs = self._inputs(X)
        posterior = predictive.posterior(inputs, self._outputs, bool(observation_noise))
        if hasattr(self, "outcome_transform"):
            if isinstance(posterior, MemberPosterior):
                posterior = posterior.untransformed(self.outcome_transform, X)
            else:
                posterior = self.outcome_transform.untransform_posterior(posterior, X=X)
        if posterior_transform is None:
            return posterior
        if isinstance(posterior, MemberPosterior) and isinstance(
            posterior_transform, ScalarizedPosteriorTransform
        ):  # which BoTorch can only do for Gaussian posteriors
            weights = torch.as_tensor(posterior_transform.weights, dtype=torch.float64)
            return posterior.scalarized(weights, float(posterior_transform.offset))
        return posterior_transform(posterior)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: several outcomes, or before `fit`.
        """
        self._require_one_outcome()
        with torch.no_grad():
            parts = [self.posterior(block.unsqueeze(-2)) for block in X.detach().split(1024)]
            mean, variance = (
                torch.cat([getattr(part, name).reshape(-1) for part in parts])
                for name in ("mean", "variance")
            )
        return mean, variance

    def _inputs(self, X: Tensor) -> Tensor:
        return self._data.inputs(self._transformed_points(X))
