"""The dense posterior as differentiable tensors, for joint samples, batches of inputs, and conditioning."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.models.exact.covariance import Covariance


@dataclass(frozen=True)
class DensePosterior:
    """A Gaussian posterior given by its inverse factor; conditioning appends rows and never refactorises.

    Args:
        covariance: the covariance function.
        X: `batch x n x d` inputs.
        inverse_factor: `batch x n x n`, `L^{-1}` with `L L^T = K + noise`.
        whitened: `fantasies x batch x n`, `L^{-1} (y - c)`.
        constant: the constant mean `c`.
    """

    covariance: Covariance
    X: Tensor
    inverse_factor: Tensor
    whitened: Tensor
    constant: float

    @property
    def batch_shape(self) -> torch.Size:
        """The shape of the batch of posteriors (empty for an unconditioned model)."""
        return torch.broadcast_shapes(self.whitened.shape[:-1], self.inverse_factor.shape[:-2])

    def outcomes(self) -> Tensor:
        """The standardised outcomes `y` (`fantasies x batch x n`) that were conditioned on."""
        lower = self.inverse_factor
        residual = torch.linalg.solve_triangular(lower, self.whitened.unsqueeze(-1), upper=False)
        return self.constant + residual.squeeze(-1)

    def mean_covariance(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Joint mean (`... x q`) and covariance (`... x q x q`) at `X` (`... x q x d`)."""
        solved = self.covariance.dense(X, self.X) @ self.inverse_factor.transpose(-1, -2)
        mean = self.constant + (solved @ self.whitened.unsqueeze(-1)).squeeze(-1)
        covariance = self.covariance.dense(X, X) - solved @ solved.transpose(-1, -2)
        return mean, covariance.expand(*mean.shape, mean.shape[-1])

    def condition(self, X: Tensor, y: Tensor, noise: Tensor) -> DensePosterior:
        r"""The posterior given `q` more outcomes, by a rank-`q` update of the factor.

        .. math::
            L' = \begin{pmatrix} L & 0 \\ S & C \end{pmatrix}, \quad
            L'^{-1} = \begin{pmatrix} L^{-1} & 0 \\ -C^{-1} S L^{-1} & C^{-1} \end{pmatrix}, \quad
            S = k_{X} L^{-T}, \; C C^T = k_{XX} + \mathrm{noise} - S S^T

        Args:
            X: `batch x q x d` new inputs.
            y: `fantasies x batch x q` their standardised outcomes.
            noise: `q` (or `batch x q`) noise variances.
        """
        batch = torch.broadcast_shapes(X.shape[:-2], self.X.shape[:-2])
        old = self.X.expand(*batch, *self.X.shape[-2:])
        S = self.covariance.dense(X, self.X) @ self.inverse_factor.transpose(-1, -2)
        schur = self.covariance.dense(X, X) + torch.diag_embed(noise) - S @ S.transpose(-1, -2)
        factor = _safe_cholesky(schur)
        identity = torch.eye(factor.shape[-1], dtype=factor.dtype)
        corner = torch.linalg.solve_triangular(factor, identity.expand_as(factor), upper=False)
        row = torch.cat([-corner @ S @ self.inverse_factor, corner], dim=-1)
        top = torch.nn.functional.pad(self.inverse_factor, (0, X.shape[-2]))
        inverse_factor = torch.cat([top.expand(*row.shape[:-2], *top.shape[-2:]), row], dim=-2)
        expected = (S @ self.whitened.unsqueeze(-1)).squeeze(-1)
        new = (corner @ (y - self.constant - expected).unsqueeze(-1)).squeeze(-1)
        whitened = torch.cat([self.whitened.expand(*new.shape[:-1], self.whitened.shape[-1]), new], dim=-1)
        joined = torch.cat([old, X.expand(*batch, *X.shape[-2:])], dim=-2)
        return DensePosterior(self.covariance, joined, inverse_factor, whitened, self.constant)


def _safe_cholesky(matrix: Tensor) -> Tensor:
    factor, info = torch.linalg.cholesky_ex(matrix)
    jitter = 1e-10
    while bool(info.any()):
        if jitter > 1e-1:
            raise FloatingPointError("the covariance of the new points is not positive definite")
        identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype)
        factor, info = torch.linalg.cholesky_ex(matrix + jitter * identity)
        jitter *= 10.0
    return factor
