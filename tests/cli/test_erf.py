"""`augury erf`."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from augury.models import DeepKernelGP, GaussianProcess
from augury.networks import ArrayEncoder
from augury.networks.encoders import InceptionNeXt


def encoder():
    network = InceptionNeXt(1, (1,), (8,), num_classes=2, layer_scale=1.0)
    return ArrayEncoder(network, (1, 8, 8))


def own_encoder():
    whole = encoder()
    whole.network.stages[0].blocks.append(nn.Dropout(0.1))  # no longer what the constructor makes
    return whole


@pytest.fixture(scope="module")
def rows():
    X = torch.rand(6, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return X, X.mean(1, keepdim=True)


@pytest.fixture
def saved(tmp_path, rows):
    DeepKernelGP(*rows, encoder=encoder()).save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def test_few_large_kernels_see_further_than_many_small_ones(augury, tmp_path):
    picture = tmp_path / "fields.png"
    out = augury("erf", "conv-24x3", "conv-4x13", "--size", 65, "--plot", picture).stdout
    assert f"wrote {picture}" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    ratio = float(next(line for line in out.splitlines() if "conv-4x13" in line).split()[-1])
    assert 1.6 < ratio < 2.0


def test_json_has_the_windows_of_each_share(augury):
    (document,) = json.loads(augury("erf", "conv-1x5", "--size", 21, "--json").stdout)
    assert document["input"] == [21, 21]
    assert [window["share"] for window in document["windows"]] == [0.2, 0.3, 0.5, 0.99]
    assert document["windows"][-1] == {"share": 0.99, "side": 5, "area_ratio": pytest.approx(25 / 441)}


def test_a_model_shows_its_encoder_beside_its_lengthscales(augury, saved, tmp_path):
    picture = tmp_path / "field.svg"
    out = augury("erf", saved, "--plot", picture).stdout
    assert "model.safetensors" in out
    assert "lengthscales in deviations of the features: " in out
    assert "its inputs are correlated (to 1/e) over 0.6" in out  # white: from 1 to 0 in one place
    (document,) = json.loads(augury("erf", saved, "--json").stdout)
    assert document["input"] == [8, 8]
    assert len(document["lengthscales"]) == 2


def test_an_encoder_of_the_users_is_named(augury, tmp_path, rows):
    path = tmp_path / "own.safetensors"
    DeepKernelGP(*rows, encoder=own_encoder()).save(path)
    assert "encoder" in augury("erf", path, code=2).stderr
    assert "--encoder 'no:thing'" in augury("erf", path, "--encoder", "no:thing", code=2).stderr
    (document,) = json.loads(augury("erf", path, "--encoder", f"{__name__}:own_encoder", "--json").stdout)
    assert document["input"] == [8, 8]


def test_what_has_no_field_is_told(augury, tmp_path, rows):
    assert "conv-LxK" in augury("erf", "resnet", code=2).stderr
    assert "odd" in augury("erf", "conv-2x4", "--size", 9, code=2).stderr
    assert "no such map" in augury("erf", "inception-next-atto", "--size", 32, "--stage", 9, code=2).stderr
    assert "--size" in augury("erf", "conv-1x3", "--size", 2, code=2).stderr
    assert ".png" in augury("erf", "conv-1x3", "--plot", "fields.txt", code=2).stderr
    X, Y = rows
    GaussianProcess(X[:, :2], Y).save(tmp_path / "gp.safetensors")
    assert "deep kernel" in augury("erf", tmp_path / "gp.safetensors", code=2).stderr
    DeepKernelGP(X[:, :2], Y).save(tmp_path / "skip.safetensors")
    assert "ArrayEncoder" in augury("erf", tmp_path / "skip.safetensors", code=2).stderr
