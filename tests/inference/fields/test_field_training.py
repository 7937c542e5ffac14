"""The training of fields."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.inference import FieldTrainer, ImageSampler, SignedDistanceSampler, fit_field, load_field
from augury.inference.fields.checkpoints import resume_field_training, save_field_training
from augury.networks import FieldDesign

ROWS, COLUMNS = np.meshgrid(np.linspace(-1, 1, 12), np.linspace(-1, 1, 16), indexing="ij")
IMAGE = np.stack([ROWS * COLUMNS, np.sin(3 * ROWS)], axis=2)
DESIGN = FieldDesign(2, 2, (3, 2), (4, 8), n_centers=8)


def trainer(design=DESIGN, **options):
    given = {"steps": 40, "batch_size": 64, "seed": 1, **options}
    return FieldTrainer(design.build(dtype=torch.float32), ImageSampler(IMAGE), **given)


def test_pixels_and_coordinates_belong_together():
    sampler = ImageSampler(IMAGE)
    X, Y = sampler.sample(50, torch.Generator().manual_seed(0))
    assert np.allclose(Y[:, 0], X[:, 0] * X[:, 1])
    assert np.allclose(Y[:, 1], np.sin(3 * X[:, 0].numpy()))
    assert torch.equal(sampler.coordinates[[0, -1]], torch.tensor([[-1.0, -1.0], [1.0, 1.0]]).double())
    assert ImageSampler(IMAGE[:, :, 0]).out_features == 1


def test_surface_points_lie_on_the_surface():
    def ball(x):
        return x.norm(dim=1) - 0.6

    X, Y = SignedDistanceSampler(ball, surface_share=0.25).sample(400, torch.Generator().manual_seed(0))
    assert float(Y[:100].abs().max()) < 1e-6
    assert torch.allclose(X.norm(dim=1) - 0.6, Y[:, 0])
    assert int((Y[100:].abs() < 1e-3).sum()) < 10
    assert 0.05 < float((Y[100:] < 0).double().mean()) < 0.2  # the ball has 11 % of the cube


@pytest.mark.parametrize("loss", ["absolute", "squared", "relative"])
def test_a_fit_learns(loss):
    sampler = ImageSampler(IMAGE)
    before = float((DESIGN.build()(sampler.coordinates) - sampler.values).square().mean())
    field = fit_field(DESIGN.build(), sampler, steps=150, batch_size=128, loss=loss)
    after = float((field(sampler.coordinates) - sampler.values).square().mean())
    assert after < 0.05 * before


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(tmp_path):
    whole = trainer()
    whole.run()
    part = trainer()
    for _ in range(17):
        part.advance()
    path = tmp_path / "x.field.safetensors"
    save_field_training(part, DESIGN, path, "ramp")
    again = trainer()
    resume_field_training(again, DESIGN, path, "ramp")
    assert again.step == 17
    seen = []
    again.run(lambda done, total, what: seen.append((done, total)))
    assert seen[-1] == (40, 40)
    for name, value in whole.field.state_dict().items():
        assert torch.equal(value, again.field.state_dict()[name])
    save_field_training(again, DESIGN, path, "ramp")
    X = torch.zeros(1, 2)
    assert torch.equal(load_field(path, dtype=torch.float32)(X), again.field(X))


@pytest.mark.parametrize(
    ("design", "options", "signal", "what"),
    [
        (FieldDesign(2, 2, (3, 2), (4, 8), n_centers=9), {}, "ramp", "design"),
        (DESIGN, {"steps": 41}, "ramp", "plan"),
        (DESIGN, {}, "other", "signal"),
    ],
)
def test_a_training_of_something_else_is_not_taken_up(tmp_path, design, options, signal, what):
    path = tmp_path / "x.safetensors"
    save_field_training(trainer(), DESIGN, path, "ramp")
    with pytest.raises(InvalidInputError, match=f"another {what}"):
        resume_field_training(trainer(design, **options), design, path, signal)
    with pytest.raises(InvalidInputError, match="there is no file"):
        load_field(tmp_path / "missing.safetensors")


def test_what_is_not_allowed_is_said():
    with pytest.raises(InvalidInputError, match="loss must be one of"):
        trainer(loss="cosine")
    with pytest.raises(InvalidInputError, match="learning_rate"):
        trainer(learning_rate=0.0)
    with pytest.raises(InvalidInputError, match="finite"):
        ImageSampler(np.full((3, 3), np.nan))
    with pytest.raises(InvalidInputError, match="H x W"):
        ImageSampler(np.zeros(3))
    with pytest.raises(InvalidInputError, match="surface_share"):
        SignedDistanceSampler(torch.norm, surface_share=2.0)
    with pytest.raises(InvalidInputError, match="finite number for each"):
        SignedDistanceSampler(lambda x: x, surface_share=0.0).sample(3, torch.Generator())
    broken = trainer(learning_rate=1e30)
    with pytest.raises(InvalidInputError, match="diverged"):
        broken.run()
