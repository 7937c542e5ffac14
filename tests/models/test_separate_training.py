"""Deep kernels whose encoder and hyperparameters learn from different rows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import augury
from augury.errors import InvalidInputError
from augury.inference import SeparateTraining
from augury.models import DeepKernelGP
from augury.networks import ArrayEncoder
from augury.networks.encoders import InceptionNeXt, UniRepLKNet

SIDE = 8


@pytest.fixture(scope="module")
def images():
    """Spots at random places, and how much longer they are than wide."""
    generator = torch.Generator().manual_seed(0)
    places = SIDE * torch.rand(160, 2, dtype=torch.float64, generator=generator)
    longer = torch.rand(160, 1, dtype=torch.float64, generator=generator) - 0.5
    axis = torch.arange(SIDE, dtype=torch.float64) + 0.5
    distance = (axis - places[..., None] + SIDE / 2) % SIDE - SIDE / 2
    bells = torch.exp(-((distance * torch.cat([-longer, longer], 1).exp()[..., None]) ** 2))
    return (bells[:, 0, :, None] * bells[:, 1, None, :]).flatten(1), longer


def inception(**settings):
    network = InceptionNeXt(1, (1,), (8,), num_classes=2, layer_scale=1.0, **settings)
    return ArrayEncoder(network, (1, SIDE, SIDE))


PLAN = SeparateTraining(60, batch_size=32)


@pytest.fixture(scope="module")
def fitted(images):
    X, Y = images
    seen = []
    model = DeepKernelGP(X[:120], Y[:120], encoder=inception(), training=PLAN)
    return model.fit(progress=lambda *step: seen.append(step)), seen


def test_new_rows_are_predicted_as_well_as_it_says(images, fitted):
    X, Y = images
    model, _ = fitted
    with torch.no_grad():
        posterior = model.posterior(X[120:, None], observation_noise=True)
    left = posterior.mean - Y[120:, None]
    assert left.square().mean() < 0.7 * Y.var()
    assert 0.5 < float((left.square() / posterior.variance).mean()) < 2.0


def test_progress_is_told(fitted):
    _, seen = fitted
    assert seen[:60] == [(step, 60, "training the encoder") for step in range(1, 61)]
    assert {what for _, _, what in seen[60:]} == {"fitting 40 rows"}


def test_batches_of_points_and_their_gradients(images, fitted):
    X, _ = images
    model, _ = fitted
    points = X[:6].reshape(3, 2, -1).clone().requires_grad_()
    assert model.posterior(points).mean.shape == (3, 2, 1)
    model.posterior(points).mean.sum().backward()
    assert points.grad.abs().sum() > 0.0
    torch.testing.assert_close(model.posterior(points).mean[1], model.posterior(X[2:4]).mean)


def test_a_file_gives_the_predictions_back(tmp_path, images, fitted):
    X, _ = images
    model, _ = fitted
    model.save(tmp_path / "model.safetensors")
    again = augury.load(tmp_path / "model.safetensors")
    torch.testing.assert_close(again.posterior(X).mean, model.posterior(X).mean)


def test_a_fit_goes_on_from_its_checkpoint(tmp_path, images):
    X, Y = images
    both = torch.cat([Y, -2.0 * Y], 1)

    def model():
        return DeepKernelGP(
            X, both, encoder=inception(norm="layer"), training=SeparateTraining(4, batch_size=8)
        )

    first = model().fit(checkpoint=tmp_path / "state.safetensors")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state.0.safetensors", "state.1.safetensors"]
    steps = []
    again = model().fit(checkpoint=tmp_path / "state.safetensors", progress=lambda *step: steps.append(step))
    assert not any("encoder" in what for _, _, what in steps)
    assert torch.equal(again.theta, first.theta)
    with pytest.raises(InvalidInputError, match="training=SeparateTraining"):
        DeepKernelGP(X, Y).fit(checkpoint=tmp_path / "state.safetensors")


def test_few_rows_leave_the_encoder_as_it_is(images):
    X, Y = images
    encoder = inception()
    model = DeepKernelGP(X[:5], Y[:5], encoder=encoder, training=PLAN)
    before = model.features(X)
    assert torch.equal(model.fit().features(X), before)
    assert torch.isfinite(model.posterior(X).variance).all()


def test_a_large_kernel_network_is_trained_too(images):
    X, Y = images
    network = UniRepLKNet(1, (1,), 4, ((7,),), num_classes=2, layer_scale=1.0)
    model = DeepKernelGP(
        X, Y, encoder=ArrayEncoder(network, (1, SIDE, SIDE)), training=SeparateTraining(8, batch_size=8)
    )
    before = model.features(X)
    assert not torch.allclose(model.fit().features(X), before)
    assert torch.isfinite(model.posterior(X).variance).all()


def test_rows_of_another_length_are_refused(images):
    X, Y = images
    with pytest.raises(InvalidInputError, match="64 entries"):
        DeepKernelGP(X[:, 1:], Y, encoder=inception())
    with pytest.raises(InvalidInputError, match="at least 1"):
        ArrayEncoder(nn.Identity(), (0, 3))
