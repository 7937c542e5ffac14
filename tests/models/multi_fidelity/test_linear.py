"""Co-kriging, joint and recursive: against dense algebra, each other and published values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel, RBFKernel, ScaleKernel

from augury.kernels import AR1Kernel
from augury.models import CoKriging, GaussianProcess, HierarchicalKriging, RecursiveCoKriging
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.multi_fidelity.trend_likelihood import FACTOR_PRECISION, TrendLikelihood
from tests.models.cases import central_differences
from tests.models.multi_fidelity.cases import (
    at,
    error,
    forrester,
    forrester_data,
    grid,
    sinusoid,
    sinusoid_data,
    three_levels,
)

BOTH = [CoKriging, RecursiveCoKriging]


def fixed_kernels():
    """Nothing of them is fitted."""
    made = []
    for index, lengthscale in enumerate([0.4, 0.7, 0.9]):
        kernel = ScaleKernel((MaternKernel if index else RBFKernel)(ard_num_dims=2)).double()
        kernel.base_kernel.lengthscale, kernel.outputscale = lengthscale, 0.6 + 0.3 * index
        made.append(kernel.requires_grad_(False))
    return made


def dense_joint(model, X, Y, new, kernels):
    """Mean and covariance of the joint process with the factors and shifts that a recursive model found."""
    chain = model._chains[0]
    joint = AR1Kernel(kernels)
    joint.rho = torch.from_numpy(np.concatenate(chain.rho))
    shifts = joint.coefficients.detach() @ torch.tensor([r.constant for r in chain.regressions]).double()
    noise = torch.stack([chain.noise[int(t)] for t in X[:, -1]])
    K = joint(X).to_dense().detach() + torch.diag(noise)
    k, prior = joint(new, X).to_dense().detach(), joint(new).to_dense().detach()
    y = (Y.squeeze(-1) - model._affine()[0]) / model._affine()[1]
    solved = torch.linalg.solve(K, torch.cat([(y - shifts[X[:, -1].long()]).unsqueeze(-1), k.mT], dim=1))
    mean = shifts[new[:, -1].long()] + k @ solved[:, 0]
    shift, scale = (float(part) for part in model._affine())
    return shift + scale * mean, scale**2 * (prior - k @ solved[:, 1:])


def test_the_recursion_is_the_joint_model_on_nested_data_without_noise():
    X, Y = three_levels()
    kernels = fixed_kernels()
    model = RecursiveCoKriging(
        X, Y, torch.zeros_like(Y), fidelity_features=[2], covar_module=kernels, nested=True
    ).fit()
    new = torch.cat([torch.rand(9, 2, generator=torch.Generator().manual_seed(1)).double(), X[:9, 2:]], dim=1)
    new[:, 2] = torch.arange(9) % 3
    mean, covariance = dense_joint(model, X, Y, new, kernels)
    posterior = model.posterior(new)
    scale = float(Y.std())
    torch.testing.assert_close(posterior.mean.squeeze(-1), mean, rtol=0, atol=1e-4 * scale)
    given = posterior.distribution.covariance_matrix
    torch.testing.assert_close(given, covariance, rtol=0, atol=1e-4 * scale**2)
    assert float(covariance.diagonal().max()) > 1e-2 * scale**2  # or the agreement would say nothing


def test_a_joint_model_with_the_recursion_s_hyperparameters_predicts_the_same():
    X, Y = forrester_data()
    recursive = RecursiveCoKriging(X, Y, fidelity_features=[1]).fit()
    joint = CoKriging(X, Y, fidelity_features=[1]).fit()
    torch.testing.assert_close(joint.rho, recursive.rho, rtol=0, atol=0.01)
    new = at(grid(50), 1)
    means = [model.posterior(new).mean for model in (joint, recursive)]
    torch.testing.assert_close(*means, rtol=0, atol=0.05)


@pytest.mark.parametrize("model_class", BOTH)
def test_forrester_s_factor_is_recovered(model_class):
    X, Y = forrester_data()
    model = model_class(X, Y, fidelity_features=[1], nested=True).fit()
    assert float(model.rho) == pytest.approx(2.0, abs=0.02)
    assert error(model, forrester()[1], 1000) <= 0.06
    alone = GaussianProcess(X[11:, :1], Y[11:]).fit()
    missed = alone.posterior(grid(1000)).mean.squeeze(-1) - forrester()[1](grid(1000))
    assert float(missed.square().mean().sqrt()) > 3.0


def test_a_factor_may_be_negative():
    X, Y = forrester_data()
    Y[11:] = -Y[11:]
    assert float(RecursiveCoKriging(X, Y, fidelity_features=[1]).fit().rho) == pytest.approx(-2.0, abs=0.02)


@pytest.mark.parametrize("model_class", BOTH)
def test_linear_models_do_not_follow_a_relation_that_is_not_linear(model_class):
    X, Y = sinusoid_data()
    model = model_class(X, Y, fidelity_features=[1]).fit()
    assert error(model, sinusoid()[1]) > 0.1


def test_the_trend_is_that_of_generalised_least_squares_and_the_gradient_is_the_slope():
    rng = np.random.default_rng(0)
    X, y, trend = rng.random((7, 2)), rng.normal(size=7), rng.normal(size=(7, 2))
    likelihood = TrendLikelihood(MaternCovariance(X, Features(2)), y, None, trend)
    theta = np.array([-0.3, 0.4, -2.0])
    _, gradient = likelihood.value_gradient(theta)
    np.testing.assert_allclose(gradient, central_differences(likelihood.value, theta), rtol=1e-5, atol=1e-7)
    K = MaternCovariance(X, Features(2)).matrix(theta[:2]).copy() + np.exp(-2.0) * np.eye(7)
    B, prior = np.column_stack([trend, np.ones(7)]), np.diag([FACTOR_PRECISION, FACTOR_PRECISION, 0.0])
    weighted = B.T @ np.linalg.inv(np.tril(K) + np.tril(K, -1).T)
    expected = np.linalg.solve(weighted @ B + prior, weighted @ y + prior @ np.ones(3))
    np.testing.assert_allclose(likelihood.factors(theta), expected[:2], rtol=1e-8)


def test_a_graph_of_sources_has_a_factor_for_each_edge():
    X = torch.rand(14, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, second = torch.sin(5.0 * X[:, 0]), torch.cos(4.0 * X[:, 1])
    truth = 2.0 * first - 1.5 * second + 0.2 * X[:, 0]
    table = torch.cat([at(X, 0), at(X, 1), at(X[:8], 2)])
    Y = torch.cat([first, second, truth[:8]]).unsqueeze(-1)
    for model_class in BOTH:
        model = model_class(table, Y, fidelity_features=[2], graph=[[], [], [0, 1]]).fit()
        torch.testing.assert_close(model.rho, torch.tensor([[2.0, -1.5]]).double(), rtol=0, atol=0.1)


@pytest.mark.parametrize("model_class", BOTH)
def test_predictions_have_the_gradient_of_finite_differences(model_class):
    X, Y = three_levels((8, 5, 4))
    model = model_class(X, Y, fidelity_features=[2])
    point = at(torch.tensor([0.3, 0.6]).double(), 2)

    def moment(x, name):
        return float(getattr(model.posterior(torch.from_numpy(x).unsqueeze(0)), name))

    inputs = point.unsqueeze(0).requires_grad_(True)
    for name in ("mean", "variance"):
        (gradient,) = torch.autograd.grad(getattr(model.posterior(inputs), name).sum(), inputs)
        assert gradient[0, 2] == 0
        slopes = [
            (moment((point + step).numpy(), name) - moment((point - step).numpy(), name)) / 2e-5
            for step in 1e-5 * torch.eye(3).double()[:2]
        ]
        np.testing.assert_allclose(gradient[0, :2], slopes, rtol=1e-4, atol=1e-6)


def test_the_joint_model_conditions_on_results_of_a_cheap_level():
    X, Y = forrester_data()
    model = CoKriging(X, Y, fidelity_features=[1]).fit()
    new = at(torch.tensor([[0.77]]).double(), 0)
    told = model.condition_on_observations(new, forrester()[0](new[:, :1]).unsqueeze(-1))
    truth = at(torch.tensor([[0.77]]).double(), 1)
    assert float(told.posterior(truth).variance) < float(model.posterior(truth).variance)


def test_categories_stand_beside_levels():
    X, Y = three_levels((12, 8, 6))
    codes = torch.arange(len(X)).unsqueeze(-1).double() % 2
    table = torch.cat([codes, X], dim=1)
    effect = 2.0 * codes
    for model_class in BOTH:
        model = model_class(table, Y + effect, categorical_features=[0], fidelity_features=[-1]).fit()
        new = torch.tensor([[0.0, 0.5, 0.5, 2.0], [1.0, 0.5, 0.5, 2.0]]).double()
        low, high = model.posterior(new).mean.squeeze(-1).tolist()
        assert high - low == pytest.approx(2.0, abs=1.0)


def test_hierarchical_kriging_is_the_process_whose_factor_and_shift_are_unknown():
    X, Y = three_levels()
    arguments = {"fidelity_features": [2], "covar_module": fixed_kernels()}
    model = HierarchicalKriging(X, Y, torch.full_like(Y, 0.01), **arguments).fit()
    recursive = RecursiveCoKriging(X, Y, torch.full_like(Y, 0.01), **arguments).fit()
    new = torch.rand(7, 2, generator=torch.Generator().manual_seed(1)).double()
    posterior = model.posterior(at(new, 1))
    torch.testing.assert_close(posterior.mean, recursive.posterior(at(new, 1)).mean)
    # the limit of wide priors of both, the predictor of level 0 a known function
    chain, (shift, scale) = model._chains[0], (float(part) for part in model._affine())
    wide, data, kernel = 1e6, chain.data[1], fixed_kernels()[1]
    b, B = (
        torch.stack([torch.from_numpy(chain._mean(0, points)), torch.ones(len(points)).double()], dim=1)
        for points in (new.numpy(), data.X)
    )
    inputs = torch.from_numpy(data.X)
    K = kernel(inputs).to_dense() + wide * B @ B.mT + torch.diag(torch.from_numpy(data.noise))
    k = kernel(new, inputs).to_dense() + wide * b @ B.mT
    covariance = kernel(new).to_dense() + wide * b @ b.mT - k @ torch.linalg.solve(K, k.mT)
    mean = shift + scale * (k @ torch.linalg.solve(K, torch.from_numpy(data.y)))
    torch.testing.assert_close(posterior.mean.squeeze(-1), mean, rtol=0, atol=1e-3)
    torch.testing.assert_close(
        posterior.distribution.covariance_matrix, scale**2 * covariance, rtol=0, atol=1e-4
    )
