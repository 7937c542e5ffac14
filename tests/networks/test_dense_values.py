"""Outputs of many dense networks at given inputs, and their slopes there."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from augury.networks import dense_values
from augury.networks.mlp import MLP
from augury.networks.stacked import StackedNetwork


def networks(activation="tanh", outputs=1):
    network = StackedNetwork(MLP(3, (6, 5), outputs, activation=activation))
    generator = torch.Generator().manual_seed(0)
    theta = torch.randn(7, network.num_parameters, dtype=torch.float64, generator=generator)
    return network, theta, torch.randn(4, 3, dtype=torch.float64, generator=generator)


def by_torch(network, theta, X):
    def call(parameters):
        return functional_call(network.module, parameters, (X,))

    return vmap(call)(network.unflatten(theta))


@pytest.mark.parametrize("in_cache", [1, 60, 1 << 15])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_values_and_slopes_are_those_of_the_modules(activation, in_cache, monkeypatch):
    monkeypatch.setattr(dense_values, "_IN_CACHE", in_cache)
    network, theta, X = networks(activation)
    X = X[[0, 1, 1, 2, 3, 1]].requires_grad_(True)  # repeated rows have gradients of their own
    weights = torch.randn(7, 6, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    ours, theirs = network(theta, X), by_torch(network, theta, X)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    gradients = [torch.autograd.grad((values * weights).sum(), X)[0] for values in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=1e-11, atol=1e-11)
    with torch.no_grad():
        torch.testing.assert_close(network(theta, X), theirs, rtol=1e-12, atol=1e-12)


def test_several_outputs_and_parameters_are_differentiated_as_well():
    network, theta, X = networks(outputs=2)
    theta, X = theta.requires_grad_(True), X.requires_grad_(True)
    gradients = [
        torch.autograd.grad(values.square().sum(), (theta, X))
        for values in (network(theta, X), by_torch(network, theta, X))
    ]
    torch.testing.assert_close(*gradients)
    ours, theirs = (
        torch.autograd.grad(f.square().sum(), X)[0]
        for f in (network(theta.detach(), X), by_torch(network, theta, X))
    )
    torch.testing.assert_close(ours, theirs)


def test_no_inputs_have_no_values():
    network, theta, X = networks()
    assert network(theta, X[:0]).shape == (7, 0, 1)


def test_bare_layers_are_networks_too():
    network = StackedNetwork(nn.Sequential(nn.Linear(3, 1, bias=False)).double())
    theta = torch.ones(2, 3, dtype=torch.float64)
    assert torch.equal(network(theta, torch.eye(3, dtype=torch.float64)), torch.ones(2, 3, 1).double())
