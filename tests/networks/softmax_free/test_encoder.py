"""The softmax-free transformer encoder."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import ConvolutionalEmbedding, SoftmaxFreeEncoder, SoftmaxFreeLayer


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_layer_is_post_norm():
    layer = SoftmaxFreeLayer(4, heads=2, ratio=2)
    tokens = randn(2, 6, 4)
    attended = layer.attention_norm(tokens + layer.attention(tokens))
    assert torch.allclose(layer(tokens), layer.dense_norm(attended + layer.dense(attended)))
    assert torch.allclose(layer(tokens).mean(-1), torch.zeros(2, 6).double(), atol=1e-12)


@pytest.mark.parametrize("grid", [8, (4, 8)])
def test_the_encoder_takes_any_leading_dimensions(grid):
    encoder = SoftmaxFreeEncoder(grid, 2, 8, 2, 2, 3)
    tokens = randn(2, 3, len(encoder.position), 2)
    features = encoder(tokens)
    assert features.shape == (2, 3, 3)
    assert torch.allclose(features[1, 2], encoder(tokens[1, 2]), atol=1e-10)
    flat = nn.Sequential(nn.Unflatten(-1, tuple(tokens.shape[-2:])), encoder)
    assert torch.allclose(flat(tokens.flatten(-2)), features)


def test_positions_matter():
    encoder = SoftmaxFreeEncoder(8, 1, 8, 2, 1, 2)
    tokens = randn(8, 1)
    assert not torch.allclose(encoder(tokens), encoder(tokens.flip(0)))
    nn.init.zeros_(encoder.position)  # whole cells may then change places
    assert torch.allclose(encoder(tokens), encoder(tokens.roll(4, 0)), atol=1e-9)


def test_it_learns():
    encoder = SoftmaxFreeEncoder(8, 1, 8, 1, 1, 1, normalize=True)
    X = randn(64, 8, 1)
    y = X[:, 1, 0] - X[:, 6, 0]  # positions must be told apart
    optimiser = torch.optim.Adam(encoder.parameters(), 3e-2)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        loss = (encoder(X)[:, 0] - y).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_batch_normalisation_keeps_how_large_tokens_are():
    tokens = randn(2, 6, 4)
    large, small = 3.0 * tokens, tokens
    for norm, ratio in (("layer", 1.0), ("batch", 3.0)):
        layer = SoftmaxFreeLayer(4, norm=norm, heads=2, ratio=2).eval()
        assert torch.allclose(layer.dense_norm(large), ratio * layer.dense_norm(small), rtol=1e-4, atol=1e-4)
    trained = SoftmaxFreeLayer(4, norm="batch", heads=2, ratio=2)
    assert torch.allclose(trained(tokens).mean((0, 1)), torch.zeros(4).double(), atol=1e-12)


@pytest.mark.parametrize(("axes", "grid"), [(1, 8), (2, (4, 2))])
def test_tokens_of_arrays_by_convolutions(axes, grid):
    embedding = ConvolutionalEmbedding((3, 4, 4, 6), axes)
    encoder = SoftmaxFreeEncoder(
        grid, 6, 8, 2, 1, 2, 2, embedding=embedding, head="mlp", norm="batch", value_window=3
    ).eval()
    arrays = randn(2, 3, *((32,) if axes == 1 else (16, 8)))
    field = embedding(arrays)
    assert field.shape[1:] == (6, *encoder.grid)
    encoder.embedding = None
    expected = encoder(field.flatten(2).mT)
    encoder.embedding = embedding
    assert torch.allclose(encoder(arrays), expected)


def test_the_last_token_is_what_a_series_comes_to():
    encoder = SoftmaxFreeEncoder(8, 1, 8, 1, 0, 2, pool="last")
    tokens = randn(2, 8, 1)
    changed = tokens.clone()
    changed[:, :-1] += 1.0
    assert torch.equal(encoder(tokens), encoder(changed))
    changed[:, -1] += 1.0
    assert not torch.allclose(encoder(tokens), encoder(changed))


def test_everything_goes_to_the_device():
    at = {"device": "meta", "dtype": torch.float32}
    for module in (
        SoftmaxFreeEncoder(8, **at),
        SoftmaxFreeEncoder(8, head="mlp", norm="batch", **at),
        ConvolutionalEmbedding((1, 4), 1, **at),
    ):
        assert {(p.device.type, p.dtype) for p in module.parameters()} == {("meta", torch.float32)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ratio": 3}, "ratio"),
        ({"width": 0}, "width"),
        ({"depth": -1}, "depth"),
        ({"grid": (8, 0)}, "grid"),
        ({"pool": "first"}, "pool must be one of mean, last"),
        ({"head": "other"}, "head must be"),
        ({"norm": "other"}, "norm must be"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        SoftmaxFreeEncoder(**{"grid": 8, **options})
    with pytest.raises(InvalidInputError, match="8 x 1"):
        SoftmaxFreeEncoder(8)(randn(5, 7, 1))
    with pytest.raises(InvalidInputError, match="axes 3"):
        ConvolutionalEmbedding((1, 2), 3)
