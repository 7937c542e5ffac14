"""Weights from files of tensors."""

from __future__ import annotations

import argparse

import pytest
import torch
from safetensors.torch import save_file

from augury.errors import InvalidInputError
from augury.networks.encoders.checkpoint import load_checkpoint
from augury.networks.encoders.unireplknet import UniRepLKNet
from tests.networks.encoders.randomise import randomise_


def tiny(**settings):
    return UniRepLKNet(1, (1, 1), 4, ((3,), (7,)), **settings)


@pytest.mark.parametrize("form", ["safetensors", "plain", "model", "state_dict"])
def test_a_checkpoint_gives_the_same_function(tmp_path, form):
    network = randomise_(tiny(num_classes=3, dtype=torch.float32))
    path = tmp_path / ("weights.safetensors" if form == "safetensors" else "weights.pth")
    if form == "safetensors":
        save_file(network.state_dict(), path)
    else:
        torch.save(network.state_dict() if form == "plain" else {form: network.state_dict()}, path)
    other = tiny(num_classes=3, dtype=torch.float32, seed=1).eval()
    load_checkpoint(other, path)
    x = torch.ones(2, 1, 9, 9)
    assert torch.equal(other(x), network(x))
    without_head = tiny(seed=1)  # in double precision
    load_checkpoint(without_head, path, ignore=("head.",))
    features = without_head.eval()(x.double())
    assert torch.allclose(features.float(), network.norm(network_maps(network, x)), atol=1e-5)


def network_maps(network, x):
    for halve, blocks in zip(network.downsample_layers, network.stages, strict=True):
        x = blocks(halve(x))
    return x.mean((2, 3))


def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save(tiny(num_classes=3).state_dict(), path)
    other = tiny(num_classes=4, seed=1)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(InvalidInputError, match=r"another shape: head\.bias"):
        load_checkpoint(other, path)
    with pytest.raises(InvalidInputError, match=r"unknown: head\.bias"):
        load_checkpoint(tiny(), path)
    with pytest.raises(InvalidInputError, match=r"missing: .*folded=True"):
        load_checkpoint(tiny(num_classes=3, folded=True), path)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())


def test_files_with_anything_but_tensors_are_refused(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save({"model": tiny().state_dict(), "args": argparse.Namespace(lr=1.0)}, path)
    with pytest.raises(InvalidInputError, match="tensors alone"):
        load_checkpoint(tiny(), path)
    torch.save({"model": {"a": 1}}, path)
    with pytest.raises(InvalidInputError, match="no state_dict"):
        load_checkpoint(tiny(), path)
    (tmp_path / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(InvalidInputError, match="tensors alone"):
        load_checkpoint(tiny(), tmp_path / "weights.safetensors")
    with pytest.raises(InvalidInputError, match="no checkpoint"):
        load_checkpoint(tiny(), tmp_path / "none.pth")
