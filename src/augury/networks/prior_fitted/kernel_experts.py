"""A bank of simple Gaussian processes of fixed hyperparameters, whose predictions are inputs of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from augury.networks.prior_fitted.joint_points import JointPoints
from augury.networks.prior_fitted.kernel_bank import NOISES, Bank, Grid, conditioned, covariances, slopes
from augury.networks.prior_fitted.opinions import Opinions
from augury.networks.prior_fitted.sampled_experts import SampledExperts

#: The bank from which the relevance of each input is judged.
_SCOUTS = Grid((0.4, 1.5), ())
_SCOUT_NOISES = (1e-4, 1e-1)
_ROUNDS = 2
_LEAST_WEIGHT = 0.01  # of an expert
#: For functions of few inputs.
FUNCTIONS = Grid()
#: For small tables of many inputs, of which thirty rows do not tell which matter: nearly linear functions.
TABLES = Grid((0.4, 1.0, 3.0, 6.0), (0.4, 0.8, 2.0), by_relevance=False)


@dataclass(frozen=True)
class ExpertState:
    """What a bank knows of a data set.

    Args:
        bank: the experts.
        scale: `B x d` factors of the bank's inputs.
        relevance: `B x d` relevance of the inputs, of root mean square 1.
        of_noise: `B x E x F` weights of the noises given the lengthscale.
        weights: `B x E` weights of the lengthscales.
        sampled: further experts with hyperparameters of their own, or None.
    """

    bank: Bank
    scale: Tensor
    relevance: Tensor
    of_noise: Tensor
    weights: Tensor
    sampled: SampledExperts | None = None


@dataclass(frozen=True)
class Advice:
    """What a network is told of `m` points.

    Args:
        opinions: whose mixture it corrects.
        features: `B x m x K` numbers of order one.
    """

    opinions: Opinions
    features: Tensor


@final
class KernelExperts:
    """Gaussian processes on a grid of hyperparameters, weighed by their marginal likelihood.

    Inputs are scaled by their relevance, the root mean squared slope of a first bank's means along each, so
    that one lengthscale serves all. All of that is closed forms, and predictions are differentiable in the
    points. Their sum, a Bayesian model average over the grid, is what a network on top corrects.

    Args:
        grid: of lengthscales.
        sampled: whether `SampledExperts`, with a lengthscale for each input, are drawn from where the grid
            is likeliest; their average is then what is corrected, and the grid a set of features.
    """

    def __init__(self, grid: Grid = FUNCTIONS, sampled: bool = False) -> None:
        self.grid, self.sampled = grid, sampled

    @property
    def num_features(self) -> int:
        """Of `Advice`."""
        experts = len(self.grid.rough) + len(self.grid.smooth)
        return Opinions.width(experts) + (Opinions.width(2) if self.sampled else 0)

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
                scout = conditioned(self.positions(X, relevance), y, _SCOUTS, _SCOUT_NOISES)
                relevance = relevance * slopes(scout, _SCOUTS)
                relevance = relevance / relevance.square().mean(-1, keepdim=True).sqrt()
            scale = relevance if self.grid.by_relevance else torch.ones_like(relevance)
            bank = conditioned(self.positions(X, scale), y, self.grid, NOISES)
            weights = bank.log_evidence.flatten(1).softmax(-1).reshape(bank.log_evidence.shape)
            total = weights.sum(-1)
            of_noise = bank.log_evidence.softmax(-1)
            blunt = (1.0 - _LEAST_WEIGHT * total.shape[-1]) * total + _LEAST_WEIGHT
            if not self.sampled:
                return ExpertState(bank, scale, relevance, of_noise, blunt)
            sampled = SampledExperts.draw(X, y, self._likeliest(bank, scale))
            return ExpertState(bank, scale, sampled.relevance(), of_noise, blunt, sampled)

    @staticmethod
    def positions(X: Tensor, relevance: Tensor) -> Tensor:
        """`B x n x d` inputs times their relevance, in units in which distances do not grow with `d`."""
        scaled: Tensor = X * (relevance / X.shape[-1] ** 0.5).unsqueeze(1)
        return scaled

    def _likeliest(self, bank: Bank, scale: Tensor) -> Tensor:
        """`B x 2 x (d + 1)` hyperparameters (see `Hyperposterior`) of the likeliest expert of each kernel."""
        root, found, first = scale / scale.shape[-1] ** 0.5, [], 0
        for lengthscales in (self.grid.rough, self.grid.smooth):
            evidence = bank.log_evidence[:, first : first + len(lengthscales)].flatten(1)
            best, first = evidence.argmax(dim=1), first + len(lengthscales)
            lengthscale = torch.tensor(lengthscales, dtype=root.dtype)[best // len(NOISES)]
            noise = torch.tensor(NOISES, dtype=root.dtype)[best % len(NOISES)]
            found.append(torch.cat([root / lengthscale.unsqueeze(-1), noise.unsqueeze(-1)], dim=-1).log())
        return torch.stack(found, dim=1)

    def left_out(self, state: ExpertState, y: Tensor) -> Advice:
        """Of each row of the data (standardised outcomes `y`, `B x n`), from the others."""
        bank = state.bank
        precision = bank.root.square().sum(-2)
        mean = y.double()[:, None, None] - bank.alpha / precision
        variance = bank.scale.unsqueeze(-1) / precision
        sampled = None if state.sampled is None else state.sampled.left_out(y.double())
        return _advice(_opinions(mean, variance, state), sampled)

    def predict(self, state: ExpertState, X: Tensor) -> Advice:
        """Of outcomes at `X` (`B x m x d`), differentiable in them."""
        bank = state.bank
        z = self.positions(X.double(), state.scale)
        covariance = covariances(z, bank.z, self.grid).unsqueeze(2)  # B x E x 1 x m x n
        mean = (covariance @ bank.alpha.unsqueeze(-1)).squeeze(-1)
        explained = (bank.root @ covariance.mT).square().sum(-2)
        prior = 2.0 + torch.tensor(NOISES, dtype=torch.float64)[:, None]
        variance = bank.scale.unsqueeze(-1) * (prior - explained).clamp_min(1e-9)
        sampled = None if state.sampled is None else state.sampled.predict(X)
        return _advice(_opinions(mean, variance, state), sampled)

    def joint_covariance(self, state: ExpertState, points: JointPoints) -> Tensor:
        """`B x N x q x q` posterior covariances of noise-free values at points common to the `B` data sets,
        averaged over the experts by their weights, their disagreement included."""
        bank = state.bank
        z = self.positions(points.flat.double().expand(len(bank.z), -1, -1), state.scale)
        cross = covariances(z, bank.z, self.grid).unsqueeze(2)  # B x E x 1 x M x n
        white = points.joined(bank.root @ cross.mT, -1).transpose(-3, -2)  # B x E x F x N x n x q
        z = points.joined(z, 1)
        within = covariances(*2 * (z.flatten(0, 1),), self.grid)  # BN x E x q x q
        within = within.unflatten(0, z.shape[:2]).transpose(1, 2).unsqueeze(2)
        covariance = bank.scale[..., None, None, None] * (within - white.mT @ white)
        mean = points.joined((cross @ bank.alpha.unsqueeze(-1)).squeeze(-1), -1)
        share = (state.weights.unsqueeze(-1) * state.of_noise)[..., None, None]
        apart = mean - (share * mean).sum((1, 2), keepdim=True)
        covariance = covariance + apart.unsqueeze(-1) * apart.unsqueeze(-2)
        return (share.unsqueeze(-1) * covariance).sum((1, 2))

    def noise_variance(self, state: ExpertState) -> Tensor:
        """`B` average noise variances of standardised outcomes."""
        if state.sampled is not None:
            return state.sampled.noise_variance()
        noises = state.bank.scale * torch.tensor(NOISES, dtype=torch.float64)
        return (state.weights * (state.of_noise * noises).sum(-1)).sum(-1)


def _advice(grid: Opinions, sampled: Opinions | None) -> Advice:
    if sampled is None:
        return Advice(grid, grid.features())
    return Advice(sampled, torch.cat([grid.features(), sampled.grouped(2).features()], dim=-1))


def _opinions(mean: Tensor, variance: Tensor, state: ExpertState) -> Opinions:
    """Mix the noises (`B x E x F x m` each)."""
    share = state.of_noise.unsqueeze(-1)
    mixed = (share * mean).sum(2)
    spread = (share * (variance + (mean - mixed.unsqueeze(2)).square())).sum(2)
    return Opinions(mixed.mT, spread.mT, state.weights)
