"""Likelihoods of sparse Gaussian processes, by their expectation under normal marginals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import log, pi
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from augury.inference.sparse.rows import Batch
from augury.numerics.quasi_random import quasi_normal

#: The least noise variance of standardised outcomes.
_NOISE_FLOOR = 1e-6
#: `sigma^2` is log-normal, as for the exact Gaussian process.
_NOISE_LOCATION, _NOISE_SCALE = -6.0, 3.0
_FIRST_NOISE = 0.05


class Likelihood(nn.Module, ABC):
    """The law of outcomes given the values of the latent functions."""

    is_gaussian: ClassVar[bool]

    @abstractmethod
    def expected(self, mean: Tensor, variance: Tensor, batch: Batch, *, seed: int = 0) -> Tensor:
        """The sum over rows of `E[log p(y | f)]`, `f ~ N(mean, variance)`, `b x C` each."""

    @abstractmethod
    def log_density(self, mean: Tensor, variance: Tensor, batch: Batch) -> Tensor:
        """`b` numbers `log E[p(y | f)]`, `f ~ N(mean, variance)`, `b x C` each."""

    def log_prior(self) -> Tensor:
        """The log prior density of the likelihood's own parameters."""
        return torch.zeros((), dtype=torch.float64)


@final
class GaussianNoise(Likelihood):
    r"""`y_c = f_c + e`, `e ~ N(0, \sigma_c^2 / w)` with the weight `w` of the row.

    Args:
        num_outcomes: `m`.
        known: whether the weights tell all: the variance is `1 / w`.
    """

    is_gaussian = True

    def __init__(self, num_outcomes: int, *, known: bool = False) -> None:
        super().__init__()
        self.known = known
        first = torch.full((num_outcomes,), 0.0 if known else log(_FIRST_NOISE - _NOISE_FLOOR)).double()
        self.raw_noise = nn.Parameter(first, requires_grad=not known)

    @property
    def noise(self) -> Tensor:
        """`m` variances at weight one."""
        return torch.ones_like(self.raw_noise) if self.known else _NOISE_FLOOR + self.raw_noise.exp()

    def expected(self, mean: Tensor, variance: Tensor, batch: Batch, *, seed: int = 0) -> Tensor:
        """See `Likelihood.expected`; in closed form."""
        precision = batch.weight / self.noise
        misfit = precision * ((batch.Y - mean).square() + variance)
        return -0.5 * (misfit + log(2.0 * pi) - precision.log()).sum()

    def log_density(self, mean: Tensor, variance: Tensor, batch: Batch) -> Tensor:
        """See `Likelihood.log_density`; of all outcomes of a row together."""
        variance = variance + self.noise / batch.weight
        terms = (batch.Y - mean).square() / variance + variance.log() + log(2.0 * pi)
        return -0.5 * terms.sum(dim=-1)

    def log_prior(self) -> Tensor:
        """The log-normal density of each noise variance."""
        if self.known:
            return super().log_prior()
        u = self.noise.log()
        return (-0.5 * ((u - _NOISE_LOCATION) / _NOISE_SCALE).square() - u).sum()


@final
class Softmax(Likelihood):
    """Class probabilities proportional to `exp(f_c)`; the expectation by quasi-Monte Carlo.

    Args:
        num_classes: `C`.
        num_draws: of each expectation; all rows share them.
    """

    is_gaussian = False

    def __init__(self, num_classes: int, num_draws: int = 16) -> None:
        super().__init__()
        self.num_classes, self.num_draws = num_classes, num_draws

    def expected(self, mean: Tensor, variance: Tensor, batch: Batch, *, seed: int = 0) -> Tensor:
        """See `Likelihood.expected`."""
        draws = torch.from_numpy(quasi_normal(self.num_draws, self.num_classes, seed))
        draws = torch.cat([draws, -draws])
        values = mean + variance.clamp_min(1e-12).sqrt() * draws.unsqueeze(1)
        chosen = values.log_softmax(dim=-1).gather(-1, batch.Y.expand(len(draws), -1).unsqueeze(-1))
        return chosen.sum() / len(draws)

    def log_density(self, mean: Tensor, variance: Tensor, batch: Batch) -> Tensor:
        """See `Likelihood.log_density`."""
        chosen = self.probabilities(mean, variance).gather(-1, batch.Y.unsqueeze(-1)).squeeze(-1)
        return chosen.clamp_min(torch.finfo(chosen.dtype).tiny).log()

    def probabilities(self, mean: Tensor, variance: Tensor, num_draws: int = 512, seed: int = 0) -> Tensor:
        """`b x C` class probabilities, averaged over the latent values."""
        draws = torch.from_numpy(quasi_normal(num_draws, self.num_classes, seed))
        parts = [
            (m + s.sqrt() * draws.unsqueeze(1)).softmax(dim=-1).mean(dim=0)
            for m, s in zip(mean.split(256), variance.clamp_min(0.0).split(256), strict=True)
        ]
        return torch.cat(parts)
