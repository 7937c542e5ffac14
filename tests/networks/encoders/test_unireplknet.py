"""UniRepLKNet: counts and names of the published networks, folding, guidelines as switches."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.encoders.dilated_reparam import (
    DILATED_BRANCHES,
    DilatedReparamConv,
    reparam_branches,
)
from augury.networks.encoders.extra_structure import EXTRA_STRUCTURES
from augury.networks.encoders.unireplknet import UniRepLKNet
from augury.networks.encoders.unireplknet_block import UniRepLKNetBlock
from tests.networks.encoders.randomise import randomise_

# counted in the released code, built without values: (as trained, folded), 1000 classes
COUNTS = {
    "a": (4649060, 4437300),
    "f": (6489328, 6235216),
    "p": (11080520, 10741704),
    "n": (18818880, 18318560),
    "t": (31693420, 31037980),
    "s": (56456704, 55645984),
    "b": (99089416, 98008456),
    "l": (220076056, 218454616),
    "xl": (388690984, 386529064),
}
PUBLISHED = {"a": 4.4, "f": 6.2, "p": 10.7, "n": 18.3, "t": 31.0, "s": 55.6, "b": 98.0}  # millions, folded
TINY = {"depths": (1, 1), "width": 4, "kernel_sizes": ((3,), (7,))}


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("variant", COUNTS)
def test_a_published_network_has_its_number_of_parameters(variant):
    trained = UniRepLKNet.from_variant(variant, num_classes=1000, device="meta")
    folded = UniRepLKNet.from_variant(variant, num_classes=1000, folded=True, device="meta")
    assert (count(trained), count(folded)) == COUNTS[variant]
    if variant in PUBLISHED:
        assert round(count(folded) / 1e6, 1) == PUBLISHED[variant]


def test_names_are_those_of_the_released_checkpoints():
    names = UniRepLKNet.from_variant("a", num_classes=1000, device="meta").state_dict().keys()
    assert {
        "downsample_layers.0.0.weight",
        "downsample_layers.0.1.bias",
        "downsample_layers.0.3.bias",
        "downsample_layers.0.4.weight",
        "downsample_layers.3.1.weight",
        "stages.0.1.dwconv.weight",
        "stages.0.0.norm.running_var",
        "stages.1.0.dwconv.lk_origin.weight",
        "stages.1.0.dwconv.origin_bn.weight",
        "stages.2.5.dwconv.dil_conv_k7_2.weight",
        "stages.2.5.dwconv.dil_bn_k3_5.running_mean",
        "stages.3.1.se.down.weight",
        "stages.3.1.se.up.bias",
        "stages.3.1.pwconv1.1.weight",
        "stages.3.1.act.1.beta",
        "stages.3.1.act.1.gamma",
        "stages.3.1.pwconv2.0.weight",
        "stages.3.1.pwconv2.2.num_batches_tracked",
        "stages.3.1.gamma",
        "norm.weight",
        "head.bias",
    } <= names
    assert not {"stages.0.0.dwconv.bias", "stages.3.1.pwconv2.0.bias"} & names


def relative(a, b):
    return float((a - b).abs().max() / b.abs().max())


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize("spatial_dims", [1, 2])
@pytest.mark.parametrize("kernel_size", DILATED_BRANCHES)
def test_dilated_branches_fold_into_one_convolution(kernel_size, spatial_dims, dtype, bound):
    layer = DilatedReparamConv(3, kernel_size, spatial_dims=spatial_dims, dtype=dtype)
    assert randomise_(layer) is layer
    x = torch.randn(2, 3, *(19,) * spatial_dims, dtype=dtype, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        before = layer(x)
        after = layer.reparameterize()(x)
    assert relative(after, before) < bound
    assert [name for name, _ in layer.named_parameters()] == ["lk_origin.weight", "lk_origin.bias"]
    assert layer.reparameterize() is layer


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@pytest.mark.parametrize(("spatial_dims", "parts"), [(1, ("layer", "mlp")), (2, ("batch", "linear"))])
def test_a_network_folds_into_the_folded_graph(spatial_dims, parts, dtype, bound):
    settings = {
        "norm": parts[0],
        "head": parts[1],
        "in_channels": 2,
        "depths": (1, 2, 2),
        "width": 4,
        "kernel_sizes": ((3,), (13, 0), (7, 5)),
        "num_classes": 5,
        "spatial_dims": spatial_dims,
        "dtype": dtype,
    }
    network = randomise_(UniRepLKNet(**settings))
    x = torch.randn(2, 2, *(37,) * spatial_dims, dtype=dtype, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        before = network(x)
        after = network.reparameterize()(x)
    assert before.shape == (2, 5)
    assert relative(after, before) < bound
    other = UniRepLKNet(**settings, folded=True).eval()
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(x), after)


@pytest.mark.parametrize("extra", EXTRA_STRUCTURES)
@pytest.mark.parametrize("reparam", ["small", "equivalent", "none"])
def test_guidelines_are_switches_and_each_folds(reparam, extra):
    block = UniRepLKNetBlock(8, 13, shortcut=False, reparam=reparam, extra=extra)
    randomise_(block)
    x = torch.randn(2, 8, 15, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        before = block(x)
        assert relative(block.reparameterize()(x), before) < 1e-12
    assert not any(isinstance(module, nn.BatchNorm2d) for module in block.modules())
    folded = UniRepLKNetBlock(8, 13, shortcut=False, reparam=reparam, extra=extra, folded=True)
    folded.load_state_dict(block.state_dict())
    assert torch.equal(folded.eval()(x), block(x))


def test_the_controls_of_dilation():
    assert reparam_branches(13, "small") == ((5, 1), (7, 1), (3, 1), (3, 1), (3, 1))
    assert reparam_branches(13, "equivalent") == ((5, 1), (13, 1), (7, 1), (9, 1), (11, 1))


def test_the_shortcut_is_around_the_block():
    with_it, without = (UniRepLKNetBlock(4, 3, shortcut=shortcut) for shortcut in (True, False))
    randomise_(with_it)
    without.load_state_dict(with_it.state_dict())
    x = torch.ones(1, 4, 5, 5, dtype=torch.float64)
    assert torch.equal(with_it(x), x + without.eval()(x))


def test_maps_by_stage_and_pooled_features():
    maps = UniRepLKNet(1, **TINY, out_indices=(0, 1))(torch.zeros(2, 1, 20, 16, dtype=torch.float64))
    assert [tuple(each.shape) for each in maps] == [(2, 4, 5, 4), (2, 8, 3, 2)]
    network = UniRepLKNet(1, **TINY)
    assert network(torch.zeros(2, 1, 8, 8, dtype=torch.float64)).shape == (2, network.num_features)


@pytest.mark.parametrize(("norm", "ratio"), [("layer", 1.0), ("batch", 3.0)])
def test_batch_normalisation_keeps_how_large_an_input_is(norm, ratio):
    stem = UniRepLKNet(1, **TINY, norm=norm).downsample_layers[0][:2].eval()
    x = torch.randn(1, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert relative(stem(3e3 * x), ratio * stem(1e3 * x)) < 1e-4


@pytest.mark.parametrize("parts", [("layer", "linear"), ("batch", "mlp")])
def test_training_moves_every_parameter(parts):
    norm, head = parts
    network = UniRepLKNet(1, **TINY, num_classes=2, layer_scale=1.0, norm=norm, head=head)
    x = torch.randn(4, 1, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    network(x)[:, 0].square().sum().backward()
    still = [name for name, each in network.named_parameters() if each.grad is None]
    assert still == []


def test_weights_come_from_the_seed_and_not_from_global_state():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first, second, third = (UniRepLKNet(1, **TINY, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weight = "stages.1.0.dwconv.lk_origin.weight"
    assert torch.equal(first.state_dict()[weight], second.state_dict()[weight])
    assert not torch.equal(first.state_dict()[weight], third.state_dict()[weight])


def test_what_cannot_be_folded_is_refused_and_left_alone():
    network = UniRepLKNet(1, **TINY)
    with pytest.raises(InvalidInputError, match=r"\.eval\(\)"):
        network.reparameterize()
    network.eval()
    network.stages[1][0].norm.running_var[0] = torch.nan
    before = set(network.state_dict())
    with pytest.raises(InvalidInputError, match="not finite"):
        network.reparameterize()
    assert set(network.state_dict()) == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 5}, "even"),
        ({"kernel_sizes": ((4,), (7,))}, "odd"),
        ({"kernel_sizes": ((3,), (19,))}, "no default branches"),
        ({"kernel_sizes": ((3,),)}, "one a block"),
        ({"kernel_sizes": None}, "give kernel_sizes"),
        ({"out_indices": (2,)}, r"0\.\.1"),
        ({"reparam": "other"}, "equivalent"),
        ({"extra": "other"}, "bottleneck"),
        ({"norm": "other"}, "layer"),
        ({"head": "other"}, "linear"),
        ({"spatial_dims": 3}, "spatial_dims"),
    ],
)
def test_bad_settings_are_refused(given, message):
    with pytest.raises(InvalidInputError, match=message):
        UniRepLKNet(1, **{**TINY, **given})


def test_bad_inputs_are_refused():
    network = UniRepLKNet(1, **TINY)
    with pytest.raises(InvalidInputError, match="at least 8"):
        network(torch.zeros(1, 1, 7, 9, dtype=torch.float64))
    with pytest.raises(InvalidInputError, match="B x 1 x H x W"):
        network(torch.zeros(1, 2, 9, 9, dtype=torch.float64))
    with pytest.raises(InvalidInputError, match="one place"):
        network(torch.zeros(1, 1, 8, 8, dtype=torch.float64))
    with pytest.raises(InvalidInputError, match="features of one input"):
        UniRepLKNet(1, **TINY, norm="batch")(torch.zeros(1, 1, 16, 16, dtype=torch.float64))
    with pytest.raises(InvalidInputError, match="xl"):
        UniRepLKNet.from_variant("huge")
