"""Surrogates that take up more observations without a new fit."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import torch
from botorch.models.utils import fantasize as fantasize_flag
from botorch.sampling.base import MCSampler
from torch import Tensor

from augury.errors import InvalidInputError
from augury.models.finite import check_finite
from augury.models.outcome_surrogate import OutcomeSurrogate


class ConditionableSurrogate(OutcomeSurrogate):
    """A surrogate that can be conditioned on observations, and so on imagined ones."""

    @abstractmethod
    def condition_on_observations(
        self, X: Tensor, Y: Tensor, noise: Tensor | None = None, **kwargs: Any
    ) -> Self:
        """The model given more observations, hyperparameters kept.

        Args:
            X: `batch x q x d` points.
            Y: `fantasies x batch x q x m` outcomes in their own units.
            noise: their noise variances on the transformed scale, broadcasting to `batch x q x m`; the
                average noise of the model when None.
        """

    def _told(self, X: Tensor, Y: Tensor) -> tuple[Tensor, Tensor]:
        """Observations in double precision, once each point is known to have its outcomes.

        Raises:
            InvalidInputError: points that are none, another number of outcomes, or some that are not finite.
        """
        self._check_points(X)
        if not isinstance(Y, Tensor) or Y.dim() < 2 or Y.shape[-2:] != (X.shape[-2], self.num_outputs):
            given = tuple(Y.shape) if isinstance(Y, Tensor) else type(Y).__name__
            raise InvalidInputError(
                f"{X.shape[-2]} points need outcomes of shape ... x {X.shape[-2]} x {self.num_outputs}; "
                f"given {given}"
            )
        check_finite(Y, "Y", "outcome")
        return X.to(torch.float64), Y.to(torch.float64)

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
