"""Sums over the diagonals of inverses of Toeplitz matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz

from augury.numerics.toeplitz import diagonal_sums


@pytest.mark.parametrize("n", [1, 2, 7, 60])
def test_they_are_those_of_the_inverse(n):
    """Of a quasi-periodic covariance with noise, by the inverse itself."""
    lags, a = np.arange(n), np.random.default_rng(0).normal(size=n)
    T = toeplitz(np.exp(-lags / 8.0) * np.cos(lags) + 0.01 * (lags == 0))
    inverse = np.linalg.inv(T)
    found = diagonal_sums(a, inverse[:, 0])
    np.testing.assert_allclose(found[0], [np.trace(np.outer(a, a), lag) for lag in lags], atol=1e-12)
    np.testing.assert_allclose(found[1], [np.trace(inverse, lag) for lag in lags], rtol=1e-8, atol=1e-10)
