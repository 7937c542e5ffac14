"""Surrogates of several outcomes, each of which can be taken alone."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Self

from botorch.acquisition.objective import PosteriorTransform
from botorch.posteriors import GPyTorchPosterior, Posterior
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from augury.models.surrogate import Surrogate


class OutcomeSurrogate(Surrogate):
    """A surrogate with `subset_output`; a member gives the posterior of all its outcomes."""

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
                scale, broadcasting to `batch_shape x q x m`, where the model takes one.
            posterior_transform: applied last.

        Raises:
            InvalidInputError: points of another width than `train_X`, or with entries that are not finite.
            NotSupportedError: noise variances or a transform that the model cannot serve.
        """
        model = self if output_indices is None else self.subset_output(output_indices)
        return model._joint_posterior(X, observation_noise, posterior_transform)

    @abstractmethod
    def _joint_posterior(
        self, X: Tensor, observation_noise: bool | Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        """`posterior` of all outcomes."""

    def _gaussian_posterior(
        self, normal: MultivariateNormal, X: Tensor, posterior_transform: PosteriorTransform | None
    ) -> Posterior:
        """That of transformed outcomes at `X`, in the outcomes' own units; `posterior_transform` at last."""
        posterior: Posterior = GPyTorchPosterior(normal)
        if hasattr(self, "outcome_transform"):
            posterior = self.outcome_transform.untransform_posterior(posterior, X=X)
        return posterior if posterior_transform is None else posterior_transform(posterior)

    @abstractmethod
    def subset_output(self, idcs: list[int]) -> Self:
        """The model of some outcomes only, hyperparameters kept."""

    def _shallow_copy(self) -> Self:
        """A copy with the same parts, whose modules and buffers can be exchanged without effect on this."""
        other = copy.copy(self)
        other._modules, other._buffers = dict(self._modules), dict(self._buffers)
        return other

    def _copy_for(self, idcs: list[int]) -> Self:
        """A shallow copy whose outcome transform is that of some outcomes."""
        subset = self._shallow_copy()
        if hasattr(self, "outcome_transform"):
            subset.outcome_transform = self.outcome_transform.subset_output(idcs=idcs)
        return subset
