"""What every surrogate with exact Gaussian inference has in common, whatever its covariance."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.models.transforms.input import InputTransform
from botorch.models.transforms.outcome import OutcomeTransform, Standardize
from botorch.models.utils import fantasize as fantasize_flag
from botorch.posteriors import GPyTorchPosterior, Posterior
from botorch.sampling.base import MCSampler
from botorch.utils.types import _DefaultType
from torch import Tensor

from augury.errors import InvalidInputError, NotSupportedError
from augury.models.exact.covariance import Covariance
from augury.models.exact.cross_posterior import CrossPosterior
from augury.models.exact.regression import ExactRegression
from augury.models.exact.regressions import Regressions
from augury.models.surrogate import Surrogate
from augury.models.training_data import check_training_data, check_transformed

#: Known noise variances (standardised) are kept in these bounds, so that the covariance can be factorised.
_KNOWN_NOISE_BOUNDS = (1e-8, 1e16)
#: Outcomes with a smaller standard deviation are constant; BoTorch's 1e-8 would lose those of small units.
_LEAST_DEVIATION = 1e-150


class ExactModel(Surrogate):
    """A BoTorch model of independent outcomes with exact inference; a member names the covariance.

    It stands between users' units and `Regressions`: it transforms inputs and outcomes, keeps `theta` (one
    row of hyperparameters per outcome) in its state, and gives BoTorch posteriors, conditioned models and
    fantasies.

    Args:
        train_X: `n x d` inputs.
        train_Y: `n x m` outcomes in their own units.
        train_Yvar: `n x m` known noise variances; inferred when None.
        covariance: gives the covariance function bound to the transformed training inputs (`n x d` array);
            called once per outcome.
        input_transform: applied to inputs first.
        outcome_transform: `Standardize` unless given; None to take outcomes as they are.

    Raises:
        InvalidInputError: shapes that do not agree, no rows, entries that are not finite.
    """

    theta: Tensor
    capabilities = frozenset({"gaussian", "joint_samples", "condition", "fantasize", "train_inputs"})

    def __init__(
        self,
        train_X: Tensor,
        train_Y: Tensor,
        train_Yvar: Tensor | None,
        covariance: Callable[[np.ndarray], Covariance],
        input_transform: InputTransform | None,
        outcome_transform: OutcomeTransform | _DefaultType | None,
    ) -> None:
        super().__init__()
        train_X, train_Y, train_Yvar = check_training_data(train_X, train_Y, train_Yvar)
        if isinstance(outcome_transform, _DefaultType):
            outcome_transform = Standardize(m=train_Y.shape[-1], min_stdv=_LEAST_DEVIATION)
        if input_transform is not None:
            self.input_transform = input_transform
        with torch.no_grad():
            inputs = self.transform_inputs(train_X)
            if outcome_transform is not None:
                outcome_transform.train()
                train_Y, train_Yvar = outcome_transform(train_Y, train_Yvar, X=train_X)
                self.outcome_transform = outcome_transform
        for transform in self.children():  # they have learnt; from here on they only apply
            transform.eval()
        check_transformed(inputs, train_Y)
        self._train_X = train_X
        X = inputs.numpy()
        outcomes = []
        for column in range(train_Y.shape[-1]):
            noise = None
            if train_Yvar is not None:
                noise = np.clip(train_Yvar[:, column].numpy(), *_KNOWN_NOISE_BOUNDS)
            outcomes.append(ExactRegression(X, train_Y[:, column].numpy(), noise, covariance(X)))
        self._regressions = Regressions(outcomes)
        self.register_buffer("theta", self._regressions.theta)
        self.register_load_state_dict_post_hook(_use_loaded_theta)
        self.eval()

    # -- hyperparameters -------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the maximum a posteriori hyperparameters of each outcome.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: decides on the further starts, where there are any.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models.
        """
        self._refuse_batch("cannot be fit")
        start = None if initial is None else initial.get("theta")
        rows = None if start is None else torch.as_tensor(start, dtype=torch.float64).detach()
        self._regressions = self._regressions.fit(rows, seed)
        self.theta.copy_(self._regressions.theta)
        return self

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: `theta`, one row per outcome."""
        return {"theta": self.theta.clone()}

    def log_posterior(self) -> float:
        """The log marginal likelihood plus log prior of the current hyperparameters, over all outcomes."""
        return sum(outcome.log_posterior() for outcome in self._outcomes)

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        standardised = torch.tensor(self._regressions.mean_noise, dtype=torch.float64)
        return standardised * self._affine()[1].square()

    @property
    def lengthscales(self) -> np.ndarray | None:
        """`d` lengthscales, NaN for categorical columns; None where inputs are transformed, outcomes are
        several or the kernel has none of each input."""
        if self.num_outputs != 1 or hasattr(self, "input_transform"):
            return None
        return self._outcomes[0].covariance.lengthscales

    def _use_theta(self) -> None:
        self._refuse_batch("cannot load other hyperparameters")
        self._regressions = self._regressions.at(self.theta)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return len(self._regressions)

    @property
    def batch_shape(self) -> torch.Size:
        return self._regressions.batch_shape

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return (self._train_X,)

    @property
    def train_targets(self) -> Tensor:
        """The transformed outcomes: `n`, or `m x n` for several; a batch of them when conditioned."""
        targets = self._regressions.targets
        return targets[0] if self.num_outputs == 1 else torch.stack(targets, dim=-2)

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, hyperparameters kept."""
        subset = self._copy()
        subset._regressions = self._regressions[idcs]
        subset._buffers["theta"] = subset._regressions.theta
        if hasattr(self, "outcome_transform"):
            subset.outcome_transform = self.outcome_transform.subset_output(idcs=idcs)
        return subset

    # -- predictions -----------------------------------------------------------------------------------

    def posterior(
        self,
        X: Tensor,
        output_indices: list[int] | None = None,
        observation_noise: bool | Tensor = False,
        posterior_transform: PosteriorTransform | None = None,
    ) -> Posterior:
        """The joint posterior at `X` (`batch_shape x q x d`), differentiable with respect to `X`.

        Args:
            X: points in the units of `train_X`.
            output_indices: the outcomes wanted; all when None.
            observation_noise: add the (average) noise variance; or a tensor of variances on the transformed
                scale, broadcasting to `batch_shape x q x m`.
            posterior_transform: applied last.
        """
        if output_indices is not None:
            return self.subset_output(output_indices).posterior(
                X, observation_noise=observation_noise, posterior_transform=posterior_transform
            )
        inputs = self._inputs(X)
        noise = observation_noise if isinstance(observation_noise, Tensor) else None
        if noise is None and observation_noise:
            noise = torch.tensor(self._regressions.mean_noise, dtype=torch.float64)
        posterior: Posterior = GPyTorchPosterior(self._regressions.normal(inputs, noise))
        if hasattr(self, "outcome_transform"):
            posterior = self.outcome_transform.untransform_posterior(posterior, X=X)
        return posterior if posterior_transform is None else posterior_transform(posterior)

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: several outcomes, a batch of conditioned models, or an outcome transform that
                is not affine.
        """
        mean, variance, _ = self.cross_posterior()(self._points(X))
        return torch.from_numpy(mean), torch.from_numpy(variance)

    def mean(self, X: Tensor) -> Tensor:
        """The mean alone at `X` (`N x d`), which costs far less than the variance where rows are many.

        Raises:
            NotSupportedError: as for `mean_variance`.
        """
        return torch.from_numpy(self.cross_posterior().mean(self._points(X)))

    def mean_variance_gradient(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mean and variance at `X` (`N x d`) and the gradient of each (`N x d`, 0 in categorical columns).

        Raises:
            NotSupportedError: as for `mean_variance`.
        """
        cross = self.cross_posterior()
        mean, variance, nothing = cross(self._points(X), gradient=True)
        one, zero = np.ones_like(mean), np.zeros_like(mean)
        gradients = cross.pullback(one, zero, nothing), cross.pullback(zero, one, nothing)
        return (
            torch.from_numpy(mean),
            torch.from_numpy(variance),
            torch.from_numpy(gradients[0]),
            torch.from_numpy(gradients[1]),
        )

    def cross_posterior(self, Z: np.ndarray | None = None) -> CrossPosterior:
        """The moments at candidates jointly with the values at `b` fixed points `Z` (`b x d`), pulled back.

        Raises:
            NotSupportedError: as for `mean_variance`.
        """
        if self.num_outputs != 1:
            raise NotSupportedError(
                f"this model has {self.num_outputs} outcomes; take one with subset_output([index])"
            )
        self._refuse_batch("has no single mean; use posterior(X)")
        shift, scale = self._affine_floats()
        return CrossPosterior(self._outcomes[0], Z, shift, scale, getattr(self, "input_transform", None))

    def leave_one_out(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (noise included) of each training outcome given the others, `n x m` each.

        The hyperparameters are those of the fit to all rows (Rasmussen and Williams 2006, section 5.4.2).
        """
        self._refuse_batch("has no single training set to leave rows out of")
        pairs = [outcome.leave_one_out() for outcome in self._outcomes]
        shift, scale = self._affine()
        mean = torch.from_numpy(np.stack([pair[0] for pair in pairs], axis=-1))
        variance = torch.from_numpy(np.stack([pair[1] for pair in pairs], axis=-1))
        return mean * scale + shift, variance * scale.square()

    @property
    def regressions(self) -> Regressions:
        """The outcomes in the kernel's inputs and standardised units."""
        return self._regressions

    @property
    def _outcomes(self) -> list[ExactRegression]:
        return self._regressions.outcomes

    def _refuse_batch(self, what: str) -> None:
        if len(self.batch_shape):
            raise NotSupportedError(f"a batch of conditioned models {what}")

    def _inputs(self, X: Tensor) -> Tensor:
        """The points (`... x d`) as the kernel sees them."""
        self._check_width(X)
        inputs: Tensor = self.transform_inputs(X.to(torch.float64))
        return inputs

    def _points(self, X: Tensor) -> np.ndarray:
        """The points (`N x d`) as an array, as they are given."""
        self._check_width(X)
        return X.detach().to(torch.float64).numpy()

    def _check_width(self, X: Tensor) -> None:
        if X.shape[-1:] != self._train_X.shape[-1:]:
            raise InvalidInputError(
                f"the model has {self._train_X.shape[-1]} inputs; given points of shape {tuple(X.shape)}"
            )

    def _affine_floats(self) -> tuple[float, float]:
        shift, scale = self._affine()
        return float(shift), float(scale)

    def _affine(self) -> tuple[Tensor, Tensor]:
        """`(shift, scale)`, `m` each, with outcome = shift + scale * transformed outcome."""
        transform = getattr(self, "outcome_transform", None)
        if transform is None:
            return torch.zeros(self.num_outputs).double(), torch.ones(self.num_outputs).double()
        if type(transform) is not Standardize:  # subclasses may standardise by the input
            raise NotSupportedError(
                f"{type(transform).__name__} is not one shift and scale for all inputs; use posterior(X)"
            )
        return transform.means.double().reshape(-1), transform.stdvs.double().reshape(-1)

    # -- conditioning ----------------------------------------------------------------------------------

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """The model given more observations: a rank-`q` update of the factor, hyperparameters kept.

        Args:
            X: `batch x q x d` points.
            Y: `fantasies x batch x q x m` outcomes in their own units.
            noise: their noise variances on the transformed scale, broadcasting to `batch x q x m`; the
                average noise of the model when None.
        """
        X, Y = X.to(torch.float64), Y.to(torch.float64)
        inputs = self._inputs(X)
        if hasattr(self, "outcome_transform"):
            Y, _ = self.outcome_transform(Y, X=X)
        model = self._copy()
        model._regressions = self._regressions.condition(inputs, Y, noise)
        batch = model._regressions.dense[0].X.shape[:-2]
        model._train_X = torch.cat([self._train_X.expand(*batch, *self._train_X.shape[-2:]), X], dim=-2)
        return model

    def _copy(self) -> Self:
        """A copy that shares what was computed; changing its hyperparameters leaves this model alone."""
        other = copy.copy(self)
        other._modules, other._buffers = dict(self._modules), dict(self._buffers)
        other._buffers["theta"] = self.theta.clone()
        return other

    def fantasize(
        self, X: Tensor, sampler: MCSampler, observation_noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """The batch of models conditioned on sampled outcomes at `X` (`batch x q x d`).

        Args:
            X: the points whose outcomes are imagined.
            sampler: draws `fantasies x batch x q x m` outcomes, noise included.
            observation_noise: noise variances on the transformed scale; the model's own when None.
        """
        with fantasize_flag():  # input transforms may be told to leave fantasies alone
            posterior = self.posterior(
                X, observation_noise=True if observation_noise is None else observation_noise
            )
            return self.condition_on_observations(X, sampler(posterior), noise=observation_noise)


def _use_loaded_theta(model: ExactModel, _: Any) -> None:
    model._use_theta()
