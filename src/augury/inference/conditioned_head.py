"""The posterior of a linear model given more observations, without going back to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor

from augury.inference.linear_head import LinearHead


@final
@dataclass(frozen=True)
class ConditionedHead:
    r"""A `LinearHead` given `q` more outcomes, hyperparameters kept: a rank-`q` update of its posterior.

    .. math::
        \bar m = m + S K^{-1} S_q^T (y - \Phi_q m), \qquad
        \bar V = S S^T - S S_q^T K^{-1} S_q S^T, \qquad
        K = S_q S_q^T + \mathrm{noise}

    with the mean `m` and a root `S` of the covariance of the weights and :math:`S_q = \Phi_q S`. Only the
    `q x q` matrix `K` is factorised.

    Args:
        head: given the training rows.
        features: `batch x q x m`.
        outcomes: `fantasies x batch x q`, in the head's units.
        noise: their variances, `batch x q` or fewer dimensions.
    """

    head: LinearHead
    features: Tensor
    outcomes: Tensor
    noise: Tensor

    @cached_property
    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """Of the new rows: the root of their covariance, the factor of `K`, and `L^{-1} (y - mean)`."""
        mean, root, diagonal = self.head.predict(self.features)
        factor = psd_safe_cholesky(root @ root.mT + torch.diag_embed(diagonal + self.noise))
        misfit = (self.outcomes - mean).unsqueeze(-1)
        return root, factor, torch.linalg.solve_triangular(factor, misfit, upper=False)

    @property
    def batch_shape(self) -> torch.Size:
        """`fantasies x batch`."""
        return self._parts[2].shape[:-2]

    def moments(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See `LinearHead.moments`."""
        mean, here, diagonal = self.head.predict(features)
        root, factor, misfit = self._parts
        cross = here @ root.mT
        whitened = torch.linalg.solve_triangular(factor, cross.mT, upper=False)
        covariance = here @ here.mT + torch.diag_embed(diagonal) - whitened.mT @ whitened
        mean = mean + (whitened.mT @ misfit).squeeze(-1)
        return mean, covariance.expand(*mean.shape, mean.shape[-1])

    def given(self, features: Tensor, outcomes: Tensor, noise: Tensor) -> ConditionedHead:
        """The same given still more outcomes, shaped as in the constructor."""
        batch = torch.broadcast_shapes(features.shape[:-2], self.features.shape[:-2])
        lead = torch.broadcast_shapes(outcomes.shape[:-1], self.outcomes.shape[:-1])
        pairs = zip((self.features, features), (self.noise, noise), strict=True)
        variances = [variance.expand(*batch, rows.shape[-2]) for rows, variance in pairs]
        return ConditionedHead(
            self.head,
            _joined(self.features, features, batch, -2),
            _joined(self.outcomes, outcomes, lead, -1),
            torch.cat(variances, dim=-1),
        )


def _joined(first: Tensor, second: Tensor, batch: torch.Size, dim: int) -> Tensor:
    """One after the other along `dim`, each expanded to the batch in front of it."""
    return torch.cat([part.expand(*batch, *part.shape[dim:]) for part in (first, second)], dim=dim)


def conditioned(
    head: LinearHead | ConditionedHead, features: Tensor, outcomes: Tensor, noise: Tensor
) -> ConditionedHead:
    """Either head given more outcomes, shaped as in `ConditionedHead`."""
    if isinstance(head, ConditionedHead):
        return head.given(features, outcomes, noise)
    return ConditionedHead(head, features, outcomes, noise)
