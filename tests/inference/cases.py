"""Densities whose moments are known, and small networks."""

from __future__ import annotations

import numpy as np
import torch

from augury.inference.evaluator import TorchEvaluator
from augury.inference.network_density import NetworkDensity
from augury.inference.weight_prior import GaussianWeightPrior
from augury.networks import MLP, StackedNetwork


class Gaussian:
    """A correlated normal distribution whose coordinates differ in size a hundredfold."""

    def __init__(self):
        self.mean = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
        size = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)
        correlation = torch.tensor([[1.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 1.0]], dtype=torch.float64)
        self.covariance = correlation * size * size[:, None]
        self._precision = self.covariance.inverse()
        self.scale = size

    def value_gradient(self, theta):
        difference = theta - self.mean
        pull = difference @ self._precision
        return -0.5 * (pull * difference).sum(dim=1), -pull

    def initial(self, C, generator):
        return torch.randn(C, len(self.mean), dtype=torch.float64, generator=generator) * self.scale

    def evaluator(self, C):
        return TorchEvaluator(self)


class Banana:
    """`x ~ N(0, 1)`, `y | x ~ N(x^2 / 2, 1/4)`: means 0 and 1/2, variances 1 and 3/4."""

    scale = torch.ones(2, dtype=torch.float64)

    def value_gradient(self, theta):
        x, y = theta[:, 0], theta[:, 1]
        bend = y - 0.5 * x**2
        value = -0.5 * x**2 - 2.0 * bend**2
        return value, torch.stack([-x + 4.0 * bend * x, -4.0 * bend], dim=1)

    def initial(self, C, generator):
        return torch.randn(C, 2, dtype=torch.float64, generator=generator)

    def evaluator(self, C):
        return TorchEvaluator(self)


def network_density(hidden=(4, 3), outputs=1, known=False, n=9, d=2, seed=0, activation="tanh", variance=2.0):
    """A small network with random data."""
    generator = torch.Generator().manual_seed(seed)
    network = StackedNetwork(MLP(d, hidden, outputs, activation))
    X = torch.randn(n, d, dtype=torch.float64, generator=generator)
    Y = torch.sin(X.sum(dim=1, keepdim=True) + torch.arange(outputs))
    Y = Y + 0.1 * torch.randn(n, outputs, dtype=torch.float64, generator=generator)
    noise = 0.02 + 0.1 * torch.rand(n, outputs, dtype=torch.float64, generator=generator) if known else None
    return NetworkDensity(network, GaussianWeightPrior(network, variance), X, Y, noise)


def positions(density, C=3, seed=0):
    """`C x dim` points that are typical of the prior."""
    generator = torch.Generator().manual_seed(seed)
    theta = density.initial(C, generator)
    theta[:, : density.num_weights] = density.prior.sample(C, generator)
    return theta


def central_differences(value, position, step=1e-6):
    """`C x dim` slopes of a batched function of `C x dim` arrays."""
    shifts = step * np.eye(position.shape[1])
    return np.stack([(value(position + e) - value(position - e)) / (2 * step) for e in shifts], axis=1)
