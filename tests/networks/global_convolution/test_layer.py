"""The structured global convolution layer and the encoder of series."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks import SGConv, SGConvEncoder, kernel_parameter_groups


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_it_is_a_direct_convolution_then_a_mix(bidirectional):
    channels, length, heads = 3, 30, 2
    layer = SGConv(channels, length, 8, heads=heads, bidirectional=bidirectional, seed=4).eval()
    u = randn(2, channels, length)
    K = layer.kernel(length)
    lag = torch.arange(length)[:, None] - torch.arange(length)
    matrices = K[:heads][..., lag.clamp(min=0)] * (lag >= 0)
    if bidirectional:
        matrices = matrices + K[heads:][..., (-lag - 1).clamp(min=0)] * (lag < 0)
    y = torch.einsum("hcts,bcs->bhct", matrices, u) + layer.direct * u[:, None]
    expected = nn.functional.gelu(y.flatten(1, 2)).mT @ layer.mix.weight.T + layer.mix.bias
    assert torch.allclose(layer(u), expected.mT, atol=1e-12)
    single = layer.float()(u.float())
    assert (single - expected.mT).abs().max() < 1e-5


def test_the_causal_layer_does_not_see_the_future():
    u = randn(1, 2, 40)
    changed = u.clone()
    changed[..., 25:] += 1.0
    for bidirectional in (False, True):
        layer = SGConv(2, 40, 8, bidirectional=bidirectional)
        same = torch.isclose(layer(u), layer(changed), atol=1e-12)[..., :25].all()
        assert bool(same) is not bidirectional


def test_the_number_of_parameters_is_the_published_formula():
    channels, heads, taps = 6, 2, 16
    layer = SGConv(channels, 256, taps, heads=heads)
    scales = 5
    kernels, direct, mix = 2 * heads * channels * taps * scales, heads * channels, heads * channels**2 + 6
    assert sum(p.numel() for p in layer.parameters()) == kernels + direct + mix


def test_the_convolution_alone():
    layer = SGConv(2, 16, 8, bidirectional=False, mix=False)
    u = randn(1, 2, 16)
    impulse = torch.zeros(1, 2, 16).double()
    impulse[..., 0] = 1.0
    response = layer(impulse)[0]
    response[:, 0] -= layer.direct[0, :, 0]
    assert torch.allclose(response, layer.kernel(16)[0], atol=1e-12)
    assert torch.allclose(layer(3.0 * u), 3.0 * layer(u))


def test_a_sequence_beyond_the_reach_warns():
    layer = SGConv(1, 16, 8)
    with pytest.warns(UserWarning, match="longer than the kernels' 16"):
        assert layer(randn(1, 1, 20)).shape == (1, 1, 20)


@pytest.mark.parametrize("given", [torch.zeros(3, 2, 8).long(), torch.zeros(2, 8), torch.zeros(1, 3, 8)])
def test_other_inputs_are_refused(given):
    with pytest.raises(InvalidInputError, match="B x 2 x L"):
        SGConv(2, 8)(given)


def test_heads_without_a_mix_are_refused():
    with pytest.raises(InvalidInputError, match="one head"):
        SGConv(2, 8, heads=2, mix=False)


def test_the_parameter_groups_hold_each_parameter_once():
    network = SGConvEncoder(2, 64, 8, 2, 3, taps=8)
    groups = kernel_parameter_groups(network, 1e-2, weight_decay=0.1)
    held = [id(p) for group in groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in network.parameters())
    assert [p.shape for p in groups[1]["params"]] == [(4, 2, 8, 8)] * 2
    assert (groups[1]["lr"], groups[1]["weight_decay"]) == (1e-3, 0.0)
    torch.optim.AdamW(groups)


@pytest.mark.parametrize("pool", ["mean", "last"])
def test_the_encoder_takes_any_leading_dimensions(pool):
    encoder = SGConvEncoder(2, 32, 6, 2, 3, pool, taps=8).eval()
    series = randn(4, 5, 32, 2)
    features = encoder(series)
    assert features.shape == (4, 5, 3)
    assert torch.allclose(features[2, 3], encoder(series[2, 3]), atol=1e-12)
    flat = nn.Sequential(nn.Unflatten(-1, (32, 2)), encoder)
    assert torch.allclose(flat(series.flatten(-2)), features)


def test_the_encoder_sees_far_and_depends_on_its_seed_only():
    state = torch.get_rng_state()
    encoder, again = (SGConvEncoder(1, 1000, 4, 1, 2, "last", bidirectional=False, taps=8) for _ in "ab")
    assert torch.equal(torch.get_rng_state(), state)
    series = randn(1000, 1).requires_grad_()
    assert torch.equal(encoder(series), again(series))
    (gradient,) = torch.autograd.grad(encoder(series).sum(), series)
    assert gradient[0].abs() > 0.0
    other = SGConvEncoder(1, 1000, 4, 1, 2, "last", bidirectional=False, taps=8, seed=1)
    assert not torch.allclose(other(series), encoder(series))


def test_everything_goes_to_the_device():
    encoder = SGConvEncoder(1, 16, 4, 1, 2, taps=8, device="meta", dtype=torch.float32)
    layer = SGConv(2, 16, device="meta")
    tensors = [*encoder.parameters(), *encoder.buffers(), *layer.parameters(), *layer.buffers()]
    assert {t.device.type for t in tensors} == {"meta"}
    assert encoder(torch.zeros(3, 16, 1, device="meta")).shape == (3, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"width": 0}, "width"), ({"depth": -1}, "depth"), ({"pool": "max"}, "pool"), ({"taps": 0}, "taps")],
)
def test_an_encoder_that_cannot_be_is_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        SGConvEncoder(1, 16, **options)
    with pytest.raises(InvalidInputError, match="L x 2"):
        SGConvEncoder(2, 16)(torch.zeros(5, 16, 1))


def test_without_pooling_there_are_features_of_each_step():
    encoder = SGConvEncoder(2, 32, 6, 2, 3, "none", taps=8)
    pooled = SGConvEncoder(2, 32, 6, 2, 3, "mean", taps=8)
    series = randn(4, 5, 32, 2)
    assert encoder(series).shape == (4, 5, 32, 3)
    assert torch.allclose(encoder(series).mean(-2), pooled(series), atol=1e-12)
