"""A surrogate of functions indexed by a few coordinates whose values repeat: place, time, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, Literal, Self, final

import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform
from botorch.posteriors import Posterior
from botorch.utils.types import DEFAULT, _DefaultType
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.functional_tensors.contraction import CP, Contraction, Tucker
from augury.inference.functional_tensors.mode import Mode
from augury.inference.functional_tensors.variational import FunctionalTensor
from augury.models.exact.features import Features
from augury.models.outcome_surrogate import OutcomeSurrogate
from augury.models.posteriors.independent import independent
from augury.models.transformed_data import TransformedData, affine

#: The sweeps each start is given before the best goes on, and between two fits of the hyperparameters.
_TRIAL_SWEEPS, _LEARN_EVERY = 8, 5
#: The variance of the latent functions before the first message.
_FIRST_VARIANCE = 0.1
#: A core begins as that of the CP form, and random numbers up to this.
_FIRST_MIXING = 0.1


@final
class FunctionalTucker(OutcomeSurrogate):
    r"""Products of one-dimensional Gaussian processes, one set for each input, by message passing.

    .. math::
        y = \mathrm{vec}(W)^T \big(z^1(x_1) \otimes \dots \otimes z^d(x_d)\big) + \varepsilon \quad
        \text{(Tucker)}, \qquad y = \sum_r \prod_k z^k_r(x_k) + \varepsilon \quad \text{(CP)}

    Every :math:`z^k_r` is a Matern process as a state-space model, so that a sweep takes time linear in the
    rows and in the distinct values of each input, and memory for the data and a block of rows. For readings
    by place and time, with many rows and repeated coordinates, some missing and some never seen. A constant
    is fitted beside the products. The posterior is the Gaussian with the joint moments of the products.

    Source: Fang et al., "Functional Bayesian Tucker decomposition for continuous-indexed tensor data", ICLR
    2024.

    Args:
        train_X: `n x d` coordinates in the unit cube; categories (integer codes) are independent levels.
        train_Y: `n x m` outcomes in their own units; each has functions of its own.
        train_Yvar: `n x m` known noise variances; learnt when None.
        categorical_features: the integer-coded columns.
        input_transform: applied to inputs first (BoTorch's `Normalize(d, bounds=...)` outside a Study).
        outcome_transform: BoTorch's `Standardize` unless given; None to take outcomes as they are.
        ranks: functions per input, one number for all or one for each.
        core: "cp" (component by component) or "tucker" (with a core, `prod(ranks) <= 2,000`).
        nu: smoothness of the functions, 1/2, 3/2 or 5/2.
        lengthscale: of all functions at the start.
        learn: fit lengthscales and variances by the evidence.
        damping: share of each message that stays; 0 is variational inference, whose bound never falls.
        max_iterations: most sweeps.
        tolerance: the change of the bound, relative to its size, at which sweeps end.
        num_starts: starts at random, the best of which goes on.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite, ranks, cores or
            options out of range.
    """

    capabilities = frozenset({"gaussian", "joint_samples", "train_inputs"})
    learnt: Tensor  # m x P: the state of each outcome

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None = None,
        categorical_features: Sequence[int] | None = None,
        input_transform: InputTransform | None = None,
        outcome_transform: OutcomeTransform | _DefaultType | None = DEFAULT,
        ranks: int | Sequence[int] = 3,
        core: Literal["cp", "tucker"] = "cp",
        nu: float = 1.5,
        lengthscale: float = 0.3,
        learn: bool = True,
        damping: float = 0.0,
        max_iterations: int = 100,
        tolerance: float = 1e-5,
        num_starts: int = 2,
    ) -> None:
        super().__init__()
        if core not in ("cp", "tucker"):
            raise InvalidInputError(f"core must be 'cp' or 'tucker'; given {core!r}")
        if not 0.0 <= damping < 1.0 or num_starts < 1 or max_iterations < 1:
            raise InvalidInputError(
                "damping must be in [0, 1), num_starts and max_iterations at least 1; "
                f"given {damping}, {num_starts}, {max_iterations}"
            )
        self._data = TransformedData.of(
            self, train_X, train_Y, train_Yvar, input_transform, outcome_transform
        )
        dim = self._data.X.shape[1]
        features = Features.of(dim, categorical_features, None)
        features.check(self._data.X)
        self._categorical = features.categorical
        self._ranks = [int(ranks)] * dim if isinstance(ranks, int) else [int(rank) for rank in ranks]
        if len(self._ranks) != dim or min(self._ranks) < 1:
            raise InvalidInputError(f"ranks must be {dim} numbers of at least 1; given {ranks}")
        self._core, self._nu, self._lengthscale = core, nu, lengthscale
        self.learn, self.damping, self.tolerance = learn, damping, tolerance
        self.max_iterations, self.num_starts = max_iterations, num_starts
        self._tensors = [self._begun(column, 0) for column in range(self._data.Y.shape[1])]
        #: Of each outcome, the bound after each sweep of the best start.
        self.bound_trace: list[list[float]] = [[] for _ in self._tensors]
        self.register_buffer("learnt", torch.stack([_flat(one) for one in self._tensors]))
        self.register_load_state_dict_post_hook(_use_loaded_state)
        self.eval()

    # -- training --------------------------------------------------------------------------------------

    def fit(self, seed: int = 0) -> Self:
        """Pass messages until the bound no longer grows, for each outcome.

        Args:
            seed: of the starts.

        Returns:
            The model itself.
        """
        for column in range(self.num_outputs):
            trials = [self._begun(column, seed + 1_000 * start) for start in range(self.num_starts)]
            for tensor in trials:
                tensor.most_telling_first()
            traces: list[list[float]] = [[] for _ in trials]
            if self.num_starts > 1:
                for tensor, trace in zip(trials, traces, strict=True):
                    self._sweep(tensor, trace, _TRIAL_SWEEPS)
            best = max(range(len(trials)), key=lambda i: traces[i][-1] if traces[i] else 0.0)
            self._sweep(trials[best], traces[best], self.max_iterations)
            self._tensors[column], self.bound_trace[column] = trials[best], traces[best]
        self.learnt.copy_(torch.stack([_flat(one) for one in self._tensors]))
        return self

    def _begun(self, column: int, seed: int) -> FunctionalTensor:
        """The messages of nobody yet: functions are random numbers about 1, positive, so that no sign cancels
        and no product vanishes."""
        X = torch.from_numpy(self._data.X)
        generator = torch.Generator().manual_seed(seed)
        modes = []
        for k, rank in enumerate(self._ranks):
            mode = Mode(X[:, k], rank, self._nu, self._lengthscale, 1.0, k not in self._categorical)
            start = torch.randn(len(mode.levels), rank, generator=generator, dtype=torch.float64)
            mode.begin((start / sqrt(len(self._ranks))).exp(), _FIRST_VARIANCE)
            modes.append(mode)
        contraction: Contraction
        if self._core == "cp":
            contraction = CP(self._ranks)
        else:
            mixed = torch.rand(self._ranks, generator=generator, dtype=torch.float64)
            contraction = Tucker(self._ranks, _diagonal(self._ranks) + _FIRST_MIXING * mixed)
        y, noise = self._data.outcome(column)
        known = None if noise is None else torch.from_numpy(noise.copy())
        return FunctionalTensor(modes, contraction, torch.from_numpy(y.copy()), known)

    def _sweep(self, tensor: FunctionalTensor, trace: list[float], limit: int) -> None:
        while len(trace) < limit:
            tensor.sweep(self.damping)
            trace.append(tensor.bound())
            learns = self.learn and len(trace) % _LEARN_EVERY == 0
            if learns:
                tensor.learn()
            elif len(trace) > _LEARN_EVERY + 1 and len(trace) % _LEARN_EVERY != 1:
                change = abs(trace[-1] - trace[-2])
                if change <= self.tolerance * max(1.0, abs(trace[-1])):
                    break

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._tensors)

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._data.given,)

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        noise = torch.tensor([tensor.noise_variance for tensor in self._tensors], dtype=torch.float64)
        return noise * affine(self)[1].square()

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only."""
        subset = self._copy_for(idcs)
        subset._tensors = [self._tensors[index] for index in idcs]
        subset.bound_trace = [self.bound_trace[index] for index in idcs]
        subset._buffers["learnt"] = self.learnt[idcs]
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def factor_posterior(self, mode: int, grid: Tensor, outcome: int = 0) -> tuple[Tensor, Tensor]:
        """The latent functions of one input, in standardised units, up to sign, scale and rotation.

        Args:
            mode: the input.
            grid: `T` coordinates, as the input transform gives them.
            outcome: which.

        Returns:
            Mean (`T x R`) and covariance (`T x R x R`).
        """
        mean, covariance = self._tensors[outcome].modes[mode].at(grid.to(torch.float64).unsqueeze(-1))
        return mean[:, 0], covariance[:, 0, 0]

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        if isinstance(observation_noise, Tensor):
            raise NotSupportedError("the model adds the noise it learnt, not a given tensor")
        points = self._transformed_points(X)
        normals = []
        for tensor in self._tensors:
            mean, covariance = tensor.moments_at(points.reshape(-1, *points.shape[-2:]))
            if observation_noise:
                covariance = covariance + tensor.noise_variance * torch.eye(points.shape[-2]).double()
            joint_covariance = to_linear_operator(covariance.reshape(*points.shape[:-1], points.shape[-2]))
            normals.append(MultivariateNormal(mean.reshape(points.shape[:-1]), joint_covariance))
        return self._gaussian_posterior(independent(normals), X, posterior_transform)


def _diagonal(ranks: Sequence[int]) -> Tensor:
    """A core (`R_1 x ... x R_K`) with ones where all indices are equal."""
    core = torch.zeros(tuple(ranks), dtype=torch.float64)
    for index in range(min(ranks)):
        core[(index,) * len(ranks)] = 1.0
    return core


def _flat(tensor: FunctionalTensor) -> Tensor:
    return torch.cat([value.reshape(-1) for _, value in sorted(tensor.state().items())])


def _use_loaded_state(model: FunctionalTucker, _: Any) -> None:
    for tensor, values in zip(model._tensors, model.learnt, strict=True):
        like = sorted(tensor.state().items())
        parts = values.split([value.numel() for _, value in like])
        tensor.restore(
            {name: part.reshape(value.shape) for (name, value), part in zip(like, parts, strict=True)}
        )
