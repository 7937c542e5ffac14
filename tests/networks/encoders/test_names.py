"""The room's table of contents, and devices."""

from __future__ import annotations

import pytest
import torch

from augury.networks import encoders


def test_every_name_is_there():
    assert {"UniRepLKNet", "InceptionNeXt", "load_checkpoint"} <= set(encoders.__all__)
    for name in encoders.__all__:
        assert getattr(encoders, name).__name__ == name


@pytest.mark.parametrize(
    "module",
    [
        lambda **at: encoders.UniRepLKNet(1, (1,), 4, ((7,),), 2, extra="bottleneck", **at),
        lambda **at: encoders.UniRepLKNet(1, (1,), 4, ((7,),), out_indices=(0,), folded=True, **at),
        lambda **at: encoders.UniRepLKNet(1, (1,), 4, ((7,),), 2, head="mlp", norm="batch", **at),
        lambda **at: encoders.InceptionNeXt(1, (1,), (8,), num_classes=2, **at),
        lambda **at: encoders.InceptionNeXt(1, (1,), (8,), norm="layer", spatial_dims=1, **at),
        lambda **at: encoders.LogMelMap(8000, **at),
        lambda **at: encoders.SeriesMap(4, 1, 4, (4, 4), **at),
        lambda **at: encoders.SeriesStandardization(2, **at),
        lambda **at: encoders.PointViews(4, **at),
    ],
)
def test_every_value_is_on_the_device_and_of_the_type_asked_for(module):
    state = module(device="meta", dtype=torch.float32).state_dict()
    assert state
    assert all(value.device.type == "meta" for value in state.values())
    assert {value.dtype for value in state.values()} <= {torch.float32, torch.int64}
