"""Toeplitz matrices: sums over the entries of equal distance from the diagonal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz

from augury.numerics.toeplitz import distance_sums, inverse_distance_sums, symmetric_toeplitz


def summed(S):
    """By each diagonal and its mirror image."""
    return [np.trace(S, lag) + (np.trace(S, -lag) if lag else 0.0) for lag in range(len(S))]


def covariance(n):
    """The first column of a quasi-periodic covariance with noise."""
    lags = np.arange(n)
    return np.exp(-lags / 8.0) * np.cos(lags) + 0.01 * (lags == 0)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_matrix_is_that_of_scipy(n):
    np.testing.assert_array_equal(symmetric_toeplitz(covariance(n)), toeplitz(covariance(n)))


@pytest.mark.parametrize("n", [1, 2, 7, 60, 300])
def test_the_sums_are_those_of_the_matrices_themselves(n):
    """Of an outer product and of an inverse; the longest by Fourier transforms."""
    u, v = np.random.default_rng(0).normal(size=(2, n))
    np.testing.assert_allclose(distance_sums(u, v), summed(np.outer(u, v)), atol=1e-11)
    inverse = np.linalg.inv(toeplitz(covariance(n)))
    found = inverse_distance_sums(inverse[:, 0])
    np.testing.assert_allclose(found, summed(inverse), rtol=1e-8, atol=1e-9)
