"""A bank of Gaussian processes with one lengthscale each, on a grid of lengthscales and noises."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

#: Noise variances as shares of the signal's.
NOISES = (1e-6, 1e-4, 1e-2, 1.0)
_PRIOR_ROWS = 2.0  # weight of the prior scale 1 of standardised outcomes, in rows
_PRIOR_RELEVANCE = 1.0  # weight of equal relevance, in rows


@dataclass(frozen=True)
class Grid:
    """What the experts of a bank are.

    Args:
        rough: lengthscales of those with a Matern-5/2 kernel, in units in which distances do not grow with
            the number of inputs.
        smooth: of those with a squared exponential one.
        by_relevance: whether inputs are scaled by their relevance, or all alike.
    """

    rough: tuple[float, ...] = (0.15, 0.4, 1.0, 3.0)
    smooth: tuple[float, ...] = (0.2, 0.4, 0.8)
    by_relevance: bool = True


@dataclass(frozen=True)
class Bank:
    """Experts conditioned on data sets.

    Args:
        z: `B x n x d` scaled inputs.
        root: `B x E x F x n x n` inverse Cholesky factors of the covariances given unit scale.
        alpha: `B x E x F x n`, the covariance's inverse times the outcomes.
        scale: `B x E x F` squared scales, of highest posterior density.
        log_evidence: `B x E x F` log marginal likelihoods.
    """

    z: Tensor
    root: Tensor
    alpha: Tensor
    scale: Tensor
    log_evidence: Tensor


def _distances(z: Tensor, w: Tensor) -> Tensor:
    """`B x m x n` squared distances, differentiable where points coincide."""
    square = z.square().sum(-1)[:, :, None] + w.square().sum(-1)[:, None] - 2.0 * z @ w.mT
    return square.clamp_min(0.0)


def covariances(z: Tensor, w: Tensor, grid: Grid) -> Tensor:
    """`B x E x m x n`: a constant plus a kernel, each of variance one."""
    square = _distances(z, w).unsqueeze(1)
    rough, smooth = (
        torch.tensor(part, dtype=z.dtype).square()[:, None, None] for part in (grid.rough, grid.smooth)
    )
    matern = 5.0 * square / rough
    a = (matern + 1e-18).sqrt()
    matern = 1.0 + (1.0 + a + matern / 3.0) * (-a).exp()
    return torch.cat([matern, 1.0 + (-0.5 * square / smooth).exp()], dim=1)


def conditioned(z: Tensor, y: Tensor, grid: Grid, noises: tuple[float, ...]) -> Bank:
    n = z.shape[1]
    covariance = covariances(z, z, grid).unsqueeze(2)
    eye = torch.eye(n, dtype=z.dtype)
    covariance = covariance + torch.tensor(noises, dtype=z.dtype)[:, None, None] * eye
    factor, _ = torch.linalg.cholesky_ex(covariance)
    root = torch.linalg.solve_triangular(factor, eye, upper=False)
    white = root @ y[:, None, None, :, None]
    alpha = (root.mT @ white).squeeze(-1)
    square = white.square().sum((-2, -1)) + _PRIOR_ROWS
    rows = n + _PRIOR_ROWS
    log_evidence = -0.5 * rows * square.log() - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return Bank(z, root, alpha, square / rows, log_evidence)


def slopes(bank: Bank, grid: Grid) -> Tensor:
    """`B x d` root mean squared slopes of the experts' means at the rows, weighed by evidence and drawn to
    their average where rows are few."""
    z, n = bank.z, bank.z.shape[1]
    scales = torch.tensor(grid.rough, dtype=z.dtype)
    square = 5.0 * _distances(z, z).unsqueeze(1) / scales[:, None, None].square()
    a = square.sqrt()
    bend = ((5.0 / 3.0) * (1.0 + a) * (-a).exp() / scales[:, None, None].square()).unsqueeze(2)
    weighted = bend * bank.alpha.unsqueeze(-2)  # B x E x F x n x n
    points = z[:, None, None]
    slopes = weighted @ points - weighted.sum(-1, keepdim=True) * points
    share = bank.log_evidence.flatten(1).softmax(-1).reshape(bank.log_evidence.shape)
    mean_square = (share[..., None] * slopes.square().mean(-2)).sum((1, 2))
    mean_square = mean_square / mean_square.mean(-1, keepdim=True).clamp_min(1e-30)
    return ((n * mean_square + _PRIOR_RELEVANCE) / (n + _PRIOR_RELEVANCE)).sqrt()
