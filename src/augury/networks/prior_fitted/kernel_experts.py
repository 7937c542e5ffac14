"""A bank of simple Gaussian processes of fixed hyperparameters, whose predictions are inputs of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

#: Lengthscales, in units of the root mean squared distance scale of relevance-weighted inputs.
LENGTHSCALES = (0.15, 0.4, 1.0, 3.0, 0.2, 0.4, 0.8)
#: How many of them, the first, have a Matern-5/2 kernel; the others have a squared exponential one.
_MATERN = 4
#: Noise variances as shares of the signal's.
NOISES = (1e-6, 1e-4, 1e-2, 1.0)
#: The bank from which the relevance of each input is judged.
_SCOUT_LENGTHSCALES = (0.4, 1.5)
_SCOUT_NOISES = (1e-4, 1e-1)
_ROUNDS = 2
_PRIOR_ROWS = 2.0  # weight of the prior scale 1 of standardised outcomes, in rows
_PRIOR_RELEVANCE = 1.0  # weight of equal relevance, in rows
_LEAST_WEIGHT = 0.01  # of an expert


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


@dataclass(frozen=True)
class ExpertState:
    """What a bank knows of a data set.

    Args:
        bank: the experts.
        relevance: `B x d` factors of the inputs.
        of_noise: `B x E x F` weights of the noises given the lengthscale.
        weights: `B x E` weights of the lengthscales.
    """

    bank: Bank
    relevance: Tensor
    of_noise: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Opinions:
    """Predictions of standardised outcomes at `m` points.

    Args:
        mean: `B x m x E` predictive means.
        variance: `B x m x E` predictive variances, noise included.
        weights: `B x E` weights, of sum 1.
    """

    mean: Tensor
    variance: Tensor
    weights: Tensor

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of the mixture, `B x m` each."""
        share = self.weights.unsqueeze(1)
        mean = (share * self.mean).sum(-1)
        spread = (self.mean - mean.unsqueeze(-1)).square()
        return mean, (share * (self.variance + spread)).sum(-1)

    def features(self) -> Tensor:
        """`B x m x (3 E + 2)` numbers of order one."""
        mean, variance = self.moments()
        deviation = variance.sqrt()
        parts = [
            ((self.mean - mean.unsqueeze(-1)) / deviation.unsqueeze(-1)),
            0.5 * (self.variance.log() - variance.log().unsqueeze(-1)),
            self.weights.unsqueeze(1).expand_as(self.mean),
            mean.unsqueeze(-1),
            0.5 * deviation.log().unsqueeze(-1),
        ]
        return torch.cat(parts, dim=-1)

    @staticmethod
    def width(experts: int) -> int:
        """The number of features."""
        return 3 * experts + 2


