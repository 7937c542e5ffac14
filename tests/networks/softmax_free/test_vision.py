"""The published vision transformers: their sizes, their names, images of any size."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError
from augury.networks import SoftmaxFreeTransformer
from augury.networks.softmax_free.vision import Variant, from_published_names

SMALL = Variant((1, 1, 1, 1), (8, 8, 16, 16), (2, 2, 2, 2))


def images(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def count(variant, sampling="convolution"):
    network = SoftmaxFreeTransformer(variant, num_classes=1000, sampling=sampling, dtype=torch.float32)
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_tiny_network_has_the_published_number_of_parameters():
    """13.07 million with convolutional landmarks, 12.96 million with pooled ones."""
    assert count("tiny") == 13_069_056
    assert count("tiny", "pool") == 12_958_080


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "millions"), [("small", 24), ("small-code", 38), ("medium", 45), ("large", 64), ("huge", 87)]
)
def test_the_others_have_the_published_number_of_parameters(variant, millions):
    assert count(variant) // 10**6 == millions


@pytest.fixture(scope="module")
def network():
    return SoftmaxFreeTransformer(SMALL, 2, 64, 3, drop_path=0.3).eval()


def test_images_of_any_size_that_the_grids_tile(network):
    for size in ((64, 64), (32, 96)):
        assert network(images(2, 2, *size)).shape == (2, 3)
    with pytest.raises(InvalidInputError, match="multiples of 32"):
        network(images(1, 2, 48, 64))


def test_an_image_does_not_depend_on_its_batch(network):
    X = images(3, 2, 64, 64)
    assert torch.allclose(network(X)[1:2], network(X[1:2]), atol=1e-10)


def test_every_parameter_matters(network):
    network(images(2, 2, 64, 64)).square().sum().backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    network.zero_grad(set_to_none=True)
    assert silent == []


def test_layers_are_dropped_in_training_only(network):
    X = images(4, 2, 64, 64)
    other = SoftmaxFreeTransformer(SMALL, 2, 64, 3, drop_path=0.3).train()
    assert torch.equal(network(X), network(X))
    other.load_state_dict(network.state_dict())
    assert not torch.allclose(other(X), other(X))


def test_names_of_the_released_checkpoints(network):
    published = {
        "attention.queries": "att.mha.W_q",
        "attention.values": "att.mha.W_v",
        "attention.output": "att.mha.ff",
        "attention.landmarks.convolution": "att.mha.attn.Qlandmark_op",
        "attention.landmarks.norm": "att.mha.attn.Qnorm_act.0",
        "attention.value_convolution": "att.mha.attn.conv",
        "attention_norm": "att.norm1",
        "dense.0": "att.ff1",
        "dense.2": "att.ff2",
        "dense_norm": "att.norm2",
    }
    state = {}
    for name, value in network.state_dict().items():
        parts = name.split(".")
        if parts[0] in ("block1", "block2", "block3"):
            inner = ".".join(parts[2:-1])
            name = ".".join([*parts[:2], published[inner], parts[-1]])
        state[name] = value
    assert {
        "block1.0.att.mha.W_q.weight",
        "block4.0.attn.kv.bias",
        "patch_embed1.proj.0.weight",
    } <= state.keys()
    other = SoftmaxFreeTransformer(SMALL, 2, 64, 3, seed=1).eval()
    X = images(1, 2, 64, 64)
    assert not torch.allclose(other(X), network(X))
    other.load_state_dict(from_published_names(state))
    assert torch.equal(other(X), network(X))


@pytest.mark.parametrize(("arguments", "message"), [(("giant",), "tiny, small"), ((SMALL, 3, 100), "32")])
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        SoftmaxFreeTransformer(*arguments)
