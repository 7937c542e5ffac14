"""A fully Bayesian Gaussian process of many inputs, of which few matter (SAAS)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.inference.markov_chains import MarkovChains
from augury.inference.nuts import NUTS
from augury.models.exact.covariance import Covariance
from augury.models.exact.features import Features
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.model import ExactModel
from augury.models.exact.priors import Flat
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.mixture import MixturePosterior
from augury.models.sparse_axis.density import SparseAxisDensity
from augury.numerics.threads import blas_threads
from augury.space.conditions import Conditions

#: So many draws of the hyperparameters make the mixture.
_MEMBERS = 8


class _Process(ExactModel):
    """The Gaussian process of given hyperparameters."""

    def at(self, theta: Tensor) -> _Process:
        """The same data under other hyperparameters (`m x p`)."""
        other = self._copy()
        other.theta.copy_(theta)
        other._use_theta()
        return other


@final
class SparseAxisProcess(OutcomeSurrogate):
    r"""Gaussian processes under draws of their hyperparameters, most of whose inputs do not matter.

    .. math::
        \ell_i^{-2} = \tau \rho_i, \quad \tau \sim \mathcal{HC}(0.1),\ \rho_i \sim \mathcal{HC}(1), \qquad
        p(f \mid y) \approx \frac1K \sum_k p(f \mid y, \theta_k), \quad \theta_k \sim p(\theta \mid y)

    with the Matern-5/2 kernel, by the no-U-turn sampler on the closed-form marginal likelihood. Unlike the
    single most likely one, it does not take the first input that explains few rows for the truth. It is for
    tens to some hundred inputs and up to some hundred rows: each of some thousand gradients is a
    factorisation.

    Source: Eriksson and Jankowiak, "High-dimensional Bayesian optimization with sparse axis-aligned
    subspaces", UAI 2021.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories.
        conditions: which columns are active only for some values of others.
        inference: the sampler of the hyperparameters.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    capabilities = frozenset({"joint_samples", "train_inputs"})
    thetas: Tensor

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        descriptors: Mapping[int, Tensor] | None = None,
        conditions: Conditions | None = None,
        inference: MarkovChains | None = None,
    ) -> None:
        super().__init__()
        self.inference = NUTS(num_samples=32, burn_in=96, num_chains=1) if inference is None else inference

        def covariance(X: np.ndarray) -> Covariance:
            features = Features.of(X.shape[1], categorical_features, descriptors, conditions)
            features.check(X)
            return MaternCovariance(X, features, Flat())

        self._process = _Process(train_X, train_Y, train_Yvar, covariance, input_transform, outcome_transform)
        self.register_buffer("thetas", self._process.theta.expand(_MEMBERS, -1, -1).clone())
        self._members: list[Any] | None = None
        self._ends: dict[str, Tensor] = {}
        #: Of each outcome's chains: acceptance, step size, divergences, gradients.
        self.diagnostics: list[dict[str, float]] = []
        self.register_load_state_dict_post_hook(_use_loaded_thetas)
        self.eval()

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Draw the hyperparameters of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data: the chains begin where they ended.
            seed: of the chains.

        Returns:
            The model itself.

        Raises:
            SamplingError: chains that hardly ever moved.
        """
        drawn, self.diagnostics, self._ends = [], [], {}
        for index, outcome in enumerate(self._process.regressions.outcomes):
            with blas_threads(len(outcome.y)):
                theta, ends = self._drawn(outcome.likelihood(), _of(initial or {}, index), seed + index)
            drawn.append(theta)
            self._ends |= {f"{index}.{name}": value for name, value in ends.items()}
        self.thetas.copy_(torch.from_numpy(np.stack(drawn, axis=1)))
        self._members = None
        return self

    def _drawn(
        self, likelihood: MarginalLikelihood, initial: Mapping[str, Tensor], seed: int
    ) -> tuple[np.ndarray, dict[str, Tensor]]:
        """`members x p` draws of one outcome's hyperparameters, and where the chains ended."""
        covariance = likelihood.covariance
        assert isinstance(covariance, MaternCovariance)
        density = SparseAxisDensity(likelihood, len(covariance.features.groups))
        rng = np.random.default_rng([seed, 1])
        evaluator = density.evaluator(self.inference.num_chains)
        draws = self.inference.sample(density, evaluator, rng, initial=initial, seed=seed)
        self.diagnostics.append(draws.statistics)
        flat = draws.position.reshape(-1, draws.position.shape[-1])
        kept = flat[np.linspace(0, len(flat) - 1, _MEMBERS).round().astype(np.intp)]
        ends = {
            "theta": torch.from_numpy(draws.position[:, -1].copy()),
            "step_size": torch.tensor([draws.step_size], dtype=torch.float64),
            "inverse_mass": torch.from_numpy(draws.inverse_mass),
        }
        covariance.release()
        return density.theta(kept), ends

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: where the chains of each outcome ended."""
        return dict(self._ends)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def mixture(self) -> list[tuple[float, ExactModel]]:
        """The members of the posterior: equal weights, and a Gaussian process for each draw."""
        if self._members is None:
            self._members = [self._process.at(theta) for theta in self.thetas]
        return [(1.0 / len(self._members), member) for member in self._members]

    @property
    def num_outputs(self) -> int:
        return self._process.num_outputs

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return self._process.train_inputs

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        return torch.stack([member.noise_variance for _, member in self.mixture]).mean(dim=0)

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` median lengthscales, NaN for categories; None where a member has none to tell."""
        told = [member.lengthscales for _, member in self.mixture]
        if any(lengthscales is None for lengthscales in told):
            return None
        median: np.ndarray = np.median(np.stack([one for one in told if one is not None]), axis=0)
        return median

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, draws kept."""
        subset = self._shallow_copy()
        subset._modules["_process"] = self._process.subset_output(idcs)
        subset._buffers["thetas"] = self.thetas[:, idcs]
        subset._members = [member.subset_output(idcs) for _, member in self.mixture]
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        posteriors = [
            member.posterior(X, None, observation_noise, posterior_transform) for _, member in self.mixture
        ]
        return MixturePosterior(posteriors, [weight for weight, _ in self.mixture])

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each."""
        moments = [member.mean_variance(X) for _, member in self.mixture]
        means, variances = (torch.stack(part) for part in zip(*moments, strict=True))
        return means.mean(dim=0), variances.mean(dim=0) + means.var(dim=0, correction=0)


def _of(initial: Mapping[str, Tensor], outcome: int) -> dict[str, Tensor]:
    """The part of `hyperparameters` that is of one outcome."""
    prefix = f"{outcome}."
    return {name.removeprefix(prefix): value for name, value in initial.items() if name.startswith(prefix)}


def _use_loaded_thetas(model: SparseAxisProcess, _: Any) -> None:
    model._members = None
