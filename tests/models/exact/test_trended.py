"""A process around a quadratic: against linear regression by definition, and differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import RBFKernel

from augury.models import GaussianProcess
from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.quadratic_trend import QuadraticTrend
from augury.models.exact.trended import TrendedCovariance
from tests.models.cases import central_differences, mixed_points

FEATURES = {"numeric": (3, (), Features.of(3, None, None)), "mixed": (2, (4,), Features.of(3, [2], None))}


def bound(name, n=14):
    numeric, cardinalities, features = FEATURES[name]
    X = mixed_points(n, numeric, cardinalities, 0).numpy()
    base = MaternCovariance(X, features)
    columns = None if features.is_plain else features.numeric
    return TrendedCovariance(base, X, QuadraticTrend(columns, 3)), base, X


@pytest.mark.parametrize("name", FEATURES)
def test_it_is_the_sum_of_both_everywhere(name):
    covariance, base, X = bound(name)
    features = QuadraticTrend(None if name == "numeric" else [0, 1], 3).features(X)
    expected = base.matrix(base.theta) + features @ features.T
    np.testing.assert_allclose(covariance.matrix(covariance.theta), expected, atol=1e-13)
    np.testing.assert_allclose(covariance.cross(X), expected, atol=1e-11)
    np.testing.assert_allclose(covariance.diagonal(X), expected.diagonal(), atol=1e-12)
    tensor = torch.from_numpy(X)
    np.testing.assert_allclose(covariance.dense(tensor, tensor).numpy(), expected, atol=1e-11)
    np.testing.assert_allclose(covariance.rebind(X[:5]).cross(X), expected[:, :5], atol=1e-11)


@pytest.mark.parametrize("name", FEATURES)
def test_the_pullback_of_a_cross_covariance(name):
    covariance, _, X = bound(name)
    new = mixed_points(5, FEATURES[name][0], FEATURES[name][1], seed=4).numpy()
    weights = np.random.default_rng(3).standard_normal((5, len(X)))
    covariance.cross(new, gradient=True)
    gradient = covariance.cross_pullback(weights)
    numeric = FEATURES[name][2].numeric
    for index, point in enumerate(new):

        def value(u, point=point, row=weights[index]):
            moved = point.copy()
            moved[numeric] = u
            return covariance.cross(moved[None])[0] @ row

        slope = central_differences(value, point[numeric])
        np.testing.assert_allclose(gradient[index, numeric], slope, atol=1e-5)


def test_the_gradient_of_the_moments_with_a_users_kernel():
    generator = torch.Generator().manual_seed(0)
    X = torch.rand(12, 2, dtype=torch.float64, generator=generator)
    model = GaussianProcess(X, X[:, :1].sin() + X[:, 1:] ** 2, covar_module=RBFKernel(), trend=True).fit()
    moments = model.cross_posterior()
    points = torch.rand(3, 2, dtype=torch.float64, generator=generator).numpy()
    mean, _, nothing = moments(points, gradient=True)
    np.testing.assert_allclose(mean, moments.mean(points), atol=1e-12)
    slopes = moments.pullback(np.ones(3), np.full(3, 2.0), nothing)

    def value(x):
        mean, variance, _ = moments(x[None])
        return mean[0] + 2.0 * variance[0]

    for index, point in enumerate(points):
        np.testing.assert_allclose(slopes[index], central_differences(value, point), atol=1e-5)


def test_the_posterior_is_that_of_linear_regression_plus_a_process():
    X = torch.rand(12, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    Y = (3.0 * X[:, :1] - X[:, 1:] ** 2) + torch.sin(6.0 * X[:, :1])
    Yvar = torch.full_like(Y, 0.01)
    model = GaussianProcess(X, Y, Yvar, outcome_transform=None, trend=True).fit()
    new = torch.rand(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    trend = QuadraticTrend(None, 2)
    H, G = trend.features_tensor(X), trend.features_tensor(new)
    process = MaternCovariance(X.numpy(), Features.of(2, None, None))
    process.theta = model.theta[0].numpy()
    K = process.dense(X, X) + 0.01 * torch.eye(12, dtype=torch.float64)
    k = process.dense(new, X)
    ones = torch.ones(12, 1, dtype=torch.float64)
    # coefficients by Bayesian generalised least squares, the constant with a flat prior
    basis = torch.cat([H, ones], dim=1)
    weights = torch.linalg.solve(K, basis)
    prior = torch.diag(torch.cat([torch.ones(4), torch.zeros(1)]).double())
    b = torch.linalg.solve(basis.T @ weights + prior, weights.T @ Y)
    mean = torch.cat([G, torch.ones(5, 1).double()], dim=1) @ b + k @ torch.linalg.solve(K, Y - basis @ b)
    torch.testing.assert_close(model.posterior(new).mean, mean, rtol=1e-8, atol=1e-8)


def test_the_curvature_of_the_moments():
    X = np.random.default_rng(0).random((20, 3))
    Y = np.sin(5.0 * X[:, :1]) + X[:, 1:2] ** 2
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y), trend=True).fit()
    moments = model.cross_posterior()
    assert moments.has_curvature
    points, of_mean, of_variance = np.random.default_rng(1).random((4, 3)), 0.7, 0.3

    def slope(x):
        _, _, slopes = moments.expand(x[None])
        return of_mean * slopes[0, 0] + of_variance * slopes[0, 1]

    def value(x):
        mean, variance, _ = moments(x[None])
        return of_mean * mean[0] + of_variance * variance[0]

    moments.expand(points)
    hessian = moments.curvature(np.full(4, of_mean), np.full(4, of_variance))
    for index, point in enumerate(points):
        np.testing.assert_allclose(slope(point), central_differences(value, point), atol=1e-5)
        rows = [central_differences(lambda x, a=a: slope(x)[a], point) for a in range(3)]
        np.testing.assert_allclose(hessian[index], rows, atol=1e-4)


def test_a_quadratic_is_known_from_few_rows():
    generator = torch.Generator().manual_seed(0)
    X, new = (torch.rand(n, 6, dtype=torch.float64, generator=generator) for n in (25, 200))

    def function(X):
        return ((X - 0.3) ** 2 * torch.arange(1, 7)).sum(dim=1, keepdim=True)

    errors = {}
    for trend in (False, True):
        mean = GaussianProcess(X, function(X), trend=trend).fit().posterior(new).mean
        errors[trend] = float((mean - function(new)).square().mean().sqrt())
    assert errors[True] < 0.2 * errors[False]
