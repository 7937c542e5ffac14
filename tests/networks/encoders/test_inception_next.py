"""InceptionNeXt: counts and names of the published networks, the mixers, the open block."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.networks.encoders.checkpoint import load_checkpoint
from augury.networks.encoders.inception_mixer import InceptionDWConv1d, InceptionDWConv2d
from augury.networks.encoders.inception_next import InceptionNeXt
from augury.networks.encoders.metanext_block import MetaNeXtBlock
from tests.networks.encoders.randomise import randomise_

# counted in timm's networks, built without values, 1000 classes; and as published, in millions
COUNTS = {
    "atto": (4156520, 4.2),
    "tiny": (28055680, 28.1),
    "small": (49374016, 49.4),
    "base": (86672136, 86.7),
}
TINY = {"depths": (1, 1), "widths": (8, 16)}


@pytest.mark.parametrize("variant", COUNTS)
def test_a_published_network_has_its_number_of_parameters(variant):
    network = InceptionNeXt.from_variant(variant, num_classes=1000, device="meta")
    count = sum(parameter.numel() for parameter in network.parameters())
    assert (count, round(count / 1e6, 1)) == COUNTS[variant]


def test_names_are_those_of_the_released_checkpoints():
    names = set(InceptionNeXt(3, **TINY, num_classes=2).state_dict())
    block = {
        "gamma",
        *(
            f"token_mixer.dwconv_{branch}.{kind}"
            for branch in ("hw", "w", "h")
            for kind in ("weight", "bias")
        ),
        *(f"{layer}.{kind}" for layer in ("norm", "mlp.fc1", "mlp.fc2") for kind in ("weight", "bias")),
        *(f"norm.{kind}" for kind in ("running_mean", "running_var", "num_batches_tracked")),
    }
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    assert names == {
        *(f"stages.{stage}.blocks.0.{name}" for stage in (0, 1) for name in block),
        *(f"stem.1.{kind}" for kind in norm),
        *(f"stages.1.downsample.0.{kind}" for kind in norm),
        *(f"{layer}.{kind}" for layer in ("stem.0", "stages.1.downsample.1") for kind in ("weight", "bias")),
        *(f"head.{layer}.{kind}" for layer in ("fc1", "norm", "fc2") for kind in ("weight", "bias")),
    }


def test_a_checkpoint_gives_the_same_function(tmp_path):
    network = randomise_(InceptionNeXt(3, **TINY, num_classes=2, dtype=torch.float32))
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    other = InceptionNeXt(3, **TINY, num_classes=2, dtype=torch.float32, seed=3).eval()
    load_checkpoint(other, tmp_path / "weights.pth")
    x = torch.ones(1, 3, 16, 24)
    assert torch.equal(other(x), network(x))


def test_branches_reach_along_their_bands_only():
    mixer = InceptionDWConv2d(8)
    x = torch.zeros(1, 8, 15, 15, dtype=torch.float64)
    x[:, :, 7, 7] = 1.0
    reach = mixer(x).detach() != 0
    square, row, column = reach[0, 5], reach[0, 6], reach[0, 7]
    assert torch.equal(mixer(x)[:, :5], x[:, :5])
    assert square.nonzero().min() == 6
    assert square.sum() == 9
    assert row.any(1).nonzero().flatten().tolist() == [7]
    assert row.any(0).nonzero().flatten().tolist() == list(range(2, 13))
    assert torch.equal(column.any(0), row.any(1))
    assert torch.equal(column.any(1), row.any(0))


def test_the_mixer_of_signals():
    mixer = InceptionDWConv1d(8)
    x = torch.zeros(1, 8, 15, dtype=torch.float64)
    x[..., 7] = 1.0
    reach = mixer(x).detach() != 0
    assert torch.equal(mixer(x)[:, :6], x[:, :6])
    assert [int(channel.sum()) for channel in reach[0, 6:]] == [3, 11]


def test_the_number_of_parameters_of_a_mixer():
    mixer = InceptionDWConv2d(40, 3, 9, 0.25)
    assert sum(parameter.numel() for parameter in mixer.parameters()) == 10 * (9 + 2 * 9 + 3)


@pytest.mark.parametrize("norm", ["batch", "layer"])
@pytest.mark.parametrize("spatial_dims", [1, 2])
def test_maps_and_pooled_features_of_images_and_signals(spatial_dims, norm):
    x = torch.ones(2, 1, *(16,) * spatial_dims, dtype=torch.float64)
    maps = InceptionNeXt(1, **TINY, out_indices=(0, 1), spatial_dims=spatial_dims, norm=norm)(x)
    assert [tuple(each.shape) for each in maps] == [
        (2, 8, *(4,) * spatial_dims),
        (2, 16, *(2,) * spatial_dims),
    ]
    network = InceptionNeXt(1, **TINY, spatial_dims=spatial_dims, norm=norm, layer_scale=1.0)
    network(x + torch.arange(2.0).reshape(2, *(1,) * (spatial_dims + 1)))[:, 0].square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_any_mixer_goes_into_the_block():
    pool = nn.AvgPool2d(3, 1, 1)
    block = MetaNeXtBlock(4, pool, layer_scale=1.0)
    randomise_(block)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = x + block.gamma.reshape(-1, 1, 1) * block.mlp(block.norm(pool(x)))
    assert torch.equal(block(x), expected)


def test_attention_as_mixer_warns():
    with pytest.warns(UserWarning, match="attention"):
        MetaNeXtBlock(4, nn.MultiheadAttention(4, 1), spatial_dims=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"widths": (4, 16)}, "gives each of 3 branches 0 of 4"),
        ({"branch_ratio": 0.5}, "at most 1 / 3"),
        ({"band_kernel": 10}, "odd"),
        ({"widths": (8,)}, "one entry a stage"),
        ({"norm": "other"}, "layer"),
        ({"out_indices": (0,), "num_classes": 2}, "not both"),
    ],
)
def test_bad_settings_are_refused(given, message):
    with pytest.raises(InvalidInputError, match=message):
        InceptionNeXt(1, **{**TINY, **given})


def test_bad_inputs_are_refused_and_borders_that_are_not_seen_are_told():
    network = InceptionNeXt(1, **TINY).eval()
    with pytest.raises(InvalidInputError, match="at least 8"):
        network(torch.zeros(1, 1, 8, 7, dtype=torch.float64))
    with pytest.warns(UserWarning, match="multiples of 8"):
        network(torch.zeros(1, 1, 8, 17, dtype=torch.float64))
    with pytest.raises(InvalidInputError, match="tiny"):
        InceptionNeXt.from_variant("huge")
