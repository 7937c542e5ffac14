"""Layers of random features, and networks bundled into one."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.kernels import ReLUFeatures, VarianceWarning
from augury.networks import MLP, SNNKLinear, SNNKSequential, bundle


def points(n, d, seed=0, scale=1.0):
    return scale * torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_a_layer_stands_where_linear_and_activation_stood():
    layer = SNNKLinear(6, 4, 10)
    assert sum(p.numel() for p in layer.parameters()) == 4 * 10
    assert layer(torch.zeros(3, 5, 6)).shape == (3, 5, 4)
    assert layer.weight.dtype == torch.get_default_dtype()
    again = SNNKLinear(6, 4, 10)
    assert torch.equal(layer.weight, again.weight)
    again.load_state_dict(layer.state_dict())


@pytest.mark.parametrize("activation", ["cos", "tanh"])
def test_a_layer_begins_as_the_one_it_is_made_of(activation):
    """As far off as the features say, and less with more of them."""
    X = points(200, 4, scale=0.5)
    linear = MLP(4, (), 3, seed=1)[0]
    with torch.no_grad():
        exact = getattr(torch, activation)(linear(X))
        errors = []
        for count in (256, 8192):
            layer = SNNKLinear.from_linear(linear, activation, count, inputs=X)
            errors.append(float((layer(X) - exact).square().mean().sqrt()))
            predicted = float(layer.features.deviation(X, linear.weight, linear.bias).square().mean().sqrt())
            assert 0.25 * predicted < errors[-1] < 1.5 * predicted
    assert errors[1] < 0.4 * errors[0]


def test_large_weights_are_warned_of():
    linear = MLP(4, (), 3, seed=1)[0]
    with torch.no_grad():
        linear.weight.mul_(10.0)
    with pytest.warns(VarianceWarning, match="predicted standard deviation"):
        SNNKLinear.from_linear(linear, "tanh", 64, inputs=points(50, 4))


def test_a_layer_of_many_inputs_is_warned_of():
    with pytest.warns(VarianceWarning, match="predicted standard deviation"):
        SNNKLinear(64, 8, 16, "tanh")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SNNKLinear(64, 8, 16)
        SNNKLinear(4, 8, 64, "cos")


def test_a_layer_learns():
    X = points(100, 3)
    Y = X[:, :1].abs()
    net = nn.Sequential(SNNKLinear(3, 8, 32, dtype=torch.float64), nn.Linear(8, 1, dtype=torch.float64))
    with torch.no_grad():  # a start that does not depend on the global random state
        net[1].weight.fill_(0.1)
        net[1].bias.zero_()
    optimiser = torch.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(100):
        optimiser.zero_grad()
        loss = (net(X) - Y).square().mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.1 * float(Y.var())


@pytest.mark.parametrize("last", [True, False])
def test_a_bundled_network_of_waves_is_the_network_on_average(last):
    X = points(60, 3, scale=0.3)
    network = MLP(3, (5,), 2, "cos", seed=3)
    if not last:
        network = nn.Sequential(*list(network)[:2])
    estimates = torch.stack([bundle(network, 256, inputs=X, seed=seed)(X) for seed in range(20)])
    error = estimates.mean(0) - network(X)
    assert float(error.abs().max()) < 5.0 * float(estimates.std(0).max()) / 20**0.5
    assert float(estimates.std(0).max()) < 0.1


def test_maps_and_merged_weights_are_those_of_the_layers():
    """Two rectified layers, written out."""
    network = MLP(3, (5, 4), 2, "relu", seed=3)
    bundled = bundle(network, 16, seed=7)
    first, second = bundled.maps
    W, b = network[2].weight @ first.weight_features(network[0].weight, network[0].bias), network[2].bias
    expected = network[4].weight @ second.weight_features(W, b)
    assert torch.allclose(bundled.weight, expected)
    assert torch.allclose(bundled.bias, network[4].bias)
    assert not torch.equal(first.projection[0, :3], second.projection[0, :3])
    assert sum(p.numel() for p in bundled.parameters()) == 2 * 16 + 2


def test_the_closed_form_is_where_the_gradient_vanishes():
    X, Y = points(80, 3), points(80, 2, seed=1)
    bundled = bundle(MLP(3, (5,), 2, "relu"), 24).fit(X, Y, ridge=1e-2)
    with torch.no_grad():
        F = bundled.features(X)
        strength = 1e-2 * (F - F.mean(0)).square().sum(0).mean()
    loss = (bundled(X) - Y).square().sum() + strength * bundled.weight.square().sum()
    gradients = torch.autograd.grad(loss, [bundled.weight, bundled.bias])
    assert max(float(gradient.abs().max()) for gradient in gradients) < 1e-8


def test_what_cannot_be_bundled_is_refused():
    linear = MLP(3, (), 2)[0]
    for network in (nn.Sequential(linear), nn.Sequential(nn.ReLU(), linear), nn.Sequential(linear, linear)):
        with pytest.raises(InvalidInputError, match="bundled"):
            bundle(network, 8)
    features = ReLUFeatures(8, 3)
    with pytest.raises(InvalidInputError, match="weight must be"):
        SNNKSequential([features], torch.zeros(2, 7))
    with pytest.raises(InvalidInputError, match="follows"):
        SNNKSequential([features, features], torch.zeros(2, 8))
    with pytest.raises(InvalidInputError, match="ridge"):
        SNNKSequential([features], torch.zeros(2, 8)).fit(points(5, 3), points(5, 2), ridge=0.0)
    with pytest.raises(InvalidInputError, match="features are of 3"):
        SNNKLinear(4, 2, 8, features=features)
    with pytest.raises(InvalidInputError, match="out_features"):
        SNNKLinear(4, 0, 8)
