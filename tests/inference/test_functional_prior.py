"""Matching weight priors to Gaussian processes."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import RBFKernel, ScaleKernel
from torch import nn

from augury.errors import InvalidInputError
from augury.inference import (
    FixedMeasurementSet,
    GaussianProcessPrior,
    GaussianWeightPrior,
    HierarchicalWeightPrior,
    PlanarFlowWeightPrior,
    match_functional_prior,
)
from augury.inference.bures import bures_distance
from augury.networks import MLP, StackedNetwork

NETWORK = StackedNetwork(MLP(1, (20,)))
GRID = FixedMeasurementSet(torch.linspace(-2.0, 2.0, 12, dtype=torch.float64).unsqueeze(-1))
FAMILIES = {
    "gaussian": GaussianWeightPrior(NETWORK, 0.1),
    "hierarchical": HierarchicalWeightPrior(NETWORK, 4.0, 0.3),
    "flow": PlanarFlowWeightPrior(NETWORK, 2),
}


def target(lengthscale=1.0, variance=1.0):
    kernel = ScaleKernel(RBFKernel())
    kernel.base_kernel.lengthscale = lengthscale
    kernel.outputscale = variance
    return GaussianProcessPrior(kernel)


def distance(prior, function_prior=None):
    """Between many functions of the prior and the process."""
    generator = torch.Generator().manual_seed(99)
    X = GRID.X
    values = prior.network(prior.sample(2000, generator), X)[..., 0]
    return float(bures_distance(values, *(function_prior or target()).moments(X, generator=generator)))


@pytest.mark.parametrize("family", FAMILIES)
def test_matching_by_bures_brings_the_functions_close(family):
    prior = FAMILIES[family]
    result = match_functional_prior(prior, target(), GRID, distance="bures", num_iterations=80, lr=0.1)
    assert result.converged
    assert len(result.history) == 80
    assert distance(result.prior) < 0.5 * distance(prior)


def test_matching_by_wasserstein_brings_the_functions_close():
    prior = FAMILIES["gaussian"]
    result = match_functional_prior(
        prior, target(), GRID, num_iterations=25, num_samples=64, inner_steps=30, critic_width=32, lr=0.1
    )
    assert distance(result.prior) < 0.5 * distance(prior)


def test_a_linear_network_finds_the_variances_of_a_linear_process():
    # f = w x + b with w ~ N(0, 4), b ~ N(0, 0.25): the answer is known.
    class Linear(RBFKernel):
        def forward(self, x1, x2, diag=False, **params):
            K = 4.0 * x1 @ x2.mT + 0.25
            return K.diagonal(dim1=-2, dim2=-1) if diag else K

    network = StackedNetwork(MLP(1, ()))
    result = match_functional_prior(
        GaussianWeightPrior(network, 1.0),
        Linear(),
        GRID,
        distance="bures",
        num_iterations=150,
        num_samples=256,
    )
    assert result.prior.variance.tolist() == pytest.approx([4.0, 0.25], rel=0.1)


def test_the_seed_decides():
    options = {"distance": "bures", "num_iterations": 3, "num_samples": 8}
    first, second, other = (
        match_functional_prior(FAMILIES["hierarchical"], target(), GRID, seed=seed, **options)
        for seed in (1, 1, 2)
    )
    assert first.history == second.history
    assert first.history != other.history


def test_a_distance_that_is_no_number_ends_the_search_at_the_last_good_prior():
    prior = FAMILIES["gaussian"]
    calls = []

    def sampler(generator):
        calls.append(1)
        return GRID.X if len(calls) < 4 else torch.full_like(GRID.X, 1e200)

    class Vanishing(RBFKernel):
        def forward(self, x1, x2, diag=False, **params):
            K = super().forward(x1.clamp(-9, 9), x2.clamp(-9, 9), diag=diag, **params)
            return K * torch.nan if float(x1.abs().max()) > 9 else K

    result = match_functional_prior(prior, Vanishing(), sampler, distance="bures", num_iterations=10)
    assert not result.converged
    assert len(result.history) == 3
    assert bool(torch.isfinite(result.prior.variance).all())


def test_convolutional_networks_are_matched_too():
    module = nn.Sequential(
        nn.Conv2d(1, 3, 2, dtype=torch.float64),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(3 * 9, 2, dtype=torch.float64),
    )
    images = torch.rand(6, 1, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    prior = GaussianWeightPrior(StackedNetwork(module), 0.05)
    kernel = target(2.0)
    result = match_functional_prior(
        prior, kernel, FixedMeasurementSet(images), distance="bures", num_iterations=40, lr=0.1
    )
    generator = torch.Generator().manual_seed(5)
    moments = kernel.moments(images, generator=generator)
    before, after = (
        sum(
            float(bures_distance(values, *moments))
            for values in member.network(member.sample(500, generator), images).unbind(-1)
        )
        for member in (prior, result.prior)
    )
    assert after < 0.5 * before


def test_progress_is_told():
    told = []
    match_functional_prior(
        FAMILIES["gaussian"],
        target(),
        GRID,
        distance="bures",
        num_iterations=3,
        progress=lambda done, total, what: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_impossible_requests_are_refused():
    prior = FAMILIES["gaussian"]
    with pytest.raises(InvalidInputError, match="distance"):
        match_functional_prior(prior, target(), GRID, distance="euclid")
    with pytest.raises(InvalidInputError, match="num_samples"):
        match_functional_prior(prior, target(), GRID, num_samples=1)
    sizes = iter((5, 6))
    with pytest.raises(InvalidInputError, match="keep its size"):
        match_functional_prior(prior, target(), lambda g: GRID.X[: next(sizes)], distance="bures")
