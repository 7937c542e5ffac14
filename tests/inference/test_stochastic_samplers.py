"""SGHMC and cyclical SGLD where the posterior is known exactly."""

from __future__ import annotations

import pytest
import torch

from augury.errors import InvalidInputError
from augury.inference import SGHMC, CyclicalSGLD, HierarchicalWeightPrior, InferenceWarning, NetworkDensity
from augury.inference.adaptive_sghmc import AdaptiveState
from augury.inference.chains import chain_samples
from augury.networks import MLP, StackedNetwork

from .linear_case import exact_posterior, linear_density

SAMPLERS = {
    "sghmc": SGHMC(num_samples=60, keep_every=20, burn_in=800, num_chains=40, lr=0.04, batch_size=64),
    "sghmc-minibatch": SGHMC(
        num_samples=60, keep_every=20, burn_in=800, num_chains=40, lr=0.02, batch_size=10
    ),
    "cyclical-sgld": CyclicalSGLD(
        num_cycles=4,
        num_samples=10,
        cycle_length=300,
        num_chains=40,
        step_size=0.2,
        batch_size=64,
        num_steps=100,
    ),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_moments_are_those_of_bayesian_linear_regression(name):
    density = linear_density()
    samples = SAMPLERS[name].run(density, seed=1)
    mean, covariance = exact_posterior(density)
    deviation = covariance.diagonal().sqrt()
    chains = samples.theta.reshape(40, -1, 3)
    # Chains are independent, so the spread of their averages is the Monte Carlo error.
    averages = chains.mean(dim=1)
    error = averages.std(dim=0) / 40**0.5
    assert bool(((averages.mean(dim=0) - mean).abs() < 4.0 * error + 0.02 * deviation).all())
    ratio = (chains - mean).square().mean(dim=(0, 1)) / covariance.diagonal()
    assert bool((ratio.log().abs() < 0.2).all()), ratio


def test_the_update_adapts_in_the_published_order():
    state = AdaptiveState.start(torch.zeros(1, 1, dtype=torch.float64))
    state.adapt(torch.full((1, 1), 3.0, dtype=torch.float64))
    # by hand: 1/(tau+1) = 1/2, tau = 1 + 1 - 1 = 1, g = 1 + 2/2 = 2, v = 1 + 8/2 = 5
    assert (float(state.window), float(state.gradient), float(state.square)) == pytest.approx((1.0, 2.0, 5.0))
    state.adapt(torch.full((1, 1), 0.0, dtype=torch.float64))
    # tau = 1 + 1 - 4/5 = 1.2, g = 2 - 2/2 = 1, v = 5 - 5/2 = 2.5
    assert (float(state.window), float(state.gradient), float(state.square)) == pytest.approx((1.2, 1.0, 2.5))


def test_a_step_without_noise_is_preconditioned_descent_with_momentum():
    state = AdaptiveState.start(torch.zeros(1, 1, dtype=torch.float64))
    state.momentum.fill_(2.0)
    state.square.fill_(16.0)
    # 2 l^2 alpha / 4 < l^4, so that what is left of the noise is its floor of 1e-8
    step = state.step(
        torch.full((1, 1), 3.0, dtype=torch.float64),
        lr=1.0,
        friction=0.1,
        noisy_gradient=True,
        generator=torch.Generator().manual_seed(0),
    )
    assert float(step) == pytest.approx(0.9 * 2.0 - 3.0 / 4.0, abs=1e-6)


def test_gibbs_steps_and_integrated_variances_have_the_same_posterior():
    generator = torch.Generator().manual_seed(3)
    network = StackedNetwork(MLP(2, ()))
    X = torch.randn(8, 2, dtype=torch.float64, generator=generator)
    Y = X[:, :1] + 0.5
    density = NetworkDensity(network, HierarchicalWeightPrior(network, 2.0, 1.0), X, Y, 0.5)
    options = {"num_samples": 60, "keep_every": 20, "burn_in": 800, "num_chains": 60, "lr": 0.05}
    means, deviations = [], []
    for gibbs_every in (None, 10):
        theta = SGHMC(gibbs_every=gibbs_every, **options).run(density, seed=4).theta.reshape(60, -1, 3)
        means.append(theta.mean(dim=(0, 1)))
        deviations.append(theta.flatten(0, 1).std(dim=0))
        error = theta.mean(dim=1).std(dim=0) / 60**0.5
    assert bool(((means[0] - means[1]).abs() < 5.0 * error).all())
    assert bool(((deviations[0] / deviations[1]).log().abs() < 0.1).all()), deviations


def test_samplers_start_where_earlier_chains_ended():
    density = linear_density()
    sampler = SGHMC(num_samples=1, keep_every=1, burn_in=0, num_chains=3, lr=1e-6)
    end = torch.tensor([[1.0, 2.0, 3.0], [torch.nan, 0.0, 0.0]], dtype=torch.float64)
    theta = sampler.run(density, initial={"theta": end}).theta
    torch.testing.assert_close(theta[0], end[0], atol=1e-3, rtol=0)
    assert bool(torch.isfinite(theta).all())


def test_chains_that_ran_away_are_left_out_with_a_warning():
    density = linear_density()
    draws = torch.randn(3, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    draws[1, 2:] = torch.nan
    with pytest.warns(InferenceWarning, match="1 of 3 chains diverged"):
        samples = chain_samples(density, draws)
    torch.testing.assert_close(samples.theta, draws[[0, 2]].flatten(0, 1))
    with pytest.raises(InvalidInputError, match="all chains diverged"):
        chain_samples(density, torch.full_like(draws, torch.nan))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGHMC(num_samples=0),
        lambda: SGHMC(lr=0.0),
        lambda: SGHMC(friction=1.5),
        lambda: CyclicalSGLD(num_samples=50, cycle_length=60),
        lambda: CyclicalSGLD(step_size=2.0),
    ],
)
def test_impossible_options_are_refused(make):
    with pytest.raises(InvalidInputError):
        make()
