"""The independent outcomes of an exact model side by side, in the kernel's inputs and standardised units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from gpytorch.distributions import MultivariateNormal
from linear_operator import to_linear_operator
from torch import Tensor

from augury.models.exact.conditioning import DensePosterior
from augury.models.exact.regression import ExactRegression
from augury.models.posteriors.independent import independent


class Regressions:
    """`m` regressions on the same inputs, and, once conditioned on more rows, a batch of their posteriors.

    Nothing changes them: fitting, conditioning and selecting give others, which share what was computed.

    Args:
        outcomes: one regression per outcome.
        dense: their posteriors in tensors, where these hold more than `outcomes` does (a batch of conditioned
            ones); computed when needed if None.
    """

    def __init__(
        self, outcomes: Sequence[ExactRegression], dense: Sequence[DensePosterior] | None = None
    ) -> None:
        self.outcomes = list(outcomes)
        self._dense = None if dense is None else list(dense)

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def dense(self) -> list[DensePosterior]:
        """The posterior of each outcome in differentiable tensors."""
        if self._dense is None:
            self._dense = [outcome.dense_posterior() for outcome in self.outcomes]
        return self._dense

    @property
    def batch_shape(self) -> torch.Size:
        """The shape of the batch of conditioned posteriors, empty for none."""
        return torch.Size() if self._dense is None else self._dense[0].batch_shape

    @property
    def targets(self) -> list[Tensor]:
        """`batch x n` standardised outcomes, one tensor per outcome."""
        if self._dense is None:
            return [torch.from_numpy(outcome.y) for outcome in self.outcomes]
        return [dense.outcomes().detach() for dense in self._dense]

    @property
    def mean_noise(self) -> list[float]:
        """The average noise variance of each outcome."""
        return [outcome.mean_noise for outcome in self.outcomes]

    # -- hyperparameters -------------------------------------------------------------------------------

    @property
    def theta(self) -> Tensor:
        """`m x p` hyperparameters."""
        return torch.from_numpy(np.stack([outcome.theta for outcome in self.outcomes]))

    def unfitted(self) -> Regressions:
        """The same data and hyperparameters with nothing computed, to be changed without effect on this."""
        return Regressions([outcome.unfitted() for outcome in self.outcomes])

    def at(self, theta: Tensor) -> Regressions:
        """The same data under other hyperparameters (`m x p`)."""
        other = self.unfitted()
        for outcome, row in zip(other.outcomes, theta, strict=True):
            outcome.theta = row.numpy()
        return other

    def fit(self, initial: Tensor | None, seed: int, *, nearby: bool = False) -> Regressions:
        """The same data under the maximum a posteriori hyperparameters, each outcome's its own.

        Args:
            initial: `m x p`, a warm start; None, or of another shape, for none.
            seed, nearby: see `ExactRegression.fit`.
        """
        other = self.unfitted()
        rows: list[np.ndarray | None] = [None] * len(other)
        if initial is not None and initial.shape == self.theta.shape:
            rows = list(initial.numpy())
        for outcome, row in zip(other.outcomes, rows, strict=True):
            outcome.fit(row, seed=seed, nearby=nearby)
        return other

    def __getitem__(self, indices: Sequence[int]) -> Regressions:
        """Some of the outcomes."""
        dense = None if self._dense is None else [self._dense[index] for index in indices]
        return Regressions([self.outcomes[index] for index in indices], dense)

    # -- posteriors ------------------------------------------------------------------------------------

    def normal(self, X: Tensor, noise: Tensor | None) -> MultivariateNormal:
        """The joint posterior at `X` (`batch x q x d`), noise variances (`batch x q x m`, or one) added."""
        normals = []
        for index, dense in enumerate(self.dense):
            mean, covariance = dense.mean_covariance(X)
            if noise is not None:
                column = noise[..., index] if noise.dim() else noise
                covariance = covariance + torch.diag_embed(column.expand(mean.shape))
            # As an operator the covariance is factorised when sampled from, and then safely.
            normals.append(MultivariateNormal(mean, to_linear_operator(covariance)))
        return independent(normals)

    def condition(self, X: Tensor, Y: Tensor, noise: Tensor | None) -> Regressions:
        """Given `q` more rows, by a rank-`q` update.

        Args:
            X: `batch x q x d` inputs.
            Y: `fantasies x batch x q x m` standardised outcomes.
            noise: their variances, broadcasting to `batch x q x m`; the average ones when None.
        """
        if noise is None:
            noise = torch.tensor(self.mean_noise, dtype=torch.float64)
        noise = noise.to(torch.float64).expand(*X.shape[:-1], len(self))
        conditioned = [
            dense.condition(X, Y[..., index], noise[..., index]) for index, dense in enumerate(self.dense)
        ]
        if len(conditioned[0].batch_shape):
            return Regressions(self.outcomes, conditioned)
        variances = noise.detach().numpy()
        outcomes = [
            outcome.extended(dense, variances[:, index])
            for index, (outcome, dense) in enumerate(zip(self.outcomes, conditioned, strict=True))
        ]
        return Regressions(outcomes, conditioned)
