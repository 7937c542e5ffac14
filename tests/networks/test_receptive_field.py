"""The effective receptive field."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.encoders.unireplknet import UniRepLKNet
from augury.networks.receptive_field import EffectiveReceptiveField, effective_receptive_field


def means(layers, size):
    """Layers that average `size` x `size` places, one channel."""
    network = nn.Sequential(*(nn.Conv2d(1, 1, size, padding=size // 2, bias=False) for _ in range(layers)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1 / size**2)
    return network.double()


@pytest.mark.parametrize(("layers", "size", "deviation"), [(24, 3, 4.0), (4, 13, 7.483)])
def test_averages_have_the_field_of_theory(layers, size, deviation):
    field = effective_receptive_field(means(layers, size), torch.ones(1, 1, 65, 65, dtype=torch.float64)).map
    places = torch.arange(65, dtype=torch.float64) - 32
    variance = (field.sum(0) * places**2).sum() / field.sum()
    assert math.sqrt(variance) == pytest.approx(math.sqrt(layers * (size**2 - 1) / 12), rel=1e-12)
    assert math.sqrt(variance) == pytest.approx(deviation, abs=1e-3)


def test_few_large_kernels_see_further_than_many_small_ones():
    x = torch.ones(1, 1, 65, 65, dtype=torch.float64)
    large, small = (effective_receptive_field(means(*each), x) for each in ((4, 13), (24, 3)))
    for share in (0.5, 0.9):
        assert 1.6 < large.side(share) / small.side(share) < 2.0


def test_the_window_is_the_smallest_with_the_share():
    field = torch.rand(10, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) ** 8
    shares = torch.linspace(0.01, 0.99, 25).tolist()
    for share in shares:
        result = EffectiveReceptiveField(field)
        expected = None
        for width in range(1, 4):
            inside = field[5 - width : 6 + width, 4 - width : 5 + width].sum()
            if expected is None and inside > share * field.sum():
                expected = 2 * width + 1
        assert result.side(share) == (expected or 10)
        assert result.ratio(share) == (expected**2 / 90 if expected else 1.0)


def test_it_is_the_gradient_of_the_middle_by_differences():
    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential(nn.Conv1d(2, 3, 5, padding=2), nn.Tanh(), nn.Conv1d(3, 2, 3, padding=1)).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.uniform_(-0.5, 0.5, generator=generator)
        network[2].bias.fill_(2.0)  # features are positive
    x = torch.randn(1, 2, 11, dtype=torch.float64, generator=generator)

    def middle(values):
        with torch.no_grad():
            return network(values)[0, :, 5].relu().sum()

    expected = torch.zeros(11, dtype=torch.float64)
    for channel in range(2):
        for place in range(11):
            step = torch.zeros_like(x)
            step[0, channel, place] = 1e-6
            expected[place] += ((middle(x + step) - middle(x - step)) / 2e-6).abs()
    field = effective_receptive_field(network, x, absolute=True).map
    assert (expected > 1e-3).sum() == 7
    assert torch.allclose(field, expected, atol=1e-8)


def test_the_published_scale():
    field = effective_receptive_field(means(2, 3), torch.ones(1, 1, 9, 9, dtype=torch.float64))
    scaled = effective_receptive_field(
        means(2, 3), torch.ones(1, 1, 9, 9, dtype=torch.float64), log_scale=True
    ).map
    expected = (field.map + 1).log10()
    assert torch.allclose(scaled, expected / expected.max(), rtol=1e-12)


def test_an_encoder_in_training_is_left_as_it_was():
    # squeeze and excitation sees the whole map; without it the reach is that of the kernels
    network = UniRepLKNet(1, (1, 1), 4, ((3,), (7,)), out_indices=(0, 1), layer_scale=1.0, extra="none")
    network.stages[0].eval()
    modes = {name: part.training for name, part in network.named_modules()}
    state = {name: value.clone() for name, value in network.state_dict().items()}
    x = torch.randn(2, 1, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    near, far = (effective_receptive_field(network, x, stage=stage, absolute=True) for stage in (0, 1))
    assert near.map.shape == (64, 64)
    assert (near.map > 0).nonzero().aminmax(dim=0).min.tolist() == [32 - 7, 32 - 7]
    assert (near.map > 0).nonzero().aminmax(dim=0).max.tolist() == [32 + 7, 32 + 7]
    assert far.map[0, 0] > 0
    assert near.side(0.9) < far.side(0.9)
    assert {name: part.training for name, part in network.named_modules()} == modes
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_inputs_that_are_not_finite_are_left_out():
    x = torch.ones(2, 1, 9, 9, dtype=torch.float64)
    network = nn.Sequential(means(1, 3), nn.Softplus())
    alone = effective_receptive_field(network, x[:1]).map
    x[1, 0, 4, 4] = torch.nan
    assert torch.equal(effective_receptive_field(network, x).map, alone)
    with pytest.raises(InvalidInputError, match="finite"):
        effective_receptive_field(network, x[1:])


def test_what_has_no_field_is_told():
    x = torch.ones(1, 1, 9, 9, dtype=torch.float64)
    with pytest.raises(InvalidInputError, match="pooling"):
        effective_receptive_field(nn.Flatten(), x)
    with pytest.warns(UserWarning, match="nothing contributes"):
        field = effective_receptive_field(means(1, 3), -x)
    assert math.isnan(field.ratio())
    assert math.isnan(field.side())
    with pytest.raises(InvalidInputError, match="share"):
        field.side(1.0)
