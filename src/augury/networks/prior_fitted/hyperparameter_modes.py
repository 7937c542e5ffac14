"""Modes of the posterior of a Gaussian process's hyperparameters, for many data sets at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import final

import torch
from torch import Tensor

#: Law of log lengthscales on the unit cube: median in one dimension (it grows as `log(d) / 2`), deviation
#: among inputs, deviation among data sets; degrees of freedom among inputs: some may be irrelevant.
_LOG_LENGTHSCALE, _SPREAD, _COMMON, _FREEDOM = -0.7, 0.6, 0.7, 4.0
#: Between which log noise variances (as shares of the signal's) are equally likely, and how fast that ends.
_NOISE_RANGE, _NOISE_ENDS, _NOISE_SPREAD = (-14.0, -1.4), (1.5, 0.5), 3.0
_LEAST_NOISE, _LARGEST_NOISE = -16.0, 1.5
#: Weight of the prior scale 1 of standardised outcomes, in rows.
PRIOR_ROWS = 2.0
_STEPS, _FIRST_STEP, _LARGEST_STEP = 9, 0.25, 0.6
_FLAT = 0.1  # slopes below it are no direction


@dataclass(frozen=True)
class Factored:
    """Gaussian processes of given hyperparameters conditioned on data sets; `B x 2 x S` of them.

    Args:
        z: `B x 2 x S x n x d` inputs over lengthscales.
        factor: `B x 2 x S x n x n` Cholesky factors of the covariances given unit scale.
        alpha: `B x 2 x S x n`, the covariance's inverse times the outcomes.
        square: `B x 2 x S`, the outcomes' squared length under it, the prior's rows included.
        log_density: `B x 2 x S` log posterior densities of the hyperparameters, up to a constant.
    """

    z: Tensor
    factor: Tensor
    alpha: Tensor
    square: Tensor
    log_density: Tensor


@final
class Hyperposterior:
    r"""The posterior of the hyperparameters of two Gaussian processes for each of `B` data sets.

    One has a Matern-5/2 kernel, the other a squared exponential one; to each a constant is added. A point is
    `\theta = (\log 1/\ell_1, \dots, \log 1/\ell_d, \log \sigma^2)`, the noise variance being a share of the
    signal's; the scale of both is integrated out.

    Args:
        X: `B x n x d` inputs in the unit cube.
        y: `B x n` standardised outcomes.
    """

    def __init__(self, X: Tensor, y: Tensor) -> None:
        self.X, self.y = X, y
        self.rows = X.shape[1] + PRIOR_ROWS

    def factored(self, theta: Tensor) -> Factored:
        """The processes at `theta` (`B x 2 x S x (d + 1)`)."""
        z = self.X[:, None, None] * theta[..., None, :-1].exp()
        covariance, _ = kernels(z, z)
        covariance = covariance + torch.diag_embed(theta[..., -1:].exp().expand(covariance.shape[:-1]))
        factor, _ = torch.linalg.cholesky_ex(covariance)
        outcomes = self.y[:, None, None, :, None].expand(*factor.shape[:-1], 1)
        white = torch.linalg.solve_triangular(factor, outcomes, upper=False)
        alpha = torch.linalg.solve_triangular(factor.mT, white, upper=True).squeeze(-1)
        square = white.square().sum((-2, -1)) + PRIOR_ROWS
        evidence = -0.5 * self.rows * square.log() - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        density = torch.nan_to_num(evidence, nan=-torch.inf) + _log_prior(theta)[0]
        return Factored(z, factor, alpha, square, density)

    def climb(self, theta: Tensor) -> Tensor:
        """Better hyperparameters (`B x 2 x 1 x (d + 1)`) than those given, by a fixed number of steps.

        Each coordinate has a step of its own that grows while the slope keeps its sign and shrinks where it
        turns (Riedmiller and Braun's resilient propagation, 1993, made smooth).
        """
        step, last = torch.full_like(theta, _FIRST_STEP), torch.zeros_like(theta)
        best, highest = theta, torch.full_like(theta[..., 0], -torch.inf)
        for _ in range(_STEPS):
            found = self.factored(theta)
            better = found.log_density > highest
            best = torch.where(better.unsqueeze(-1), theta, best)
            highest = torch.where(better, found.log_density, highest)
            slope = self._slope(theta, found)
            direction = slope / (slope.abs() + _FLAT)
            agreement = direction * last
            step = step * torch.where(agreement > 0.0, 0.35 * agreement, 0.9 * agreement).exp()
            step, last = step.clamp(1e-3, _LARGEST_STEP), direction
            theta = theta + step * direction
            noise = theta[..., -1:].clamp(_LEAST_NOISE, _LARGEST_NOISE)
            theta = torch.cat([theta[..., :-1], noise], dim=-1)
        found = self.factored(theta)
        return torch.where((found.log_density > highest).unsqueeze(-1), theta, best)

    def precision(self, theta: Tensor) -> Tensor:
        """`B x 2 x S x (d + 1) x (d + 1)` expected curvatures of minus the log posterior density."""
        found = self.factored(theta)
        _, slope = kernels(found.z, found.z)
        apart = (found.z[..., :, None, :] - found.z[..., None, :, :]).square().movedim(-1, -3)
        inverse = torch.cholesky_inverse(found.factor)
        noise = theta[..., -1].exp()[..., None, None] * inverse
        relative = torch.cat(
            [inverse.unsqueeze(-3) @ (2.0 * slope.unsqueeze(-3) * apart), noise[..., None, :, :]], -3
        )
        flat, turned = relative.flatten(-2), relative.mT.flatten(-2)
        trace = relative.diagonal(dim1=-2, dim2=-1).sum(-1)
        fisher = 0.5 * (flat @ turned.mT - trace.unsqueeze(-1) * trace.unsqueeze(-2) / self.rows)
        return fisher + _prior_precision(theta.shape[-1])

    def _slope(self, theta: Tensor, found: Factored) -> Tensor:
        """The gradient of the log posterior density: `sum(G * dK)`, `G = (alpha alpha' r / s - K^-1) / 2`."""
        alpha, z = found.alpha, found.z
        outer = (self.rows / found.square)[..., None, None] * alpha.unsqueeze(-1) * alpha.unsqueeze(-2)
        G = 0.5 * (outer - torch.cholesky_inverse(found.factor))
        W = 2.0 * kernels(z, z)[1] * G
        rates = 2.0 * ((W.sum(-1, keepdim=True) * z.square()).sum(-2) - (z * (W @ z)).sum(-2))
        noise = theta[..., -1].exp() * G.diagonal(dim1=-2, dim2=-1).sum(-1)
        return torch.nan_to_num(torch.cat([rates, noise.unsqueeze(-1)], -1)) + _log_prior(theta)[1]


def kernels(z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Covariances, a constant plus a kernel of variance one each, and the kernels' slopes in the squared
    distance: `B x 2 x S x m x n` each, Matern-5/2 first.

    Args:
        z: `B x 2 x S x m x d` inputs over lengthscales.
        w: `B x 2 x S x n x d`.
    """
    square = z.square().sum(-1).unsqueeze(-1) + w.square().sum(-1).unsqueeze(-2) - 2.0 * z @ w.mT
    square = square.clamp_min(0.0)
    a = (5.0 * square[:, 0] + 1e-18).sqrt()
    rough, smooth = (-a).exp(), (-0.5 * square[:, 1]).exp()
    covariance = torch.stack([1.0 + (1.0 + a + a.square() / 3.0) * rough, 1.0 + smooth], dim=1)
    return covariance, torch.stack([(-5.0 / 6.0) * (1.0 + a) * rough, -0.5 * smooth], dim=1)


def _log_prior(theta: Tensor) -> tuple[Tensor, Tensor]:
    """The log prior density of hyperparameters, up to a constant, and its gradient."""
    rates, noise = theta[..., :-1], theta[..., -1]
    d = rates.shape[-1]
    above = rates + _LOG_LENGTHSCALE + 0.5 * log(d)
    common = above.mean(-1, keepdim=True)
    apart = above - common
    variance = _COMMON**2 + _SPREAD**2 / d
    tail = apart.square() / (_FREEDOM * _SPREAD**2)
    low, high = (noise - _NOISE_RANGE[0]).clamp_max(0.0), (noise - _NOISE_RANGE[1]).clamp_min(0.0)
    density = -0.5 * common.squeeze(-1).square() / variance
    density = density - 0.5 * (_FREEDOM + 1.0) * tail.log1p().sum(-1)
    density = density - 0.5 * ((low / _NOISE_ENDS[0]).square() + (high / _NOISE_ENDS[1]).square())
    pull = -((_FREEDOM + 1.0) / (_FREEDOM * _SPREAD**2)) * apart / (1.0 + tail)
    pull = pull - pull.mean(-1, keepdim=True) - common / (d * variance)
    ends = -low / _NOISE_ENDS[0] ** 2 - high / _NOISE_ENDS[1] ** 2
    return density, torch.cat([pull, ends.unsqueeze(-1)], dim=-1)


def _prior_precision(size: int) -> Tensor:
    """`(d + 1) x (d + 1)` of a normal like the prior."""
    d = size - 1
    mean = torch.full((d, d), 1.0 / d, dtype=torch.float64)
    eye = torch.eye(d, dtype=torch.float64)
    rates = (eye - mean) / _SPREAD**2 + mean / (d * (_COMMON**2 + _SPREAD**2 / d))
    return torch.block_diag(rates, torch.tensor([[_NOISE_SPREAD**-2]], dtype=torch.float64))
