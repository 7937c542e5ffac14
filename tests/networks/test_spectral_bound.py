"""The bound of the spectral norm."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import MLP, bound_spectral_norm_


def norms(network):
    return [
        float(torch.linalg.matrix_norm(layer.weight.detach(), 2))
        for layer in network
        if hasattr(layer, "weight")
    ]


def test_large_weights_are_shrunk_and_small_ones_left_alone():
    network = MLP(3, (10, 10), 2)
    with torch.no_grad():
        network[2].weight.mul_(20.0)
    before = norms(network)
    assert bound_spectral_norm_(network, 0.8) is network
    after = norms(network)
    assert after == pytest.approx([min(norm, 0.8) for norm in before], rel=1e-12)
    assert before[2] < 0.8 < before[1]  # both cases occur


def test_it_is_differentiable_and_can_be_copied():
    layer = bound_spectral_norm_(nn.Linear(3, 4).double(), 0.1)
    original = layer.parametrizations.weight.original

    def outputs(weight):
        return torch.func.functional_call(
            layer, {"parametrizations.weight.original": weight}, (torch.ones(2, 3, dtype=torch.float64),)
        )

    assert torch.autograd.gradcheck(outputs, original)
    other = copy.deepcopy(layer)
    assert torch.equal(other.weight, layer.weight)


def test_a_convolution_is_bounded_as_a_matrix():
    layer = bound_spectral_norm_(nn.Conv2d(3, 4, 3).double(), 0.1)
    assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(0.1)


def test_a_bound_that_is_none_is_refused():
    with pytest.raises(InvalidInputError, match="positive"):
        bound_spectral_norm_(nn.Linear(2, 2), 0.0)
