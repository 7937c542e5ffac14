"""The posterior density of networks: gradients, marginals, and an exact special case."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch.distributions import Normal

from augury.errors import InvalidInputError
from augury.inference import HMC, NUTS, GaussianWeightPrior, NetworkDensity
from augury.inference.diagnostics import effective_sample_size, split_rhat
from augury.inference.evaluator import TorchEvaluator
from augury.inference.noise_prior import NOISE_FLOOR
from augury.inference.tanh_evaluator import TanhEvaluator
from augury.networks import MLP, StackedNetwork
from tests.inference.cases import central_differences, network_density, positions

CASES = [{}, {"outputs": 2}, {"known": True}, {"known": True, "outputs": 2}, {"hidden": ()}, {"n": 1}]


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("options", CASES)
def test_the_value_is_the_sum_of_its_parts(options, activation):
    density = network_density(**options, activation=activation)
    theta = positions(density)
    weights, s = density.split(theta)
    noise = density.noise if s is None else ((2 * s).exp() + NOISE_FLOOR**2).unsqueeze(1)
    parts = Normal(density.network(weights, density.X), noise**0.5).log_prob(density.Y).sum(dim=(1, 2))
    torch.testing.assert_close(density.log_likelihood(theta).sum(dim=1), parts)
    parts = parts + Normal(0.0, density.prior.scale).log_prob(weights).sum(dim=1)
    parts = parts if s is None else parts + Normal(-2.0, 1.0).log_prob(s).sum(dim=1)
    difference = density.value_gradient(theta)[0] - parts
    torch.testing.assert_close(difference, difference[:1].expand(3))


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
@pytest.mark.parametrize("options", CASES)
def test_the_gradient_is_the_slope(options, activation):
    density = network_density(**options, activation=activation)
    theta = positions(density).numpy()
    slopes = central_differences(lambda q: density.value_gradient(torch.from_numpy(q))[0].numpy(), theta)
    gradient = density.value_gradient(torch.from_numpy(theta))[1].numpy()
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-5 * np.abs(slopes).max())


@pytest.mark.parametrize("options", CASES)
def test_the_evaluator_of_tanh_networks_has_the_gradient_of_its_value(options):
    density = network_density(**options)
    evaluator = density.evaluator(3)
    assert isinstance(evaluator, TanhEvaluator)
    position = evaluator.reduce(positions(density).numpy())
    slopes = central_differences(lambda q: evaluator.value(q).copy(), position)
    value, gradient = (part.copy() for part in evaluator.value_gradient(position))
    scale = np.abs(slopes).max()
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-6 * scale)
    np.testing.assert_allclose(evaluator.gradient(position), gradient, rtol=1e-3, atol=1e-4 * scale)
    np.testing.assert_allclose(evaluator.value(position), value)


@pytest.mark.parametrize("options", [{}, {"known": True}])
def test_output_biases_are_integrated_out(options):
    density = network_density(**options)
    evaluator, theta = density.evaluator(3), positions(density)
    position = evaluator.reduce(theta.numpy())
    grid = torch.linspace(-12.0, 12.0, 4001, dtype=torch.float64)
    column = density.num_weights - 1
    marginals = []
    for row in theta:
        rows = row.expand(len(grid), -1).clone()
        rows[:, column] = grid
        marginals.append(logsumexp(density.value_gradient(rows)[0].numpy()))
    difference = evaluator.value(position) - np.array(marginals)
    np.testing.assert_allclose(difference, difference[0], atol=1e-8)
    draws = evaluator.complete(np.repeat(position[:1], 4000, axis=0), np.random.default_rng(0))
    rows = theta[:1].expand(len(grid), -1).clone()
    rows[:, column] = grid
    weights = (density.value_gradient(rows)[0] - marginals[0]).exp()
    mean = float((weights * grid).sum())
    deviation = float((weights * (grid - mean) ** 2).sum()) ** 0.5
    assert draws[:, column].mean() == pytest.approx(mean, abs=4 * deviation / 4000**0.5)
    assert draws[:, column].std() == pytest.approx(deviation, rel=0.05)
    assert np.array_equal(evaluator.reduce(draws[:1]), position[:1])


def test_other_networks_and_priors_are_sampled_as_they_are():
    assert isinstance(network_density(activation="relu").evaluator(2), TorchEvaluator)
    network = StackedNetwork(MLP(2, (3,), bias=False))
    density = NetworkDensity(network, GaussianWeightPrior(network), torch.zeros(2, 2), torch.zeros(2, 1))
    assert isinstance(density.evaluator(2), TorchEvaluator)


@pytest.mark.parametrize("known", [False, True])
def test_minibatch_gradients_average_to_the_gradient(known):
    density = network_density(known=known)
    theta = positions(density)
    batches = torch.arange(9).reshape(3, 3)
    mean = torch.stack([density.minibatch_gradient(theta, rows) for rows in batches]).mean(dim=0)
    torch.testing.assert_close(mean, density.value_gradient(theta)[1])
    own = density.minibatch_gradient(theta, batches)  # each chain another batch
    for chain in range(3):
        alone = density.minibatch_gradient(theta, batches[chain])
        torch.testing.assert_close(own[chain], alone[chain])


@pytest.mark.parametrize("sampler", [HMC(150, 100, 8, path_length=1.5), NUTS(100, 80, 8)])
def test_a_linear_network_has_the_posterior_of_bayesian_linear_regression(sampler):
    density = network_density(hidden=(), known=True, n=8)
    design = torch.cat([density.X, torch.ones(8, 1)], dim=1)
    precision = torch.diag(1.0 / density.prior.variance) + design.T @ (design / density.noise)
    covariance = precision.inverse()
    mean = (covariance @ design.T @ (density.Y / density.noise))[:, 0]
    draws = sampler.run(density).theta.reshape(8, -1, 3).numpy()
    error = covariance.diagonal().sqrt().numpy() / np.sqrt(effective_sample_size(draws))
    assert split_rhat(draws).max() < 1.05
    assert (np.abs(draws.mean(axis=(0, 1)) - mean.numpy()) < 4 * error).all()
    found = np.cov(draws.reshape(-1, 3).T)
    size = covariance.diagonal().sqrt().numpy()
    assert (np.abs(found - covariance.numpy()) < 0.15 * np.outer(size, size)).all()


def test_hmc_and_nuts_agree_on_a_network():
    density = network_density(hidden=(10,), n=8, seed=1)
    X = torch.linspace(-2.0, 2.0, 7, dtype=torch.float64).unsqueeze(1).expand(7, 2)
    moments = []
    for sampler in (HMC(100, 100, 8), NUTS(60, 60, 8, max_depth=6)):
        draws = sampler.run(density, seed=1).predict(X)[..., 0].reshape(8, -1, 7).numpy()
        assert split_rhat(draws).max() < 1.15
        ess = effective_sample_size(draws)
        moments.append((draws.mean(axis=(0, 1)), draws.std(axis=(0, 1)), ess))
    (mean, deviation, ess), (other_mean, other_deviation, other_ess) = moments
    error = deviation * np.sqrt(1 / ess + 1 / other_ess)
    assert (np.abs(mean - other_mean) < 4 * error).all()
    assert (np.abs(np.log(deviation / other_deviation)) < 4 * np.sqrt(0.5 / ess + 0.5 / other_ess)).all()


def test_shapes_that_do_not_fit_are_refused():
    network = StackedNetwork(MLP(2, (3,)))
    prior = GaussianWeightPrior(network)
    X, Y = torch.zeros(4, 2), torch.zeros(4, 1)
    with pytest.raises(InvalidInputError, match=r"does not take inputs of shape \(3,\)"):
        NetworkDensity(network, prior, torch.zeros(4, 3), Y)
    with pytest.raises(InvalidInputError, match=r"it must give \(1, 2\)"):
        NetworkDensity(network, prior, X, torch.zeros(4, 2))
    with pytest.raises(InvalidInputError, match="X must be"):
        NetworkDensity(network, prior, X[:3], Y)
    with pytest.raises(InvalidInputError, match="must be positive"):
        NetworkDensity(network, prior, X, Y, noise=0.0)


def test_good_chains_are_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diagnostics = HMC(100, 100, 4).run(network_density(hidden=(), n=30)).diagnostics
    assert diagnostics["ess_bulk"] > 50
