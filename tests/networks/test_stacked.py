"""Many networks at once: each like the module with its parameters, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from augury.errors import InvalidInputError
from augury.networks import MLP, StackedNetwork
from augury.networks.dense_gradient import TanhStackGradient

MODULES = {
    **{
        name: MLP(3, (5, 4), 2, name)
        for name in ("tanh", "relu", "sigmoid", "silu", "gelu", "softplus", "erf", "sin", "linear")
    },
    "no hidden layer": MLP(3, (), 2),
    "no biases": MLP(3, (5,), 2, bias=False),
    "convolution": nn.Sequential(
        nn.Unflatten(1, (1, 3)), nn.Conv1d(1, 4, 2), nn.Tanh(), nn.Flatten(), nn.Linear(8, 2)
    ).double(),
    "normalised": nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Tanh(), nn.Linear(4, 2)).double(),
}


def members(name, S=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    network = StackedNetwork(MODULES[name])
    X = torch.randn(6, 3, dtype=torch.float64, generator=generator)
    return network, 1.5 * network.initial(S, generator), X


def one_by_one(network, theta, X):
    parts = network.unflatten(theta)
    members = [{name: value[index] for name, value in parts.items()} for index in range(len(theta))]
    return torch.stack([functional_call(network.module, member, (X,)) for member in members])


@pytest.mark.parametrize("name", MODULES)
def test_each_member_is_the_module_with_its_parameters(name):
    network, theta, X = members(name)
    torch.testing.assert_close(network(theta, X), one_by_one(network, theta, X))
    own = torch.stack([X, 2 * X, 3 * X])
    expected = torch.stack([one_by_one(network, theta[i : i + 1], own[i])[0] for i in range(3)])
    torch.testing.assert_close(network(theta, own, per_member=True), expected)


@pytest.mark.parametrize("name", MODULES)
def test_the_pullback_is_the_gradient(name):
    network, theta, X = members(name)
    value, pullback = network.value_pullback(theta, X)
    torch.testing.assert_close(value, network(theta, X))
    weights = torch.randn(value.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    leaf = theta.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad((one_by_one(network, leaf, X) * weights).sum(), leaf)
    torch.testing.assert_close(pullback(weights), expected)


@pytest.mark.parametrize("name", ["tanh", "no hidden layer", "no biases"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_kept_buffers_give_the_same_values_and_gradients(name, dtype, tolerance):
    network, theta, X = members(name)
    stack = TanhStackGradient(network.dense.layers, X.numpy(), 3, dtype)
    for scale in (1.0, 0.5):  # the buffers are used again
        value, pullback = network.value_pullback(scale * theta, X)
        outputs = stack.outputs(scale * theta.numpy())
        np.testing.assert_allclose(outputs, value.mT.numpy(), atol=tolerance)
        expected = pullback(torch.sin(value)).numpy()
        np.testing.assert_allclose(stack.pullback(np.sin(outputs)), expected, atol=10 * tolerance)


def test_predictions_are_differentiable_in_the_inputs():
    network, theta, X = members("tanh")
    torch.autograd.gradcheck(lambda inputs: network(theta, inputs), X.requires_grad_(True))


def test_parameters_come_back_by_name():
    network, module = StackedNetwork(MODULES["convolution"]), MODULES["convolution"]
    assert [part.name for part in network.slices] == [name for name, _ in module.named_parameters()]
    assert [part.fan_in for part in network.slices] == [2, 2, 8, 8]
    assert [part.is_bias for part in network.slices] == [False, True, False, True]
    flat = network.flatten(module)
    for name, value in network.unflatten(flat.unsqueeze(0)).items():
        assert torch.equal(value[0], module.get_parameter(name))


def test_starting_points_differ_and_follow_the_seed():
    network = StackedNetwork(MODULES["normalised"])
    first, again = (network.initial(2, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[1])
    assert bool((network.unflatten(first)["1.weight"] == 1.0).all())


def test_impossible_networks_are_refused():
    with pytest.raises(InvalidInputError, match="width"):
        MLP(3, (0,))
    with pytest.raises(InvalidInputError, match="activation"):
        MLP(3, activation="tan")
    with pytest.raises(InvalidInputError, match="no parameters"):
        StackedNetwork(nn.Tanh())


def test_networks_are_made_without_the_global_random_state():
    before = torch.get_rng_state()
    first, second = MLP(3, seed=1), MLP(3, seed=2)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(first[0].weight, second[0].weight)
