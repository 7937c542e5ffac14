"""The Gaussian process of a sparse combination of kernels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel, RBFKernel, ScaleKernel

from augury.errors import InvalidInputError
from augury.kernels import GridSpectralMixtureKernel, KernelDictionary
from augury.models import SparseMultipleKernelGP
from augury.testing import MODEL_CHECKS
from tests.models.cases import central_differences, mixed_points, outcomes, points


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(SparseMultipleKernelGP)


def test_most_weights_are_zero():
    X = points(30, 2)
    model = SparseMultipleKernelGP(X, outcomes(X)).fit()
    assert 0 < int((model.weights > 0).sum()) < 40 < model.weights.shape[-1]


def test_predictions_are_those_of_the_textbook():
    """Mean and variance by dense algebra with the weights and the noise it has learnt."""
    X, new = points(20, 2), points(4, 2, seed=1)
    Y = outcomes(X)
    model = SparseMultipleKernelGP(X, Y, outcome_transform=None).fit()
    kernel = GridSpectralMixtureKernel(2, 80, (0.0, 2.0), 0.2)
    weights, indices = model.weights[0], torch.arange(80)
    K = kernel.combination(X, X, weights, indices) + model.noise_variance * torch.eye(20)
    cross = kernel.combination(new, X, weights, indices)
    ones = torch.ones(20, 1).double()
    constant = (ones.T @ torch.linalg.solve(K, Y)) / (ones.T @ torch.linalg.solve(K, ones))
    mean = constant + cross @ torch.linalg.solve(K, Y - constant)
    variance = weights.sum() - (cross * torch.linalg.solve(K, cross.T).T).sum(-1)
    posterior = model.posterior(new.unsqueeze(-2))
    assert torch.allclose(posterior.mean.reshape(-1, 1), mean, atol=1e-6)
    assert torch.allclose(posterior.variance.reshape(-1), variance, atol=1e-6)


def test_the_period_of_a_seasonal_series_is_found():
    """A season of 12 beside a trend of one long period: the season goes on after the last observation."""
    t = torch.arange(96.0).double().unsqueeze(-1)
    y = (2.0 * torch.pi * t / 12.0).sin() + 0.1 * torch.randn(
        96, 1, generator=torch.Generator().manual_seed(0)
    )
    kernel = GridSpectralMixtureKernel(1, 121)
    model = SparseMultipleKernelGP(t[:72], y[:72], kernels=kernel).fit()
    best = float(kernel.frequencies[model.weights[0].argmax(), 0])
    assert best == pytest.approx(1.0 / 12.0, abs=0.005)
    error = (model.posterior(t[72:]).mean - y[72:]).square().mean().sqrt()
    assert error < 0.2


def test_any_kernels_can_be_the_dictionary():
    X = points(20, 2)
    kernels = [ScaleKernel(RBFKernel()), MaternKernel(2.5), RBFKernel() * MaternKernel(0.5)]
    for given in (kernels, KernelDictionary(kernels)):
        model = SparseMultipleKernelGP(X, outcomes(X), kernels=given).fit()
        assert model.weights.shape == (1, 3)
        assert (model.posterior(X).mean - outcomes(X)).abs().max() < 0.5


def test_categories_share_components_and_have_their_own():
    """Two columns of categories: every component for all rows, for each column's levels, for each pair."""
    X = mixed_points(40, 1, (2, 3))
    effect = torch.tensor([[0.0, 3.0, 1.0], [5.0, 2.0, 0.0]]).double()
    Y = effect[X[:, 1].long(), X[:, 2].long()].unsqueeze(-1) + X[:, :1]
    model = SparseMultipleKernelGP(X, Y, categorical_features=[1, 2]).fit()
    assert model.weights.shape == (1, 4 * 40)
    assert (model.posterior(X).mean - Y).abs().max() < 0.3


def test_the_gradient_of_its_likelihood_is_that_of_finite_differences():
    X = mixed_points(12, 2, (2,))
    model = SparseMultipleKernelGP(
        X, outcomes(X), categorical_features=[2], kernels=[RBFKernel(), MaternKernel()]
    )
    likelihood = model.regressions.outcomes[0].likelihood()
    theta = np.append(np.linspace(0.1, 1.0, 4), -2.0)
    expected = central_differences(likelihood.value, theta)
    assert np.allclose(likelihood.value_gradient(theta)[1], expected, rtol=1e-5, atol=1e-5)


def test_an_empty_dictionary_is_refused():
    X = points(5, 2)
    with pytest.raises(InvalidInputError, match="at least one"):
        SparseMultipleKernelGP(X, outcomes(X), kernels=[])
