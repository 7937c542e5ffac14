"""The training of prior-fitted networks: the loss, the schedule, and taking up where it was left."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from augury.errors import InvalidInputError
from augury.inference.prior_fitted import training
from augury.inference.prior_fitted.checkpoints import (
    load_network,
    read_header,
    resume_training,
    save_network,
    save_training,
)
from augury.inference.prior_fitted.evaluation import measure_gap
from augury.inference.prior_fitted.loss import regression_loss
from augury.inference.prior_fitted.plan import TrainingPlan
from augury.inference.prior_fitted.recipes import recipe
from augury.inference.prior_fitted.training import Trainer
from augury.networks.prior_fitted.transformer import PriorFittedTransformer


@pytest.fixture(autouse=True)
def _few_border_values(monkeypatch):
    monkeypatch.setattr(training, "_BORDER_VALUES", 2000)


def trainer(steps: int = 6, name: str = "gp", **plan) -> Trainer:
    chosen = recipe(name)
    shape = replace(chosen.shape, width=8, layers=1, heads=2, hidden=8, num_bars=12)
    sizes = {"tokens": 256, "max_batch": 12, "max_context": 6, "queries": 6, "steps": steps, "warm_up": 2}
    return Trainer(chosen.prior, shape, replace(chosen.plan, **sizes, **plan))


def test_training_lowers_the_divergence():
    one = trainer(60, learning_rate=0.02)
    one.run()
    assert [note.step for note in one.log] == [50, 60]
    start = PriorFittedTransformer(one.network.shape, one.network.borders)
    before, after = (measure_gap(net, one.prior, 4, 1, data_sets=100).gap for net in (start, one.network))
    assert after < 0.8 * before


def test_the_loss_is_the_mean_negative_log_likelihood_over_the_law():
    """Its differences between networks are those of -log q(y) averaged over many draws of y."""
    one = trainer()
    one.fit_borders()
    other = PriorFittedTransformer(one.network.shape, one.network.borders, seed=9)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for network in (one.network, other):  # as they begin they predict the same
            for parameter in network.parameters():
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    draw = one.prior.sample(5, 4, 6, 1, torch.Generator().manual_seed(2))
    scores = []
    for network in (one.network, other):
        X, y, X_new = (part.float() for part in (draw.X, draw.y, draw.X_new))
        predicted, noise = network.predict(network.read(X, y), X_new)
        generator = torch.Generator().manual_seed(3)
        sampled = -torch.stack(
            [predicted.log_prob(draw.outcomes(generator)).mean() for _ in range(1500)]
        ).mean()
        parts = regression_loss(network, draw)
        taught = 0.05 * 0.5 * (noise.log() + draw.noise.square() / noise).mean()
        scores.append((float(sampled), float(parts.total - taught)))
        assert parts.divergence > 0.0
    (sampled_one, loss_one), (sampled_other, loss_other) = scores
    assert loss_one - loss_other == pytest.approx(sampled_one - sampled_other, abs=0.02)
    assert abs(loss_one - loss_other) > 0.05  # or there is nothing to compare


def test_a_prediction_equal_to_the_law_has_no_divergence():
    """With the law's own bucket masses as logits; what remains of the gap is the width of the buckets."""
    one = trainer()
    one.fit_borders()
    draw = one.prior.sample(64, 3, 6, 1, torch.Generator().manual_seed(2))

    class Oracle(PriorFittedTransformer):
        def _decode(self, context, X):
            from augury.numerics.buckets import normal_bucket_masses

            masses = normal_bucket_masses(self.borders, draw.mean, draw.deviation)
            logits = (masses + 1e-12).log().float()
            noise = 2.0 * draw.noise.float().log().unsqueeze(-1)
            return torch.cat([logits, noise], -1), None, X.new_zeros(()), X.new_zeros(())

    oracle = Oracle.__new__(Oracle)
    oracle.__dict__.update(one.network.__dict__)
    assert abs(regression_loss(oracle, draw).divergence) < 1e-4
    assert regression_loss(one.network, draw).divergence > 0.05


