"""The prior-fitted transformer: who sees whom, and what does not matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from augury.errors import InvalidInputError
from augury.networks.prior_fitted.attention import ContextAttention
from augury.networks.prior_fitted.transformer import PriorFittedTransformer, TransformerShape

SHAPE = TransformerShape(dim=3, num_bars=9, width=16, layers=2, heads=4, hidden=16)
SHAPES = {
    "plain": SHAPE,
    "standardised": replace(SHAPE, standardize=True),
    "experts": replace(SHAPE, experts=True, standardize=True),
    "sampled": replace(SHAPE, experts=True, sampled=True, standardize=True),
}


def network(name: str = "plain") -> PriorFittedTransformer:
    """With weights that are not those of the start, at which it does nothing."""
    made = PriorFittedTransformer(SHAPES[name]).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, dtype=torch.float64, generator=generator))
    return made


def data(n: int = 6, m: int = 5, d: int = 3, batch: int = 2):
    generator = torch.Generator().manual_seed(0)
    shapes = ((batch, n, d), (batch, n), (batch, m, d))
    return [torch.rand(shape, dtype=torch.float64, generator=generator) for shape in shapes]


def outputs(made: PriorFittedTransformer, X, y, X_new) -> torch.Tensor:
    predicted, noise = made.predict(made.read(X, y), X_new)
    parts = [predicted.logits.log_softmax(-1), predicted.loc.expand(noise.shape)[..., None]]
    return torch.cat([*parts, predicted.scale.expand(noise.shape)[..., None], noise[..., None]], dim=-1)


@pytest.mark.parametrize("name", SHAPES)
def test_the_order_of_the_context_does_not_matter(name):
    X, y, X_new = data()
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    made = network(name)
    torch.testing.assert_close(outputs(made, X[:, order], y[:, order], X_new), outputs(made, X, y, X_new))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("n", [0, 1, 6])
def test_queries_do_not_see_each_other(name, n):
    X, y, X_new = data(n)
    made = network(name)
    together = outputs(made, X, y, X_new)
    assert bool(together.isfinite().all())
    for j in range(5):
        torch.testing.assert_close(outputs(made, X, y, X_new[:, j : j + 1])[:, 0], together[:, j])


@pytest.mark.parametrize("name", SHAPES)
def test_every_context_row_matters(name):
    X, y, X_new = data()
    made = network(name)
    before = outputs(made, X, y, X_new)
    for i in range(6):
        changed = y.clone()
        changed[:, i] += 1.0
        assert float((outputs(made, X, changed, X_new) - before).abs().min(dim=-2).values.max()) > 1e-6


@pytest.mark.parametrize("name", SHAPES)
def test_training_and_evaluation_are_the_same_function(name):
    X, y, X_new = data()
    made = network(name)
    training = outputs(made.train(), X, y, X_new)
    with torch.no_grad():
        torch.testing.assert_close(outputs(made.eval(), X, y, X_new), training)


@pytest.mark.parametrize("name", SHAPES)
def test_data_sets_of_a_batch_are_independent(name):
    X, y, X_new = data()
    made = network(name)
    both = outputs(made, X, y, X_new)
    for b in range(2):
        alone = outputs(made, X[b : b + 1], y[b : b + 1], X_new[b : b + 1])
        torch.testing.assert_close(alone[0], both[b])


@pytest.mark.parametrize("name", ["standardised", "experts", "sampled"])
def test_standardised_predictions_follow_the_unit_of_the_outcomes(name):
    X, y, X_new = data()
    made = network(name)
    predicted, changed = made(X, y, X_new), made(X, 30.0 * y - 7.0, X_new)
    torch.testing.assert_close(changed.mean, 30.0 * predicted.mean - 7.0)
    torch.testing.assert_close(changed.variance, 900.0 * predicted.variance)


@pytest.mark.parametrize("name", ["experts", "sampled"])
def test_the_order_of_the_inputs_does_not_matter_to_a_network_with_experts(name):
    X, y, X_new = data()
    order = torch.tensor([2, 0, 1])
    made = network(name)
    torch.testing.assert_close(outputs(made, X[..., order], y, X_new[..., order]), outputs(made, X, y, X_new))


def test_attention_is_the_formula():
    generator = torch.Generator().manual_seed(0)
    made = ContextAttention(8, 2).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, dtype=torch.float64, generator=generator))
    context, query = torch.randn(2, 1, 4, 8, dtype=torch.float64, generator=generator)
    z, w = torch.rand(2, 1, 4, 3, dtype=torch.float64, generator=generator)
    found = made(query, w, made.project(context, z), with_self=True)
    q = made.queries(query).reshape(4, 2, 4)
    keys, values = (part.reshape(4, 2, 4) for part in made.keys_values(context).chunk(2, -1))
    own_key, own_value = (part.reshape(4, 2, 4) for part in made.keys_values(query).chunk(2, -1))
    rows = []
    for i in range(4):
        heads = []
        for h in range(2):
            bandwidth = made.log_bandwidth[h].exp()
            logits = [
                q[i, h] @ keys[j, h] / 2.0 - ((w[0, i] - z[0, j]) / bandwidth).square().sum() / 2.0
                for j in range(4)
            ]
            logits.append(q[i, h] @ own_key[i, h] / 2.0)
            share = torch.stack(logits).softmax(0)
            heads.append(share @ torch.cat([values[:, h], own_value[i : i + 1, h]]))
        rows.append(torch.cat(heads))
    torch.testing.assert_close(found[0], made.output(torch.stack(rows)))


def test_fewer_inputs_are_padded_and_more_cut_only_with_experts():
    X, y, X_new = data(d=2)
    assert bool(outputs(network(), X, y, X_new).isfinite().all())
    X, y, X_new = data(d=5)
    with pytest.raises(InvalidInputError, match="at most 3 inputs; given 5"):
        network().read(X, y)
    assert bool(outputs(network("experts"), X, y, X_new).isfinite().all())


@pytest.mark.parametrize("name", ["experts", "sampled"])
def test_the_network_begins_as_its_experts(name):
    """Untrained, it predicts the average of the bank: a mixture of normals, up to the buckets."""
    borders = torch.linspace(-6.0, 6.0, 241, dtype=torch.float64)
    made = PriorFittedTransformer(replace(SHAPES[name], num_bars=240), borders).double()
    X, y, X_new = data()
    context = made.read(X, y)
    predicted, _ = made.predict(context, X_new)
    mean, variance = made.bank.predict(context.experts, X_new).opinions.moments()
    scale = context.scale[:, None]
    torch.testing.assert_close(predicted.mean, context.loc[:, None] + scale * mean, atol=2e-3, rtol=0.0)
    torch.testing.assert_close(predicted.variance, scale**2 * variance, rtol=0.02, atol=0.0)


@pytest.mark.parametrize(
    "wrong", [{"dim": 0}, {"num_bars": 2}, {"heads": 3}, {"classes": 3}, {"sampled": True}]
)
def test_shapes_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        replace(SHAPE, **wrong)
