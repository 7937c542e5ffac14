"""Deep ensembles and dropout."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference import DeepEnsemble, GaussianWeightPrior, MCDropout, NetworkDensity
from augury.networks import MLP, StackedNetwork

from .linear_case import exact_posterior, linear_density


def density(n=20, hidden=(8, 6), noise=None):
    X = torch.linspace(-1.5, 1.5, n, dtype=torch.float64).unsqueeze(-1)
    network = StackedNetwork(MLP(1, hidden))
    return NetworkDensity(network, GaussianWeightPrior(network, 2.0), X, torch.sin(2.0 * X), noise)


def test_a_member_that_sees_everything_is_the_mode():
    linear = linear_density()
    members = DeepEnsemble(num_members=3, num_steps=1500, lr=0.05, subset=1.0).run(linear)
    mode, _ = exact_posterior(linear)
    torch.testing.assert_close(members.theta, mode.expand(3, -1), atol=1e-4, rtol=0)


def test_members_that_see_different_rows_differ():
    linear = linear_density()
    theta = DeepEnsemble(num_members=4, num_steps=1500, lr=0.05, subset=0.5).run(linear).theta
    assert float(torch.cdist(theta, theta).add(torch.eye(4) * 10).min()) > 1e-2


def test_members_are_functions_of_their_own_that_fit():
    given = density()
    members = DeepEnsemble(num_members=5, num_steps=800).run(given)
    values = members.predict(given.X)
    assert float((values - given.Y).square().mean()) < 0.01
    far = members.predict(torch.tensor([[6.0]], dtype=torch.float64))
    assert float(far.std()) > 2.0 * float(values.std(dim=0).mean())
    assert members.chain.tolist() == list(range(5))


def test_a_mask_is_a_network_without_some_units():
    given = density()
    network, rate = given.network, 0.3
    generator = torch.Generator().manual_seed(0)
    masks = MCDropout(rate=rate).masks(network, 200, generator)
    theta = network.initial(1, torch.Generator().manual_seed(1))
    layers = [layer for layer in network.module if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        torch.nn.utils.vector_to_parameters(theta[0], network.module.parameters())
        for mask in masks[:5]:
            kept = [
                part.reshape(layer.weight.shape)[0]
                for part, layer in zip(
                    (mask[p.start : p.stop] for p in network.slices if not p.is_bias), layers, strict=True
                )
            ]
            h = torch.tanh(layers[0](given.X))
            h = torch.tanh(layers[1](h * kept[1]))
            expected = layers[2](h * kept[2])
            torch.testing.assert_close(network(mask * theta, given.X)[0], expected)
    assert masks.unique().tolist() == pytest.approx([0.0, 1.0, 1.0 / (1.0 - rate)])
    first = network.slices[0]
    assert bool((masks[:, first.start : first.stop] == 1.0).all())  # inputs are never dropped
    assert float(masks[:, 16:].mean()) == pytest.approx(1.0, abs=0.05)  # unbiased


def test_dropout_samples_stay_the_same_functions():
    given = density()
    samples = MCDropout(num_samples=20, num_steps=200).run(given, seed=3)
    again = MCDropout(num_samples=20, num_steps=200).run(given, seed=3)
    assert torch.equal(samples.theta, again.theta)
    X = torch.linspace(-1, 1, 5, dtype=torch.float64).unsqueeze(-1)
    torch.testing.assert_close(samples.predict(X)[:, :2], samples.predict(X[:2]))
    assert float(samples.predict(X).std(dim=0).min()) > 0.0


def test_there_must_be_something_to_drop():
    with pytest.raises(NotSupportedError, match="hidden layer"):
        MCDropout().run(density(hidden=()))


@pytest.mark.parametrize("make", [lambda: DeepEnsemble(subset=0.0), lambda: MCDropout(rate=1.0)])
def test_impossible_options_are_refused(make):
    with pytest.raises(InvalidInputError):
        make()
