"""Factorised networks have the function of the network they come from, and go back to plain layers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError, NotSupportedError
from augury.networks import (
    MLP,
    SGConvEncoder,
    SoftmaxFreeAttention,
    SoftmaxFreeEncoder,
    factorize,
    materialize,
    shrink,
)
from augury.networks.compression.factorize import factorized_layers
from augury.networks.compression.factorized import FactorizedLayer
from augury.networks.compression.separate_attention import SeparateAttention


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def convolutional():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 5, (3, 1), padding="same", dilation=2),
        nn.Flatten(2),
        nn.Conv1d(5, 4, 3),
        nn.Flatten(),
        nn.LazyLinear(3),
    ).double()


@pytest.fixture
def network():
    network = convolutional().eval()
    network(randn(1, 2, 8, 8))
    return network


def test_the_function_is_unchanged_and_the_network_too(network):
    X = randn(4, 2, 8, 8)
    before = copy.deepcopy(network.state_dict())
    product = factorize(network)
    assert len(factorized_layers(product)) == 4
    assert torch.allclose(product(X), network(X), atol=1e-12)
    back = materialize(product)
    assert torch.allclose(back(X), network(X), atol=1e-12)
    assert [type(layer) for layer in back] == [type(layer) for layer in network]  # no pair saves anything
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_fewer_ranks_are_the_truncated_decomposition(network):
    X = randn(4, 2, 8, 8)
    product = factorize(network)
    for layer, original in zip(product, network, strict=True):
        if isinstance(layer, FactorizedLayer):
            layer.rank = 1
            U, S, Vh = torch.linalg.svd(original.weight.detach().flatten(1))
            best = (S[0] * U[:, :1] @ Vh[:1]).reshape(original.weight.shape)
            assert torch.allclose(layer.product(), best, atol=1e-12)
            with torch.no_grad():
                original.weight.copy_(best)
    assert torch.allclose(product(X), network(X), atol=1e-12)
    plain = materialize(product)
    assert torch.allclose(plain(X), network(X), atol=1e-12)
    assert not any(isinstance(layer, FactorizedLayer) for layer in plain.modules())
    assert isinstance(plain[0], nn.Sequential)
    counts = [sum(p.numel() for p in module.parameters()) for module in (plain, product)]
    assert counts[0] < counts[1]


def test_the_rank_is_part_of_the_state():
    product = factorize(MLP(4, (8,), 2))
    ranks = shrink(product, 1e9)
    assert set(ranks.values()) == {1}
    other = factorize(MLP(4, (8,), 2, seed=1))
    other.load_state_dict(product.state_dict())
    X = randn(3, 4)
    assert torch.equal(other(X), product(X))


def test_what_is_skipped_stays():
    product = factorize(MLP(4, (8,), 2), skip=["0"])
    assert type(product[0]) is nn.Linear
    with pytest.raises(InvalidInputError, match="no layer of the network: 7"):
        factorize(MLP(4), skip=["7"])
    with pytest.raises(InvalidInputError, match="no linear"):
        factorize(nn.Sequential(nn.ReLU()))
    with pytest.raises(InvalidInputError, match="call factorize"):
        materialize(MLP(4))


def test_groups_and_shared_weights_are_left_whole_with_a_warning():
    network = nn.Sequential(
        nn.Conv1d(4, 4, 3, groups=4), nn.Conv1d(4, 4, 3), nn.Linear(3, 3), nn.Linear(3, 3)
    )
    network[3].weight = network[2].weight
    with pytest.warns(UserWarning, match="left whole.*: 0, 2, 3"):
        product = factorize(network)
    assert list(factorized_layers(product)) == ["1"]


def test_a_layer_alone_is_factorised():
    layer = nn.Linear(5, 4).double()
    X = randn(3, 5)
    assert torch.allclose(factorize(layer)(X), layer(X), atol=1e-12)
    assert type(materialize(factorize(layer))) is nn.Linear


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"bias": False}, {"kdim": 3, "vdim": 5}])
def test_separated_attention_is_torchs(options):
    packed = nn.MultiheadAttention(8, 2, **options).double().eval()
    separate = SeparateAttention(packed).eval()
    first, second = (2, 6) if packed.batch_first else (6, 2)
    query, key, value = (randn(first, second, n, seed=n) for n in (8, packed.kdim, packed.vdim))
    padding = torch.zeros(2, 6, dtype=torch.bool)
    padding[1, 4:] = True
    causal = torch.ones(6, 6, dtype=torch.bool).triu(1)
    for masks in ({}, {"key_padding_mask": padding}, {"key_padding_mask": padding, "attn_mask": causal}):
        for flags in ({}, {"average_attn_weights": False}, {"need_weights": False}):
            ours, theirs = (layer(query, key, value, **masks, **flags) for layer in (separate, packed))
            assert torch.allclose(ours[0], theirs[0], atol=1e-12)
            assert (ours[1] is None) == (theirs[1] is None)
            assert ours[1] is None or torch.allclose(ours[1], theirs[1], atol=1e-12)
    mask = randn(4, 6, 6, seed=9)
    assert torch.allclose(*(layer(query, key, value, attn_mask=mask)[0] for layer in (separate, packed)))
    one = [part.select(0 if packed.batch_first else 1, 0) for part in (query, key, value)]
    assert torch.allclose(separate(*one)[0], packed(*one)[0], atol=1e-12)


def test_a_transformer_is_factorised_in_all_its_projections():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dtype=torch.float64)
    network = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    X = randn(3, 5, 8)
    product = factorize(network)
    assert len(factorized_layers(product)) == 12  # four projections and two dense layers, twice
    for result in (product, materialize(product)):
        assert torch.allclose(result(X), network(X), atol=1e-10)


def test_attention_with_further_keys_is_refused():
    with pytest.raises(NotSupportedError, match="add_bias_kv"):
        factorize(nn.MultiheadAttention(4, 1, add_bias_kv=True))


@pytest.mark.parametrize("kind", [SGConvEncoder, SoftmaxFreeEncoder])
def test_the_encoders_of_arrays_are_factorised(kind):
    encoder = (
        kind(16, width=8, depth=1, out_features=2) if kind is SoftmaxFreeEncoder else kind(1, 16, 8, 1, 2)
    )
    X = randn(3, 16, 1)
    product = factorize(encoder)
    for result in (product, materialize(product)):
        assert torch.allclose(result(X), encoder(X), atol=1e-8)
    for layer in factorized_layers(product).values():
        layer.rank = 1
    assert torch.allclose(materialize(product)(X), product(X), atol=1e-8)


def test_the_kernel_of_a_factorised_head_is_unchanged():
    attention = SoftmaxFreeAttention(6, 2)
    X = randn(5, 6)
    kernels = [layer.kernel(1)(X).to_dense() for layer in (attention, factorize(attention))]
    assert torch.allclose(*kernels, atol=1e-12)
