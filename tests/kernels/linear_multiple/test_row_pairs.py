"""Pairs of rows by their differences: sums against those of the entries, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from augury.kernels.linear_multiple.row_pairs import EvenSeries, RepeatedDifferences, distinct_differences

ROWS = {
    "even": np.linspace(3.0, -1.0, 9)[:, None],
    "even, on a line of two inputs": np.linspace(0.0, 1.0, 9)[:, None] * [1.0, 2.0],
    "a grid": np.stack(np.meshgrid([0.0, 1.0, 3.0], [0.0, 0.5, 1.0]), axis=-1).reshape(-1, 2),
    "repeated rows": np.repeat([[0.0], [1.0], [5.0]], 3, axis=0),
    "not quite even": np.linspace(0.0, 1.0, 9)[:, None] + 1e-9 * (np.arange(9) == 4)[:, None],
}


@pytest.mark.parametrize("name", ROWS)
def test_each_pair_has_its_difference(name):
    """And even are only series in equal steps."""
    X = ROWS[name]
    pairs = distinct_differences(X, 81)
    assert type(pairs) is (EvenSeries if name.startswith("even") else RepeatedDifferences)
    differences = np.abs(X[:, None] - X)
    np.testing.assert_allclose(pairs.differences[pairs.index], differences, atol=1e-11)
    assert len(pairs.differences) == len(np.unique(differences.reshape(81, -1).round(11), axis=0))
    assert distinct_differences(X, len(pairs.differences)) is not None
    assert distinct_differences(X, len(pairs.differences) - 1) is None


@pytest.mark.parametrize("name", ROWS)
def test_sums_are_those_over_the_entries(name):
    X, rng = ROWS[name], np.random.default_rng(0)
    pairs = distinct_differences(X, 81)
    a, S = rng.normal(size=9), rng.normal(size=(9, 9))
    values = np.exp(-(pairs.differences**2).sum(axis=1))
    C = pairs.matrix(values)
    np.testing.assert_allclose(C, np.exp(-((X[:, None] - X) ** 2).sum(axis=-1)), atol=1e-10)
    C += 0.1 * np.eye(9)

    def summed(matrix):
        return [matrix[pairs.index == place].sum() for place in range(len(pairs.differences))]

    S += S.T
    np.testing.assert_allclose(pairs.sums(np.tril(S)), summed(S), atol=1e-12)
    np.testing.assert_allclose(pairs.sums_of_outer(a), summed(np.outer(a, a)), atol=1e-12)
    inverse = np.linalg.inv(C)
    sums, trace = pairs.sums_of_inverse(np.asfortranarray(np.linalg.cholesky(C)))
    np.testing.assert_allclose(sums, summed(inverse), atol=1e-8)
    assert trace == pytest.approx(np.trace(inverse))
