"""The portfolio: several surrogates, weighed by how well each predicts what it has not seen."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.model import Model
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from torch import Tensor

from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.portfolio.contest import Contest
from augury.models.portfolio.learnt import learnt_state, part, restored
from augury.models.portfolio.members import Purpose, construct, member, names_of
from augury.models.portfolio.record import Record, part_of, record_from, remembered
from augury.models.posteriors.mixture import MixturePosterior
from augury.models.prior_fitted.weights import PriorFittedWarning
from augury.models.training_data import check_training_data
from augury.numerics.threads import blas_threads
from augury.space.conditions import Conditions


@final
class Portfolio(OutcomeSurrogate):
    r"""A mixture of surrogates with the weights of best predictive score.

    .. math::
        p(f) = \sum_k w_k\, p_k(f), \qquad
        w = \arg\max \sum_i \log \sum_k w_k\, p_k(y_i \mid y_{-\mathrm{fold}(i)}) + \sum_k c_k \log w_k

    All members are scored on the same folds, in closed form where they have one; what hyperparameters that
    have seen a fold are worth is measured by training without it, and subtracted. The prior, as of 10 rows
    that the reference explains and half a row for each member, keeps the weights near it as long as rows are
    few, and rules nobody out. The reference is the prior-fitted network where it is a member and the data are
    of its range, else the Gaussian process. A member that earns hardly any weight is scored again after more
    and more rows only, and has no part in the mixture in between. Several outcomes share the weights.

    Sources: Yao, Vehtari, Simpson and Gelman (2018), "Using stacking to average Bayesian predictive
    distributions"; Li, Rudner and Wilson (2023), for the finding that the best surrogate depends on the
    problem.

    Args:
        train_X: `n x d` inputs in the unit cube; categories as integer codes.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first, a copy for each member.
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        descriptors: categorical column -> `k x p` properties of its categories, for members that take them.
        conditions: when columns are active, likewise.
        members: names of the surrogates, or what there has to be time for, which gives those of
            `augury.models.portfolio.members` that serve: "decisions" about where to evaluate next,
            "predictions", also by the prior-fitted network, or "all".

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, unknown members.
    """

    capabilities = frozenset({"joint_samples", "train_inputs"})

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
        members: Sequence[str] | Purpose = "decisions",
    ) -> None:
        super().__init__()
        self._X, self._Y, self._Yvar = check_training_data(train_X, train_Y, train_Yvar)
        self._names = names_of(members, *self._X.shape)
        self._shared: dict[str, Any] = {
            "categorical_features": categorical_features,
            "descriptors": descriptors,
            "conditions": conditions,
        }
        self._transforms = input_transform, outcome_transform
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PriorFittedWarning)  # who serves is found by the contest
            self._build(self._names[0], self._X, self._Y, self._Yvar)  # refuses bad arguments at once
        self._fitted: dict[str, Any] = {}
        self._weights: dict[str, float] = {}
        self.records: dict[str, Record] = {}
        self._hyperparameters: dict[str, dict[str, Tensor]] = {}
        self.eval()

    # -- training --------------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Train the members that are due, score them, and weigh them.

        Args:
            initial: `hyperparameters()` of an earlier fit: where members start from, when each was last
                looked at and what it was worth. Without it every member is looked at.
            seed: of the members' fits.

        Returns:
            The model itself.
        """
        contest = Contest(self._names, self._build, self._X, self._Y, self._Yvar, seed)
        with blas_threads(len(self._Y)):
            contest.hold(dict(initial or {}))
        self._weights, self._fitted = contest.weights, contest.fitted
        self.records, self._hyperparameters = contest.records, contest.hyperparameters
        return self

    def _build(self, name: str, X: Tensor, Y: Tensor, Yvar: Tensor | None) -> Model:
        inputs, outcomes = self._transforms
        arguments: dict[str, Any] = {
            "train_X": X,
            "train_Y": Y,
            "train_Yvar": Yvar,
            "input_transform": copy.deepcopy(inputs),
            **self._shared,
        }
        if not isinstance(outcomes, _DefaultType):
            arguments["outcome_transform"] = copy.deepcopy(outcomes)
        return construct(name, arguments)

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: those of the members, and their records."""
        return remembered(self.records, self._hyperparameters)

    def learnt_state(self) -> dict[str, Tensor]:
        """The members with weight, as they are trained, and the memory of all."""
        self._ensure_fitted()
        return super().learnt_state()

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        if self._fitted:
            state = learnt_state(self.hyperparameters(), self._weights, self._fitted)
            destination.update({f"{prefix}{key}": value for key, value in state.items()})

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *arguments: Any) -> None:
        state = part(state_dict, prefix)
        if state:
            memory, self._weights, self._fitted = restored(
                state, lambda name: self._build(name, self._X, self._Y, self._Yvar)
            )
            self.records = {name: record_from(memory, name) for name in self._names}
            self._hyperparameters = {name: part_of(memory, name) for name in self._names}

    # -- members ---------------------------------------------------------------------------------------

    @property
    def weights(self) -> dict[str, float]:
        """Member -> its weight, largest first; those that were not looked at this time are left out."""
        self._ensure_fitted()
        return dict(sorted(self._weights.items(), key=lambda pair: -pair[1]))

    @property
    def mixture(self) -> list[tuple[float, Any]]:
        """The members of the posterior: weight and fitted surrogate, largest weight first."""
        return [(weight, self._fitted[name]) for name, weight in self.weights.items()]

    @property
    def deciding(self) -> list[tuple[float, Any]]:
        """Those of the mixture that have a say in where to evaluate next, with weights of sum 1."""
        able = {name: weight for name, weight in self.weights.items() if weight >= member(name).has_a_say}
        able = able or self.weights
        total = sum(able.values())
        return [(weight / total, self._fitted[name]) for name, weight in able.items()]

    def _ensure_fitted(self) -> None:
        if not self._fitted:
            self.fit()

    @property
    def num_outputs(self) -> int:
        return self._Y.shape[-1]

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._X,)

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units, of the members that tell theirs.

        Raises:
            AttributeError: none does; as of any surrogate without it.
        """
        told = [(w, model.noise_variance) for w, model in self.mixture if hasattr(model, "noise_variance")]
        if not told:
            raise AttributeError("no member of the portfolio tells a noise variance")
        total = sum(w for w, _ in told)
        return torch.stack([w / total * noise.reshape(-1) for w, noise in told]).sum(dim=0)

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales of the heaviest member that tells them, NaN for categories, or None."""
        told = (getattr(model, "lengthscales", None) for _, model in self.mixture)
        return next((lengthscales for lengthscales in told if lengthscales is not None), None)

    def subset_output(self, idcs: list[int]) -> Self:
        """The portfolio of some outcomes only, weights kept."""
        self._ensure_fitted()
        subset = self._shallow_copy()
        subset._Y = self._Y[:, idcs]
        subset._fitted = {name: model.subset_output(idcs) for name, model in self._fitted.items()}
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        self._check_points(X)
        given = {"observation_noise": observation_noise, "posterior_transform": posterior_transform}
        posteriors = [model.posterior(X, **given) for _, model in self.mixture]
        return MixturePosterior(posteriors, [weight for weight, _ in self.mixture])

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each."""
        moments = [(weight, *_moments(model, X)) for weight, model in self.mixture]
        mean = torch.stack([weight * part for weight, part, _ in moments]).sum(dim=0)
        parts = [weight * (variance + (part - mean).square()) for weight, part, variance in moments]
        return mean, torch.stack(parts).sum(dim=0)


def _moments(model: Any, X: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        if hasattr(model, "mean_variance"):
            mean, variance = model.mean_variance(X)
            return mean, variance
        posterior = model.posterior(X.unsqueeze(-2))
        return posterior.mean.reshape(-1), posterior.variance.reshape(-1)
