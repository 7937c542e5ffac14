"""Positive-definite algebra in place, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.numerics.linalg import (
    cholesky_in_place,
    inverse_factor,
    inverse_in_place,
    solve_with_factor,
    symmetric_inverse,
    symmetric_product,
)


def positive_definite(n, seed=0, rank=None):
    root = np.random.default_rng(seed).standard_normal((n, n if rank is None else rank))
    return np.asfortranarray(root @ root.T + (np.eye(n) if rank is None else 0.0))


@settings(max_examples=40)
@given(n=st.integers(1, 12), seed=st.integers(0, 1000), scale=st.sampled_from([1e-12, 1.0, 1e12]))
def test_the_factor_is_that_of_numpy_and_the_upper_triangle_is_kept(n, seed, scale):
    K = scale * positive_definite(n, seed)
    L = K.copy(order="F")
    assert cholesky_in_place(L) == 0.0
    np.testing.assert_allclose(np.tril(L), np.linalg.cholesky(K), rtol=1e-10)
    np.testing.assert_array_equal(np.triu(L, 1), np.triu(K, 1))


@settings(max_examples=40)
@given(n=st.integers(2, 12), seed=st.integers(0, 1000), scale=st.sampled_from([1e-12, 1.0, 1e12]))
def test_a_singular_matrix_gets_the_jitter_that_is_returned(n, seed, scale):
    K = scale * positive_definite(n, seed, rank=1)
    L = K.copy(order="F")
    jitter = cholesky_in_place(L)
    assert 0.0 <= jitter <= 0.1 * K.diagonal().mean()
    lower = np.tril(L)
    target = K + jitter * np.eye(n)
    np.testing.assert_allclose(lower @ lower.T, target, rtol=0, atol=1e-9 * K.diagonal().max())
    np.testing.assert_array_equal(np.triu(L, 1), np.triu(K, 1))


def test_a_matrix_below_zero_by_a_rounding_error_is_repaired():
    K = np.asfortranarray(np.full((4, 4), 1.0) - 1e-10 * np.eye(4))
    assert 0.0 < cholesky_in_place(K) <= 1e-7


@pytest.mark.parametrize("place", [(0, 0), (3, 1), (4, 4)])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_entries_that_are_not_finite_are_an_error(place, value):
    K = positive_definite(5)
    K[place] = K[place[::-1]] = value
    with pytest.raises(FloatingPointError, match="5 x 5"):
        cholesky_in_place(K)


def test_an_indefinite_matrix_is_an_error():
    with pytest.raises(FloatingPointError, match="not positive definite"):
        cholesky_in_place(np.asfortranarray(np.diag([1.0, -1.0])))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_solve_inverse_and_product(n):
    K = positive_definite(n)
    B = np.asfortranarray(np.random.default_rng(1).standard_normal((n, 3)))
    L = K.copy(order="F")
    cholesky_in_place(L)
    np.testing.assert_allclose(solve_with_factor(L, B), np.linalg.solve(K, B), rtol=1e-9)
    inverse = L.copy(order="F")
    inverse_in_place(inverse)
    np.testing.assert_allclose(np.tril(inverse), np.tril(np.linalg.inv(K)), rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(np.triu(inverse, 1), np.triu(K, 1))
    np.testing.assert_allclose(symmetric_inverse(L.copy(order="F")), np.linalg.inv(K), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(inverse_factor(L.copy(order="F")) @ np.tril(L), np.eye(n), atol=1e-10)
    np.testing.assert_allclose(symmetric_product(np.asfortranarray(np.tril(K)), B), K @ B, rtol=1e-10)


def test_the_work_is_done_in_the_callers_buffer():
    K = positive_definite(6)
    before = K.copy()
    cholesky_in_place(K)
    assert not np.array_equal(np.tril(K), np.tril(before))
    kept = K.copy()
    inverse_in_place(K)
    assert not np.array_equal(np.tril(K), np.tril(kept))
