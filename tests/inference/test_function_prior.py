"""Gaussian-process priors over functions, and the inputs at which functions are measured."""

from __future__ import annotations

import gpytorch
import pytest
import torch
from gpytorch.kernels import RBFKernel, ScaleKernel
from gpytorch.priors import LogNormalPrior

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference import FixedMeasurementSet, GaussianProcessPrior, MeasurementSet

X = torch.linspace(-1.0, 1.0, 6, dtype=torch.float64).unsqueeze(-1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def kernel(hyperpriors=False):
    lengthscale = LogNormalPrior(0.0, 0.7) if hyperpriors else None
    outputscale = LogNormalPrior(0.1, 0.5) if hyperpriors else None
    base = RBFKernel(lengthscale_prior=lengthscale)
    base.lengthscale = 0.8
    whole = ScaleKernel(base, outputscale_prior=outputscale)
    whole.outputscale = 1.5
    return whole


def test_draws_have_the_covariance_of_the_kernel():
    mean = gpytorch.means.ConstantMean()
    mean.constant = 2.0
    prior = GaussianProcessPrior(kernel(), mean)
    values = prior.sample(X, 20_000, num_outputs=2, generator=generator())
    assert values.shape == (20_000, 6, 2)
    expected_mean, covariance = prior.moments(X, generator=generator())
    torch.testing.assert_close(covariance, 1.5 * (-0.5 * (X - X.T).square() / 0.64).exp(), atol=1e-6, rtol=0)
    torch.testing.assert_close(values.mean(dim=0)[:, 0], expected_mean, atol=0.05, rtol=0)
    torch.testing.assert_close(values[..., 1].T.cov(), covariance, atol=0.06, rtol=0)
    assert abs(float(torch.stack([values[:, 0, 0], values[:, 0, 1]]).corrcoef()[0, 1])) < 0.03


def test_hyperparameters_are_drawn_for_every_function():
    prior = GaussianProcessPrior(kernel(hyperpriors=True))
    values = prior.sample(X, 20_000, generator=generator())[..., 0]
    _, covariance = prior.moments(X, 20_000, generator=generator(1))
    torch.testing.assert_close(values.T.cov(), covariance, atol=0.1, rtol=0)
    # E[scale] of the log-normal; one scale for all functions would give any other number
    assert float(covariance.diagonal().mean()) == pytest.approx(2.718281828 ** (0.1 + 0.125), rel=0.03)


def test_draws_follow_their_generator_and_no_other():
    prior = GaussianProcessPrior(kernel(hyperpriors=True))
    before = torch.get_rng_state()
    first, second, other = (prior.sample(X, 3, generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(NotSupportedError, match="batch"):
        GaussianProcessPrior(RBFKernel(batch_shape=torch.Size([2])))
    with pytest.raises(NotSupportedError, match="mean"):
        GaussianProcessPrior(RBFKernel(), gpytorch.means.ConstantMean(gpytorch.priors.NormalPrior(0.0, 1.0)))


def test_measurement_sets_mix_training_inputs_and_their_surroundings():
    train = torch.rand(20, 2, dtype=torch.float64, generator=generator())
    bounds = torch.tensor([[-1.0, 2.0], [0.0, 3.0]], dtype=torch.float64)
    inputs = MeasurementSet(train, bounds, size=10, real_ratio=0.6)(generator(1))
    assert inputs.shape == (10, 2)
    known = (torch.cdist(inputs, train).min(dim=1).values == 0.0).tolist()
    assert known == [True] * 6 + [False] * 4
    assert bool(((inputs[6:] >= bounds[0]) & (inputs[6:] <= bounds[1])).all())
    assert len(MeasurementSet(train, size=100)(generator())) == 100  # more than there are training inputs
    torch.testing.assert_close(FixedMeasurementSet(X)(generator()), X)


def test_impossible_measurement_sets_are_refused():
    with pytest.raises(InvalidInputError, match="bounds"):
        MeasurementSet(X, torch.zeros(2, 3))
    with pytest.raises(InvalidInputError, match="real_ratio"):
        MeasurementSet(X, real_ratio=1.5)
