"""Tempered particles of random networks against importance sampling from the prior."""

from __future__ import annotations

import torch
from reproductions.prior_fitted_networks.network_particles import NetworkPosterior
from torch.distributions import Normal

from augury.inference.prior_fitted.network_prior import NetworkPrior
from augury.inference.prior_fitted.noise import LogUniformNoise

PRIOR = NetworkPrior(depths=(1, 2), widths=(8, 12), noise=LogUniformNoise(low=0.2, outliers=0.0))
OUTCOMES = torch.tensor([0.8, -0.6, 0.3, 0.5], dtype=torch.float64)


def weighted_draws(X: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of the values behind the context, under the posterior, from 20,000 prior draws."""
    generator = torch.Generator().manual_seed(0)
    weights, values = [], []
    for _ in range(200):
        drawn = PRIOR.networks(100, X.shape[-1], generator).values(X)
        noise = PRIOR.noise(100, 1, generator)
        weights.append(Normal(drawn[:, :4], noise).log_prob(OUTCOMES).sum(1))
        values.append(drawn[:, 4:])
    share = torch.cat(weights).softmax(0).unsqueeze(-1)
    mean = (share * torch.cat(values)).sum(0)
    return mean, ((share * torch.cat(values).square()).sum(0) - mean.square()).sqrt()


def test_particles_have_the_moments_of_weighted_prior_draws() -> None:
    X = torch.rand(8, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    mean, deviation = weighted_draws(X)
    posterior = NetworkPosterior(PRIOR, X, OUTCOMES, kinds=24, count=16)
    posterior.temper(moves=2, last=5)
    values = torch.cat([member.state.values[:, 4:] for member in posterior.members])
    assert mean.abs().max() > 0.5  # the prior's is 0
    assert (values.mean(0) - mean).abs().max() < 0.15
    assert (values.std(0) / deviation - 1.0).abs().max() < 0.15


def test_a_score_is_the_density_of_outcomes_at_the_queries() -> None:
    X = torch.rand(8, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    posterior = NetworkPosterior(PRIOR, X, OUTCOMES, kinds=6, count=8)
    posterior.temper(moves=1, last=1)
    values = torch.cat([member.state.values[:, 4:] for member in posterior.members]).mean(0).double()
    assert posterior.score(values, states=2) < posterior.score(values + 1.0, states=2) - 0.1
