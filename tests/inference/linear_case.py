"""Bayesian linear regression, in which the posterior is known exactly."""

from __future__ import annotations

import torch

from augury.inference import GaussianWeightPrior, NetworkDensity
from augury.networks import MLP, StackedNetwork

VARIANCE, NOISE = 1.5, 0.3


def linear_density(n=40, d=2, seed=0, noise=NOISE):
    """A network without hidden layer, and its data."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(n, d, dtype=torch.float64, generator=generator)
    Y = X.sum(dim=1, keepdim=True) + 0.5 + torch.randn(n, 1, dtype=torch.float64, generator=generator)
    network = StackedNetwork(MLP(d, ()))
    prior = GaussianWeightPrior(network, VARIANCE, scaled=False)
    return NetworkDensity(network, prior, X, Y, noise)


def exact_posterior(density, prior_precision=1.0 / VARIANCE, noise=NOISE):
    """Mean (`P`) and covariance (`P x P`) of the weights; the bias comes last."""
    design = torch.cat([density.X, torch.ones(len(density.X), 1, dtype=torch.float64)], dim=1)
    precision = design.T @ design / noise + prior_precision * torch.eye(design.shape[1], dtype=torch.float64)
    covariance = precision.inverse()
    return (covariance @ design.T @ density.Y / noise).squeeze(-1), covariance
