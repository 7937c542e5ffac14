"""Critical initialisation: variances of weights, and signals that survive depth."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError, NotSupportedError
from augury.kernels.criticality import critical_point
from augury.networks import critical_init_


def generator():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Linear(300, 400), 300),
        (nn.Conv1d(40, 100, 5), 200),
        (nn.Conv2d(20, 200, 3), 180),
        (nn.Conv2d(20, 400, 3, groups=2), 90),
    ],
)
def test_variances_are_those_of_the_critical_point(layer, fan_in):
    point = critical_point("gelu", 0.5)
    critical_init_(layer, "gelu", residual=0.5, generator=generator())
    assert float(layer.weight.detach().var()) * fan_in == pytest.approx(point.weight_var, rel=0.05)
    assert float(layer.bias.detach().var()) == pytest.approx(point.bias_var, rel=0.4)


@pytest.mark.parametrize(("activation", "module"), [("relu", nn.ReLU), ("gelu", nn.GELU), ("silu", nn.SiLU)])
def test_signals_and_gradients_survive_fifty_layers(activation, module):
    layers = [part for _ in range(50) for part in (nn.Linear(200, 200), module())]
    network = nn.Sequential(*layers).double()
    X = torch.randn(20, 200, dtype=torch.float64, generator=generator()).requires_grad_(True)

    def sizes():
        outputs = network(X)
        weights = torch.randn(outputs.shape, dtype=torch.float64, generator=generator())
        (gradient,) = torch.autograd.grad(outputs, X, weights)
        return float(outputs.detach().square().mean()), float(gradient.square().mean())

    assert max(sizes()) < 1e-1  # PyTorch's own initialisation: gradients vanish
    assert sizes()[1] < 1e-10
    assert critical_init_(network, activation, generator=generator()) is network
    assert all(0.02 < size < 50.0 for size in sizes())


def test_it_is_deterministic_and_leaves_other_layers_alone():
    network = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 1))
    state = torch.get_rng_state()
    first = critical_init_(network, "tanh", generator=generator())[3].weight.clone()
    second = critical_init_(network, torch.tanh, generator=generator())[3].weight
    assert torch.equal(first, second)
    assert torch.equal(network[1].weight, torch.ones(8))
    assert not network[0].bias.any()  # tanh is critical without biases
    assert torch.equal(state, torch.get_rng_state())


def test_what_cannot_be_initialised_is_refused():
    with pytest.raises(InvalidInputError, match="no Linear or Conv layer"):
        critical_init_(nn.ReLU(), "relu")
    with pytest.raises(InvalidInputError, match="no shape yet"):
        critical_init_(nn.Sequential(nn.LazyLinear(3)), "relu")
    with pytest.raises(NotSupportedError):
        critical_init_(nn.Linear(2, 2), "sigmoid")
