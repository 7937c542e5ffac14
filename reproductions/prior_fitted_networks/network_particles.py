"""The posterior of random networks, all that the prior draws integrated out, by tempered particles."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Normal

from augury.inference.prior_fitted.network_prior import NetworkPrior
from augury.inference.prior_fitted.noise import LogUniformNoise
from reproductions.prior_fitted_networks.tempering import power_step

_STEPS = 12  # leapfrog steps of a move, at most
_ACCEPTED = 0.75


class State(NamedTuple):
    """Where `C` particles are, and what is known there.

    Args:
        latent: `C x p` standard normal numbers.
        likelihood: `C` log likelihoods.
        slope: `C x p`, of the log likelihoods.
        values: `C x rows` values of the functions.
        noise: `C x 1` deviations of the noise.
    """

    latent: Tensor
    likelihood: Tensor
    slope: Tensor
    values: Tensor
    noise: Tensor


class NetworkParticles:
    """Random networks of one architecture with the deviation of the noise, moved by Hamiltonian Monte Carlo.

    Weights, biases, the scale of the first layer and the level of the noise are moved, as standard normal
    numbers; which weights are zero and whether the noise is the least are not, particles differ in them.

    Args:
        prior: whose architecture, weights, scale and noise are drawn.
        X: `rows x d` inputs, of the context and then of the queries, which standardise a function together.
        y: `n` outcomes of the context.
        count: of particles.
        generator: of what is drawn.
    """

    def __init__(
        self, prior: NetworkPrior, X: Tensor, y: Tensor, count: int, generator: torch.Generator
    ) -> None:
        assert isinstance(prior.noise, LogUniformNoise)
        self.prior, self.law, self.generator = prior, prior.noise, generator
        self.X, self.y = X.float(), y.float()
        drawn = prior.networks(count, X.shape[-1], generator)
        self.networks = replace(drawn, kept=[kept.float() for kept in drawn.kept])
        self.quiet = torch.rand(count, 1, generator=generator) < self.law.quiet
        pieces = [*drawn.weights, *drawn.biases]
        self.shapes = [piece.shape[1:] for piece in pieces]
        flat = [piece.flatten(1).float() for piece in pieces]
        self.state = self._at(torch.cat([*flat, self._normal(count, 2)], dim=1))
        self.step_size = 0.1

    def choose(self, index: Tensor) -> None:
        """Only the particles of these numbers, which may repeat."""
        self.networks = replace(self.networks, kept=[kept[index] for kept in self.networks.kept])
        self.quiet = self.quiet[index]
        self.state = State(*(part[index] for part in self.state))

    def move(self, power: float) -> None:
        """One trajectory towards the prior times a power of the likelihood; adapts the size of its steps."""
        steps = int(torch.randint(_STEPS // 2, _STEPS + 1, (), generator=self.generator))
        momentum, state = self._normal(*self.state.latent.shape), self.state
        start = _energy(state, momentum, power)
        momentum = momentum + 0.5 * self.step_size * _force(state, power)
        for step in range(1, steps + 1):
            state = self._at(state.latent + self.step_size * momentum)
            momentum = momentum + (1.0 if step < steps else 0.5) * self.step_size * _force(state, power)
        chance = (start - _energy(state, momentum, power)).nan_to_num(-1e9).clamp_max(0.0).exp()
        accepted = torch.rand(len(chance), generator=self.generator) < chance
        self.state = State(
            *(
                torch.where(accepted.view(-1, *[1] * (new.dim() - 1)), new, old)
                for new, old in zip(state, self.state, strict=True)
            )
        )
        self.step_size = min(self.step_size * float((chance.mean() - _ACCEPTED).exp()), 0.5)

    def _at(self, latent: Tensor) -> State:
        latent = latent.detach().requires_grad_()
        *pieces, rest = latent.split([shape.numel() for shape in self.shapes] + [2], dim=1)
        parts = [piece.unflatten(1, shape) for piece, shape in zip(pieces, self.shapes, strict=True)]
        uniform = torch.special.ndtr(rest)
        low, high = self.prior.weight_scales
        scale = (low * (high / low) ** uniform[:, 0])[:, None, None]
        level = self.law.low * (self.law.high / self.law.low) ** uniform[:, 1:]
        noise = torch.where(self.quiet, self.law.low, level)
        layers = len(parts) // 2
        networks = replace(self.networks, scale=scale, weights=parts[:layers], biases=parts[layers:])
        values = networks.values(self.X)
        law = Normal(values[:, : len(self.y)], noise, validate_args=False)  # a move may have left the numbers
        likelihood = law.log_prob(self.y).sum(-1)
        (slope,) = torch.autograd.grad(likelihood.sum(), latent)
        return State(*(part.detach() for part in (latent, likelihood, slope, values, noise)))

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator)


def _force(state: State, power: float) -> Tensor:
    return power * state.slope - state.latent


def _energy(state: State, momentum: Tensor, power: float) -> Tensor:
    prior = 0.5 * (state.latent.square() + momentum.square()).sum(-1)
    return prior - power * state.likelihood


class NetworkPosterior:
    """Particles of many architectures, from the prior to the posterior together.

    Each step of the power halves the effective number of all particles, of whichever architecture; those
    that explain the context worse die out.

    Args:
        prior: of the networks.
        X: `rows x d` inputs, of the context and then of the queries.
        y: `n` outcomes of the context.
        kinds: architectures.
        count: particles of each at the start.
        seed: of what is drawn.
    """

    def __init__(
        self, prior: NetworkPrior, X: Tensor, y: Tensor, kinds: int = 48, count: int = 8, seed: int = 0
    ) -> None:
        self.n = len(y)
        self.generator = torch.Generator().manual_seed(seed)
        self.members = [NetworkParticles(prior, X, y, count, self.generator) for _ in range(kinds)]

    def temper(self, moves: int = 3, last: int = 20) -> None:
        """From the prior to the posterior.

        Args:
            moves: after each step of the power.
            last: after the last of them.
        """
        power = 0.0
        while power < 1.0:
            likelihood = torch.cat([member.state.likelihood for member in self.members]).double()
            step = power_step(likelihood, 1.0 - power)
            self._resample((step * likelihood).softmax(0))
            power = 1.0 if step == 1.0 - power else power + step
            for _ in range(moves if power < 1.0 else last):
                self._move(power)

    def score(self, outcomes: Tensor, states: int = 8) -> Tensor:
        """The mean negative log density of outcomes at the queries.

        The density is a mixture over particles, `states` moves of each, every one as wide as the noise and a
        rule of thumb for kernels together; one part in twenty is the normal of the same moments.
        """
        values, noise = [], []
        for _ in range(states):
            self._move(1.0)
            values += [member.state.values[:, self.n :].double() for member in self.members]
            noise += [member.state.noise.double() for member in self.members]
        mean, deviation = torch.cat(values), torch.cat(noise)
        spread = mean.std(0)
        quartiles = mean.quantile(torch.tensor([0.25, 0.75], dtype=mean.dtype), dim=0)
        kernel = 0.9 * torch.minimum(spread, (quartiles[1] - quartiles[0]) / 1.34) * len(mean) ** -0.2
        mixture = Normal(mean, (kernel.square() + deviation.square()).sqrt()).log_prob(outcomes)
        mixed = mixture.logsumexp(0) - log(len(mean))
        moments = Normal(mean.mean(0), (spread.square() + deviation.square().mean(0)).sqrt())
        return -torch.logaddexp(mixed + log(0.95), moments.log_prob(outcomes) + log(0.05)).mean()

    def _move(self, power: float) -> None:
        for member in self.members:
            member.move(power)

    def _resample(self, share: Tensor) -> None:
        """Draw as many particles anew, evenly (systematic resampling)."""
        count = len(share)
        at = (torch.arange(count) + torch.rand((), dtype=share.dtype, generator=self.generator)) / count
        chosen = torch.searchsorted(share.cumsum(0), at).clamp_max(count - 1)
        first, left = 0, []
        for member in self.members:
            last = first + len(member.state.latent)
            mine = chosen[(chosen >= first) & (chosen < last)] - first
            if len(mine):
                member.choose(mine)
                left.append(member)
            first = last
        self.members = left