@pytest.mark.parametrize("name", ["gp", "surrogate", "classes"])
def test_a_resumed_training_is_the_uninterrupted_one(name, tmp_path):
    whole = trainer(4, name)
    for _ in range(4):
        whole.advance()
    half = trainer(4, name)
    for _ in range(2):
        half.advance()
    path = tmp_path / "t.safetensors"
    save_training(half, path, {"prior": name})
    again = trainer(4, name)
    assert resume_training(again, path) == {"prior": name}
    assert again.step == 2
    for _ in range(2):
        again.advance()
    for one, other in zip(whole.network.parameters(), again.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0.0, atol=0.0)
    further = trainer(4, name)
    resume_training(further, path, restart_schedule=True)
    assert further.step == 0
    torch.testing.assert_close(further.network.state_dict(), half.network.state_dict())


def test_a_saved_network_predicts_the_same(tmp_path):
    one = trainer(3)
    one.run()
    path = tmp_path / "n.safetensors"
    save_network(one.network, path, {"prior": "gp"})
    other, about = load_network(path)
    assert about == {"prior": "gp"}
    assert read_header(path)["shape"] == one.network.shape.as_dict()
    X, y, X_new = (
        torch.rand(shape, generator=torch.Generator().manual_seed(1))
        for shape in ((1, 4, 1), (1, 4), (1, 3, 1))
    )
    torch.testing.assert_close(one.network(X, y, X_new).logits, other(X, y, X_new).logits)


def test_files_that_are_no_networks_are_refused(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"no tensors at all")
    with pytest.raises(InvalidInputError, match="not a prior-fitted network"):
        load_network(tmp_path / "a.safetensors")
    with pytest.raises(InvalidInputError, match="there is no file"):
        load_network(tmp_path / "b.safetensors")
    one = trainer()
    save_network(one.network, tmp_path / "n.safetensors")
    with pytest.raises(InvalidInputError, match="no training of this network"):
        resume_training(one, tmp_path / "n.safetensors")


def test_the_rate_rises_and_ends_at_zero():
    plan = TrainingPlan(steps=100, warm_up=10, learning_rate=1.0, seconds=50.0)
    assert plan.rate(0, 0.0) == pytest.approx(0.1)
    assert plan.rate(9, 0.0) > 0.97
    assert plan.rate(50, 0.0) == pytest.approx(0.5)
    assert plan.rate(10, 50.0) == 0.0
    assert plan.rate(100, 0.0) == 0.0


def test_small_contexts_are_drawn_more_often_where_asked():
    generator = torch.Generator().manual_seed(0)
    plan = TrainingPlan(max_context=200, sizes="log", dims=(2, 4))
    drawn = [plan.draw_sizes(generator) for _ in range(2000)]
    rows = torch.tensor([n for n, _ in drawn]).double()
    assert rows.min() == 0
    assert 190 < rows.max() <= 200
    assert 10 < rows.median() < 18  # sqrt(202) - 1
    assert {d for _, d in drawn} == {2, 3, 4}
    uniform = [TrainingPlan(max_context=10).draw_sizes(generator)[0] for _ in range(1000)]
    assert set(uniform) == set(range(11))


@pytest.mark.parametrize(
    "wrong", [{"dims": (3, 2)}, {"steps": 0}, {"learning_rate": 0.0}, {"sizes": "cubic"}, {"queries": 0}]
)
def test_plans_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        TrainingPlan(**wrong)


def test_a_network_too_narrow_for_the_plan_is_refused():
    with pytest.raises(InvalidInputError, match="1 inputs cannot learn from 3"):
        trainer(dims=(1, 3))


def test_the_gap_of_an_untrained_network_is_positive():
    one = trainer()
    one.fit_borders()
    gap = measure_gap(one.network, one.prior, 5, 1, data_sets=50)
    assert gap.gap > 5 * gap.error > 0.0
    assert gap.gap == pytest.approx(gap.network - gap.reference)