@final
class KernelExperts:
    """Gaussian processes with a Matern-5/2 kernel plus a constant, weighed by their marginal likelihood.

    Inputs are scaled by their relevance, the root mean squared slope of a first bank's means along each, so
    that one lengthscale serves all. Everything is a closed form: no expert is fitted, and predictions are
    differentiable in the points. Their sum, a Bayesian model average over a grid, is what a network on top
    corrects.
    """

    num_experts = len(LENGTHSCALES)

    def condition(self, X: Tensor, y: Tensor) -> ExpertState:
        """The state after data sets.

        Args:
            X: `B x n x d` inputs.
            y: `B x n` standardised outcomes.
        """
        with torch.no_grad():
            X, y = X.double(), y.double()
            relevance = torch.ones_like(X[:, 0]) if X.shape[1] else X.new_ones(len(X), X.shape[-1])
            for _ in range(_ROUNDS if X.shape[1] > 1 and X.shape[-1] > 1 else 0):
                scout = _condition(self.positions(X, relevance), y, _SCOUT_LENGTHSCALES, _SCOUT_NOISES)
                relevance = relevance * _slopes(scout)
                relevance = relevance / relevance.square().mean(-1, keepdim=True).sqrt()
            bank = _condition(self.positions(X, relevance), y, LENGTHSCALES, NOISES)
            weights = bank.log_evidence.flatten(1).softmax(-1).reshape(bank.log_evidence.shape)
            total = weights.sum(-1)
            of_noise = bank.log_evidence.softmax(-1)
            blunt = (1.0 - _LEAST_WEIGHT * self.num_experts) * total + _LEAST_WEIGHT
            return ExpertState(bank, relevance, of_noise, blunt)

    @staticmethod
    def positions(X: Tensor, relevance: Tensor) -> Tensor:
        """`B x n x d` inputs times their relevance, in units in which distances do not grow with `d`."""
        scaled: Tensor = X * (relevance / X.shape[-1] ** 0.5).unsqueeze(1)
        return scaled

    def left_out(self, state: ExpertState, y: Tensor) -> Opinions:
        """Each row of the data, predicted from the others."""
        bank = state.bank
        precision = bank.root.square().sum(-2)
        mean = y.double()[:, None, None] - bank.alpha / precision
        variance = bank.scale.unsqueeze(-1) / precision
        return _opinions(mean, variance, state)

    def predict(self, state: ExpertState, X: Tensor) -> Opinions:
        """Predictions of outcomes at `X` (`B x m x d`), differentiable in them."""
        bank = state.bank
        z = self.positions(X.double(), state.relevance)
        covariance = _covariances(z, bank.z, LENGTHSCALES).unsqueeze(2)  # B x E x 1 x m x n
        mean = (covariance @ bank.alpha.unsqueeze(-1)).squeeze(-1)
        explained = (bank.root @ covariance.mT).square().sum(-2)
        prior = 2.0 + torch.tensor(NOISES, dtype=torch.float64)[:, None]
        variance = bank.scale.unsqueeze(-1) * (prior - explained).clamp_min(1e-9)
        return _opinions(mean, variance, state)

    def joint_covariance(self, state: ExpertState, X: Tensor) -> Tensor:
        """`B x N x q x q` posterior covariances of noise-free values at `X` (`B x N x q x d`), averaged over
        the experts by their weights, their disagreement included."""
        bank, (B, N, q, _) = state.bank, X.shape
        z = self.positions(X.double().flatten(1, 2), state.relevance)
        cross = _covariances(z, bank.z, LENGTHSCALES).unsqueeze(2)  # B x E x 1 x Nq x n
        white = (
            (bank.root @ cross.mT).unflatten(-1, (N, q)).permute(0, 1, 2, 4, 3, 5)
        )  # B x E x F x N x n x q
        within = _covariances(*2 * (z.reshape(B * N, q, -1),), LENGTHSCALES)  # BN x E x q x q
        within = within.reshape(B, N, -1, q, q).transpose(1, 2).unsqueeze(2)
        covariance = bank.scale[..., None, None, None] * (within - white.mT @ white)
        mean = (cross @ bank.alpha.unsqueeze(-1)).reshape(*bank.scale.shape, N, q)
        share = (state.weights.unsqueeze(-1) * state.of_noise)[..., None, None]
        apart = mean - (share * mean).sum((1, 2), keepdim=True)
        covariance = covariance + apart.unsqueeze(-1) * apart.unsqueeze(-2)
        return (share.unsqueeze(-1) * covariance).sum((1, 2))

    def noise_variance(self, state: ExpertState) -> Tensor:
        """`B` average noise variances of standardised outcomes."""
        noises = state.bank.scale * torch.tensor(NOISES, dtype=torch.float64)
        return (state.weights * (state.of_noise * noises).sum(-1)).sum(-1)


def _opinions(mean: Tensor, variance: Tensor, state: ExpertState) -> Opinions:
    """Mix the noises (`B x E x F x m` each)."""
    share = state.of_noise.unsqueeze(-1)
    mixed = (share * mean).sum(2)
    spread = (share * (variance + (mean - mixed.unsqueeze(2)).square())).sum(2)
    return Opinions(mixed.mT, spread.mT, state.weights)


def _distances(z: Tensor, w: Tensor) -> Tensor:
    """`B x m x n` squared distances, differentiable where points coincide."""
    square = z.square().sum(-1)[:, :, None] + w.square().sum(-1)[:, None] - 2.0 * z @ w.mT
    return square.clamp_min(0.0)


def _covariances(z: Tensor, w: Tensor, lengthscales: tuple[float, ...]) -> Tensor:
    """`B x E x m x n`: a constant plus Matern-5/2, each of variance one."""
    scales = torch.tensor(lengthscales, dtype=z.dtype)[:, None, None]
    square = _distances(z, w).unsqueeze(1) / scales.square()
    matern = 5.0 * square[:, :_MATERN]
    a = (matern + 1e-18).sqrt()
    rough = 1.0 + (1.0 + a + matern / 3.0) * (-a).exp()
    return torch.cat([rough, 1.0 + (-0.5 * square[:, _MATERN:]).exp()], dim=1)


def _condition(z: Tensor, y: Tensor, lengthscales: tuple[float, ...], noises: tuple[float, ...]) -> Bank:
    n = z.shape[1]
    covariance = _covariances(z, z, lengthscales).unsqueeze(2)
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


def _slopes(bank: Bank) -> Tensor:
    """`B x d` root mean squared slopes of the experts' means at the rows, weighed by evidence and drawn to
    their average where rows are few."""
    z, n = bank.z, bank.z.shape[1]
    scales = torch.tensor(_SCOUT_LENGTHSCALES, dtype=z.dtype)
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
