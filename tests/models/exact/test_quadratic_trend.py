"""The trend's covariance against its definition by polynomials, and its derivatives against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.polynomial import legendre

from augury.models.exact.quadratic_trend import QuadraticTrend
from tests.models.cases import central_differences

COLUMNS = {"all": (None, 3), "some": ([0, 2], 4), "one": (None, 1)}


def of(name):
    columns, dim = COLUMNS[name]
    return QuadraticTrend(columns, dim), np.random.default_rng(0).random((6, dim)), columns or range(dim)


@pytest.mark.parametrize("name", COLUMNS)
def test_features_are_legendre_polynomials_of_total_variance_one(name):
    trend, X, columns = of(name)
    u = 2.0 * X[:, list(columns)] - 1.0
    linear, square = (legendre.legval(u, [0.0] * k + [1.0]) * np.sqrt(2 * k + 1) for k in (1, 2))
    expected = np.concatenate([linear, square], axis=1) / np.sqrt(2 * len(columns))
    np.testing.assert_allclose(trend.features(X), expected, atol=1e-14)
    np.testing.assert_allclose(trend.features_tensor(torch.from_numpy(X)).numpy(), expected, atol=1e-14)


def test_over_the_cube_its_mean_is_zero_and_its_variance_one():
    nodes, weights = legendre.leggauss(4)
    grid = np.stack(np.meshgrid(*[0.5 + 0.5 * nodes] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    mass = np.multiply.outer(weights, weights).reshape(-1) / 4.0
    trend = QuadraticTrend(None, 2)
    np.testing.assert_allclose(mass @ trend.features(grid), 0.0, atol=1e-14)
    np.testing.assert_allclose(mass @ trend.variance(grid), 1.0)


@pytest.mark.parametrize("name", COLUMNS)
def test_variance_and_its_gradient(name):
    trend, X, _ = of(name)
    features = trend.features(X)
    np.testing.assert_allclose(trend.variance(X), (features * features).sum(axis=1), atol=1e-13)
    for point in X:
        slope = central_differences(lambda x: trend.variance(x[None])[0], point)
        np.testing.assert_allclose(trend.variance_gradient(point[None])[0], slope, atol=1e-6)


@pytest.mark.parametrize("name", ["all", "one"])
def test_second_derivatives_of_the_variance(name):
    trend, X, _ = of(name)
    for point in X:
        rows = [
            central_differences(lambda x, a=a: trend.variance_gradient(x[None])[0, a], point)
            for a in range(len(point))
        ]
        np.testing.assert_allclose(trend.variance_hessian(point[None])[0], rows, atol=1e-5)


@pytest.mark.parametrize("name", COLUMNS)
def test_pullback_is_the_gradient_of_a_quadratic(name):
    trend, X, columns = of(name)
    coefficients = np.random.default_rng(1).standard_normal((len(X), 2 * len(columns)))
    gradient = trend.pullback(X, coefficients)
    for index, point in enumerate(X):
        slope = central_differences(lambda x, i=index: trend.features(x[None])[0] @ coefficients[i], point)
        np.testing.assert_allclose(gradient[index], slope, atol=1e-6)
