"""The BoTorch model of a scale mixture of Gaussian processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from torch import Tensor

from augury.errors import NotSupportedError
from augury.models.conditionable_surrogate import ConditionableSurrogate
from augury.models.exact.fit import maximize_posterior
from augury.models.exact.model import ExactModel
from augury.models.scale_mixture.likelihood import ScaleMixtureLikelihood
from augury.models.scale_mixture.scale_prior import ScalePrior
from augury.models.scale_mixture.scaled_moments import ScaledMoments
from augury.numerics.predictive_law import PredictiveLaw


class ScaleMixtureModel(ConditionableSurrogate):
    r"""Independent Gaussian processes whose covariances are multiplied by one unknown scale.

    .. math::
        y_j \mid s \sim \mathcal N\big(c_j, s\,(K_j + \text{noise}_j)\big), \qquad s \sim H

    Given scale one it is the exact Gaussian process `gaussian`, whose factor, mean and covariance serve
    unchanged; the data set the scale through their number and one quadratic form. The scale belongs to
    functions, not to points: all outcomes and inputs share it.

    Args:
        gaussian: the process given scale one, of standardised or untransformed outcomes.
        prior: the prior `H` of the scale.
        known_noise: whether the noise variances of `gaussian` were given, divided by `prior.typical`.

    Raises:
        NotSupportedError: an outcome transform that is not affine, under which no mixture stays one.
    """

    scale_theta: Tensor
    capabilities = frozenset({"location_scale", "joint_samples", "condition", "fantasize", "train_inputs"})

    def __init__(self, gaussian: ExactModel, prior: ScalePrior, *, known_noise: bool) -> None:
        super().__init__()
        gaussian._affine()
        self.gaussian = gaussian
        self.prior = prior
        self._known_noise = known_noise
        self._noise_scale = prior.typical  # before any learning: what known variances were divided by
        self._others: tuple[int, Tensor | float] = (0, 0.0)  # count and Q of outcomes left out of a subset
        self.register_buffer("scale_theta", torch.from_numpy(prior.theta))
        self.register_load_state_dict_post_hook(_use_loaded_theta)
        self.eval()

    # -- hyperparameters -------------------------------------------------------------------------------

    def fit(self, initial: Mapping[str, Tensor] | None = None, seed: int = 0) -> Self:
        """Find the maximum a posteriori hyperparameters of all outcomes jointly, the scale integrated out.

        Args:
            initial: `hyperparameters()` of an earlier fit on similar data, as a warm start; ignored where its
                shape does not match.
            seed: decides on the further starts, where there are any.

        Returns:
            The model itself.

        Raises:
            NotSupportedError: a batch of conditioned models, or a subset of the outcomes.
        """
        self.gaussian._refuse_batch("cannot be fit")
        if self._others[0]:
            raise NotSupportedError("the scale belongs to all outcomes; fit the model of all, then subset it")
        outcomes = self.gaussian.regressions.unfitted().outcomes

        def likelihood(rows: np.ndarray | None = None) -> ScaleMixtureLikelihood:
            return ScaleMixtureLikelihood([outcome.likelihood(rows) for outcome in outcomes], self.prior)

        joint = likelihood()
        if not joint.bounds().shape[1]:  # fixed covariances, known noise, a fixed prior
            return self
        start = self._start(initial)
        theta, _ = maximize_posterior(joint, likelihood, initial=start, seed=seed)
        own, parts = joint.split(theta)
        self.gaussian.theta.copy_(torch.from_numpy(np.stack(parts)))
        self.scale_theta.copy_(torch.from_numpy(own))
        self._use_theta()
        return self

    def _start(self, initial: Mapping[str, Tensor] | None) -> np.ndarray | None:
        parts = []
        for name, expected in (("scale_theta", self.scale_theta), ("theta", self.gaussian.theta)):
            given = (initial or {}).get(name)
            if given is None or given.shape != expected.shape or not bool(torch.isfinite(given).all()):
                return None
            parts.append(given.detach().to(torch.float64).reshape(-1))
        return torch.cat(parts).numpy()

    def hyperparameters(self) -> dict[str, Tensor]:
        """What `fit(initial=...)` takes: `theta`, one row per outcome, and `scale_theta` of the prior."""
        return {**self.gaussian.hyperparameters(), "scale_theta": self.scale_theta.clone()}

    def log_posterior(self) -> float:
        """The log marginal likelihood plus log prior of the current hyperparameters."""
        outcomes = self.gaussian.regressions.unfitted().outcomes
        likelihood = ScaleMixtureLikelihood([outcome.likelihood() for outcome in outcomes], self.prior)
        return likelihood.value(torch.cat([self.scale_theta, self.gaussian.theta.reshape(-1)]).numpy())

    def _use_theta(self) -> None:
        self.gaussian._use_theta()
        self.prior = self.prior.at(self.scale_theta.numpy())

    # -- the scale -------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many outcomes have been conditioned on, `n m`."""
        return self._others[0] + sum(dense.whitened.shape[-1] for dense in self.gaussian.regressions.dense)

    @property
    def quadratic(self) -> Tensor:
        """`Q`, the sum over outcomes of `(y - c)^T A^{-1} (y - c)`, one number for each of `batch_shape`."""
        squares = [dense.whitened.square().sum(-1) for dense in self.gaussian.regressions.dense]
        return torch.stack(squares).sum(0) + self._others[1]

    @property
    def expected_scale(self) -> Tensor:
        """`E[s | y]`, one number for each of `batch_shape`."""
        return self.prior.expected_scale(self.quadratic, self.count)

    # -- shapes ----------------------------------------------------------------------------------------

    @property
    def num_outputs(self) -> int:
        return self.gaussian.num_outputs

    @property
    def batch_shape(self) -> torch.Size:
        return self.gaussian.batch_shape

    @property
    def train_inputs(self) -> tuple[Tensor]:
        """The training inputs as given, `n x d`."""
        return self.gaussian.train_inputs

    @property
    def train_targets(self) -> Tensor:
        """The transformed outcomes, as those of the Gaussian process."""
        return self.gaussian.train_targets

    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only; what all have told of the scale is kept."""
        subset = self._with(self.gaussian.subset_output(idcs))
        subset._others = (0, 0.0)
        subset._others = (self.count - subset.count, self.quadratic - subset.quadratic)
        return subset

    def _with(self, gaussian: ExactModel) -> Self:
        """A copy on another process given scale one."""
        other = self._shallow_copy()
        other._modules["gaussian"] = gaussian
        other._buffers["scale_theta"] = self.scale_theta.clone()
        return other

    # -- predictions -----------------------------------------------------------------------------------

    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        noise = self._noise_given_scale_one(observation_noise)
        gaussian = self.gaussian.posterior(
            X, observation_noise=noise, posterior_transform=posterior_transform
        )
        if not isinstance(gaussian, GPyTorchPosterior):
            raise NotSupportedError(
                f"{type(posterior_transform).__name__} makes of a Gaussian a {type(gaussian).__name__}; "
                "only linear transforms serve a scale mixture"
            )
        return self.prior.posterior(gaussian, self.quadratic, self.count)

    def _noise_given_scale_one(self, observation_noise: bool | Tensor) -> bool | Tensor:
        """Known variances divided by the expected scale, which multiplies them again."""
        if isinstance(observation_noise, Tensor):
            return observation_noise / self.expected_scale.detach()[..., None, None]
        if observation_noise and self._known_noise:
            return self._known_variances / self.expected_scale.detach()[..., None, None]
        return observation_noise

    @property
    def _known_variances(self) -> Tensor:
        """`m` average known noise variances on the transformed scale."""
        return torch.tensor(self.gaussian.regressions.mean_noise, dtype=torch.float64) * self._noise_scale

    @property
    def noise_variance(self) -> Tensor:
        """`m` average noise variances in the outcomes' own units."""
        factor = self._noise_scale if self._known_noise else self.expected_scale
        return self.gaussian.noise_variance * factor

    def mean_variance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noise-free outcome at `X` (`N x d`): `N` numbers each, in blocks.

        Raises:
            NotSupportedError: several outcomes, or a batch of conditioned models.
        """
        mean, variance = self.gaussian.mean_variance(X)
        return mean, variance * self.expected_scale

    def mean_variance_gradient(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mean and variance at `X` (`N x d`) and the gradient of each (`N x d`, 0 in categorical columns).

        Raises:
            NotSupportedError: as for `mean_variance`.
        """
        mean, variance, by_mean, by_variance = self.gaussian.mean_variance_gradient(X)
        scale = self.expected_scale
        return mean, variance * scale, by_mean, by_variance * scale

    def location_scale(self, Z: np.ndarray | None = None) -> tuple[ScaledMoments, PredictiveLaw]:
        """Location and squared scale at candidates jointly with those at fixed points `Z` (`b x d`), and the
        law of `(f - location) / scale`, which is one for all points.

        Raises:
            NotSupportedError: as for `mean_variance`.
        """
        moments = self.gaussian.cross_posterior(Z)
        law, squared_scale = self.prior.law(float(self.quadratic), self.count)
        return ScaledMoments(moments, squared_scale), law

    def leave_one_out(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (noise included) of each training outcome given the other rows, `n x m` each.

        Given the scale these are the Gaussian's; without row `i` the quadratic form is
        `Q - sum_j alpha_ij^2 / (A_j^{-1})_ii`, by the inverse of a partitioned matrix.
        """
        mean, variance = self.gaussian.leave_one_out()
        outcomes = self.gaussian.regressions.outcomes
        lost = sum(outcome.alpha**2 / outcome.precision for outcome in outcomes)
        quadratic = (self.quadratic - torch.from_numpy(np.asarray(lost))).clamp_min(0.0)
        scale = self.prior.expected_scale(quadratic, self.count - self.num_outputs)
        return mean, variance * scale.unsqueeze(-1)

    # -- conditioning ----------------------------------------------------------------------------------

    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """See `ConditionableSurrogate`; the observations tell of the scale too."""
        given_one = None if noise is None else noise / self._noise_scale
        return self._with(self.gaussian.condition_on_observations(X, Y, noise=given_one, **kwargs))


def _use_loaded_theta(model: ScaleMixtureModel, _: Any) -> None:
    model._use_theta()


def relative_variances(train_Yvar: Tensor | None, prior: ScalePrior) -> Tensor | None:
    """Known noise variances as those given scale one."""
    return None if train_Yvar is None else torch.as_tensor(train_Yvar, dtype=torch.float64) / prior.typical
