"""The training of an encoder: minibatches, interruption, batch statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from augury.errors import InvalidInputError
from augury.inference.encoder_training import EncoderTrainer, SeparateTraining, absorb_batch_statistics_
from augury.networks import MLP
from tests.networks.encoders.randomise import randomise_


def rows(n=24):
    X = torch.rand(n, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return X, X[:, 0] - 2.0 * X[:, 1]


def encoder():
    return nn.Sequential(MLP(3, (8,), 4), nn.BatchNorm1d(4, dtype=torch.float64), nn.Dropout(0.1))


def trained(plan, **run):
    network = encoder()
    EncoderTrainer(network, *rows(), plan, 0).run(**run)
    return network.eval()


def test_training_makes_features_from_which_the_outcomes_are_predicted():
    X, y = rows()
    features = trained(SeparateTraining(200, batch_size=8))(X).detach()
    design = torch.cat([features, torch.ones_like(features[:, :1])], 1)
    left = y - design @ torch.linalg.lstsq(design, y[:, None]).solution[:, 0]
    assert left.square().mean() < 0.02 * y.var()


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path):
    plan, file, seen = SeparateTraining(12, batch_size=8), tmp_path / "state.safetensors", []
    whole = trained(plan)

    def stop(done, total, what):
        seen.append((done, total))
        if done == 5:
            raise KeyboardInterrupt

    trainer = EncoderTrainer(encoder(), *rows(), plan, 0)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(stop)
    trainer._save(file)
    state = torch.get_rng_state()
    again = trained(plan, progress=lambda done, total, what: seen.append((done, total)), checkpoint=file)
    assert torch.equal(torch.get_rng_state(), state)
    assert seen == [(step, 12) for step in range(1, 13)]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert torch.equal(trained(plan, checkpoint=file)(rows()[0]), whole(rows()[0]))  # nothing was left to do
    with pytest.raises(InvalidInputError, match="another training"):
        trained(SeparateTraining(13, batch_size=8), checkpoint=file)


@pytest.mark.parametrize("layer", [nn.BatchNorm1d, nn.BatchNorm2d])
def test_statistics_become_scales_and_shifts(layer):
    network = randomise_(nn.Sequential(layer(4, dtype=torch.float64)))
    sides = (2,) if layer is nn.BatchNorm1d else (2, 3)
    x = torch.randn(5, 4, *sides, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    before = network(x)
    absorb_batch_statistics_(network)
    assert torch.allclose(network(x), before, rtol=1e-12)
    assert torch.equal(network[0].running_mean, torch.zeros(4, dtype=torch.float64))
    assert torch.equal(network[0].running_var, torch.ones(4, dtype=torch.float64))


def test_the_learning_rate_rises_and_falls_to_zero():
    plan = SeparateTraining(100, learning_rate=0.5)
    rates = [plan.rate(step) for step in range(100)]
    assert max(rates) == pytest.approx(0.5)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "given",
    [{"steps": 0}, {"batch_size": 1}, {"held_out": 1.0}, {"learning_rate": 0.0}, {"weight_decay": -1.0}],
)
def test_numbers_out_of_range_are_refused(given):
    with pytest.raises(InvalidInputError, match=next(iter(given))):
        SeparateTraining(**given)
