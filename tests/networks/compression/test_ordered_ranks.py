"""Ordered ranks: what sampling recovers, the penalty, and compression to a budget."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import (
    MLP,
    RankSampler,
    compress_to,
    factorize,
    group_lasso,
    importances,
    materialize,
    parameter_count,
    shrink,
)
from augury.networks.compression.factorize import factorized_layers


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def trained(A, X, lr, steps=2000):
    """A linear map to `A x` learnt from a random start by sampled ranks."""
    layer = nn.Linear(A.shape[1], A.shape[0], bias=False).double()
    nn.init.normal_(layer.weight, std=0.1, generator=torch.Generator().manual_seed(5))
    network = factorize(layer)
    optimiser = torch.optim.SGD(network.parameters(), lr)
    sampler = RankSampler(network)
    for _ in range(steps):
        optimiser.zero_grad()
        with sampler.draw():
            ((network(X) - X @ A.T) ** 2).mean().backward()
        optimiser.step()
    return network


def test_sampling_recovers_the_singular_values():
    A = randn(9, 3) @ randn(3, 6, seed=1)
    network = trained(A, torch.eye(6, dtype=torch.float64), 0.5)
    found = importances(network)[""]
    values = torch.linalg.svdvals(A)
    assert torch.allclose(found[:3], values[:3], rtol=0.03)
    assert found[3:].max() < 0.15
    U, S, Vh = torch.linalg.svd(A, full_matrices=False)
    for rank in (1, 2, 3):
        network.rank = rank
        best = (U[:, :rank] * S[:rank]) @ Vh[:rank]
        assert float((network.product() - best).square().sum().detach()) < 0.01


def test_the_order_follows_the_data_where_that_is_not_isotropic():
    A = torch.diag(torch.tensor([3.0, 2.0, 1.0])).double()
    X = torch.diag(torch.tensor([0.2, 1.0, 3.0])).double()  # contributions 0.6, 2 and 3: reversed
    network = trained(A, X, 0.1)
    network.rank = 1
    first = network.product().detach()
    assert int(first.abs().flatten().argmax()) == 8
    assert torch.allclose(first[2, 2], torch.tensor(1.0).double(), atol=0.05)


def test_single_sampling_walks_through_every_pair_once():
    network = factorize(MLP(2, (3,), 4))
    layers = list(factorized_layers(network).values())
    sampler = RankSampler(network, seed=1)
    drawn = []
    for _ in range(5):
        with sampler.draw():
            drawn += [(i, layer.sampled) for i, layer in enumerate(layers) if layer.sampled is not None]
    assert sorted(drawn) == [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)]
    assert all(layer.sampled is None for layer in layers)
    layers[1].rank = 1
    for _ in range(30):
        with sampler.draw():
            assert layers[1].sampled in (None, 1)


def test_independent_sampling_draws_for_each_layer():
    network = factorize(MLP(2, (3,), 4))
    sampler = RankSampler(network, "independent")
    drawn = set()
    for _ in range(60):
        with sampler.draw():
            drawn.add(tuple(layer.sampled for layer in factorized_layers(network).values()))
    assert drawn == {(a, b) for a in (1, 2) for b in (1, 2, 3)}
    with pytest.raises(InvalidInputError, match="scheme"):
        RankSampler(network, "fixed")


def test_the_penalty_is_its_formula_and_has_gradients_at_zero():
    network = factorize(MLP(2, (3,), 4))
    hierarchical = single = 0.0
    for layer in factorized_layers(network).values():
        for columns in (layer.left, layer.right.T):
            hierarchical += sum(columns[:, b:].norm() for b in range(layer.rank))
            single += columns.norm(dim=0).sum()
    assert torch.allclose(group_lasso(network), hierarchical)
    assert torch.allclose(group_lasso(network, hierarchical=False), single)
    with torch.no_grad():
        network[0].left.zero_()
    group_lasso(network).backward()
    assert torch.isfinite(network[0].left.grad).all()


def test_the_penalty_empties_the_ranks_that_are_not_needed():
    A = randn(8, 2) @ randn(2, 8, seed=1) / 3
    layer = nn.Linear(8, 8, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(A + 0.05 * randn(8, 8, seed=2))
    network = factorize(layer)
    optimiser = torch.optim.SGD(network.parameters(), 0.05)
    X = torch.eye(8, dtype=torch.float64)
    for _ in range(600):
        optimiser.zero_grad()
        (((network(X) - X @ A.T) ** 2).sum() + 2e-2 * group_lasso(network)).backward()
        optimiser.step()
    assert shrink(network, 1e-2) == {"": 2}
    assert torch.linalg.matrix_rank(materialize(network)[1].weight) == 2


def test_shrink_keeps_a_beginning_and_at_least_one_rank():
    network = factorize(nn.Linear(4, 4).double())
    with torch.no_grad():
        network.left.copy_(torch.eye(4))
        network.right.copy_(torch.diag(torch.tensor([1.0, 1e-9, 1e-3, 1e-9])))
    assert shrink(network, 1e-4) == {"": 3}
    assert len(importances(network)[""]) == 3
    assert shrink(network, 1e9) == {"": 1}


@pytest.fixture(scope="module")
def taught():
    """A network that has learnt a function of two of its inputs, and its data."""
    network = MLP(6, (16, 16), 1, seed=2)
    X = randn(128, 6)
    y = torch.sin(X[:, :1]) + X[:, 1:2]
    product = factorize(network)
    optimiser = torch.optim.Adam(product.parameters(), 1e-2)
    sampler = RankSampler(product)
    for _ in range(300):
        optimiser.zero_grad()
        with sampler.draw():
            (product(X) - y).square().mean().backward()
        optimiser.step()
    return product, lambda network: (network(X) - y).square().mean()


def test_compression_keeps_to_the_budget_and_the_loss_falls_with_it(taught):
    network, loss = taught
    full = parameter_count(network)
    assert full == sum(p.numel() for p in materialize(network).parameters())
    losses = []
    for budget in (full, full // 2, full // 3):
        small = compress_to(network, budget, loss)
        assert sum(p.numel() for p in small.parameters()) <= budget
        losses.append(loss(small).item())
    assert losses[0] == pytest.approx(loss(network).item(), rel=1e-9)
    assert losses[0] <= losses[1] * 1.05 <= losses[2] * 1.1
    assert losses[1] < 2.0 * losses[0] + 0.02
    assert parameter_count(network) == full  # not changed


def test_a_budget_that_cannot_be_met_is_refused(taught):
    network, loss = taught
    with pytest.raises(InvalidInputError, match="at rank 1 everywhere the network has 103 parameters"):
        compress_to(network, 102, loss)
    assert sum(p.numel() for p in compress_to(network, 103, loss).parameters()) == 103
    with pytest.raises(InvalidInputError, match="block"):
        compress_to(network, 200, loss, block=0.0)
