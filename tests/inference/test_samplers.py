"""HMC and NUTS: the moments of known distributions, and each other."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.inference import HMC, NUTS
from augury.inference.diagnostics import effective_sample_size, split_rhat
from augury.inference.markov_chains import SamplingError
from tests.inference.cases import Banana, Gaussian

SAMPLERS = {
    "hmc": HMC(300, 150, 4, path_length=1.5, step_size=0.1),
    "hmc, adapted mass": HMC(300, 150, 4, path_length=1.5, step_size=0.1, mass="diagonal"),
    "nuts": NUTS(150, 100, 4, step_size=0.1),
    "nuts, adapted mass": NUTS(150, 100, 4, step_size=0.1, mass="diagonal"),
}

#: In the arms of a curved distribution the step that is accepted on average is too long, and a chain that is
#: in one stays there for long: samplers of one path length need shorter steps.
CURVED_SAMPLERS = SAMPLERS | {
    name: HMC(600, 150, 4, path_length=1.5, step_size=0.1, mass=mass, target_accept=0.98)
    for name, mass in (("hmc", None), ("hmc, adapted mass", "diagonal"))
}


@cache
def shared_draws(name):
    """Of the normal distribution."""
    return draws_of(SAMPLERS[name], Gaussian())


def draws_of(sampler, density, seed=0):
    rng = np.random.default_rng(seed)
    return sampler.sample(density, density.evaluator(sampler.num_chains), rng, seed=seed)


def standard_errors(draws, expected):
    """How many Monte Carlo standard errors the mean of each quantity (`C x S x K`) is away."""
    error = draws.std(axis=(0, 1)) / np.sqrt(effective_sample_size(draws))
    return np.abs(draws.mean(axis=(0, 1)) - expected) / error


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_moments_of_a_normal_distribution_are_found(name):
    density = Gaussian()
    draws = shared_draws(name).position
    assert split_rhat(draws).max() < 1.05
    assert (standard_errors(draws, density.mean.numpy()) < 4.0).all()
    centred = draws - density.mean.numpy()
    products = np.einsum("csi,csj->csij", centred, centred).reshape(*draws.shape[:2], -1)
    assert (standard_errors(products, density.covariance.numpy().reshape(-1)) < 4.0).all()


@pytest.mark.parametrize("name", CURVED_SAMPLERS)
def test_the_moments_of_a_curved_distribution_are_found(name):
    draws = draws_of(CURVED_SAMPLERS[name], Banana()).position
    powers = np.concatenate([draws, draws**2], axis=2)
    assert (standard_errors(powers, [0.0, 0.5, 1.0, 1.0]) < 4.0).all()


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_acceptance_comes_to_what_is_wanted(name):
    statistics = shared_draws(name).statistics
    assert statistics["acceptance"] == pytest.approx(0.8, abs=0.12)
    assert statistics["divergences"] == 0.0


@pytest.mark.parametrize("sampler", [HMC(10, 10, 2), NUTS(10, 10, 2)])
def test_one_seed_gives_one_chain(sampler):
    first, second, other = (draws_of(sampler, Banana(), seed=seed).position for seed in (3, 3, 4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_transition_of_nuts_is_longer_where_the_distribution_is_wider():
    sampler = SAMPLERS["nuts"]
    rng = np.random.default_rng(0)
    steps = []
    for inverse_mass in (np.full(3, 1e-4), np.array([1e-2, 1.0, 1e2])):
        evaluator = Gaussian().evaluator(4)
        chains = sampler.start(evaluator, Gaussian().initial(4, torch.Generator().manual_seed(0)).numpy())
        steps.append(sampler.transition(evaluator, chains, 0.1, inverse_mass, rng).steps)
    assert steps[0] > 2 * steps[1]


def test_a_warm_start_keeps_the_geometry():
    density, sampler = Gaussian(), HMC(20, 20, 4)
    cold = draws_of(sampler, density)
    warm = {
        "theta": torch.from_numpy(cold.position[:, -1]),
        "step_size": torch.tensor([cold.step_size]).double(),
        "inverse_mass": torch.tensor([0.02, 2.0, 200.0], dtype=torch.float64),
    }
    rng = np.random.default_rng(0)
    again = sampler.sample(density, density.evaluator(4), rng, initial=warm)
    assert np.array_equal(again.inverse_mass, [0.02, 2.0, 200.0])
    for broken in ({**warm, "step_size": -warm["step_size"]}, {**warm, "theta": warm["theta"][:2]}, {}):
        cold_again = sampler.sample(density, density.evaluator(4), np.random.default_rng(0), initial=broken)
        assert np.array_equal(cold_again.position, cold.position)


class Cliff(Gaussian):
    """Nothing but the starting points has a density."""

    def value_gradient(self, theta):
        value, gradient = super().value_gradient(theta)
        self.calls = getattr(self, "calls", 0) + 1
        return (value if self.calls == 1 else torch.full_like(value, torch.nan)), gradient


@pytest.mark.parametrize("sampler", [HMC(20, 10, 2), NUTS(20, 10, 2)])
def test_chains_that_never_move_are_an_error(sampler):
    with pytest.raises(SamplingError, match=r"accepted 0.0% .* smaller step_size"):
        draws_of(sampler, Cliff())


@pytest.mark.parametrize(
    "options",
    [
        {"num_samples": 0},
        {"num_chains": 1.5},
        {"step_size": 0.0},
        {"target_accept": 1.0},
        {"mass": "full"},
        {"path_length": -1.0},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InvalidInputError, match=next(iter(options))):
        HMC(**options)
