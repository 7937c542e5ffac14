"""Both ways to sum over pairs give what the definition gives."""

from __future__ import annotations

import numpy as np
import pytest

from augury.models.exact.matern_pairs import FactoredPairs, Scaled, TabulatedPairs, pairs_of


@pytest.fixture(params=["factored", "tabulated"])
def case(request):
    rng = np.random.default_rng(0)
    coordinates, scale = rng.random((9, 3)), rng.uniform(0.5, 3.0, 3)
    pairs = FactoredPairs() if request.param == "factored" else TabulatedPairs(coordinates)
    z = coordinates * scale
    matrix = rng.standard_normal((9, 9))
    return pairs, Scaled(z, scale), np.square(z[:, None] - z), np.asfortranarray(matrix + matrix.T)


def test_squares(case) -> None:
    pairs, z, squares, _ = case
    out = np.empty((9, 9), order="F")
    pairs.squares(z, out)
    np.testing.assert_allclose(out, squares.sum(axis=2), rtol=1e-12, atol=1e-12)
    assert (out.diagonal() == 0.0).all()


def test_products(case) -> None:
    pairs, z, squares, matrix = case
    vector = np.random.default_rng(1).standard_normal(9)
    expected = np.einsum("ij,ija,j->ia", matrix, squares, vector)
    np.testing.assert_allclose(pairs.products(z, matrix, vector), expected, rtol=1e-11, atol=1e-11)


def test_sums_count_the_lower_triangle_only(case) -> None:
    pairs, z, squares, matrix = case
    expected = np.einsum("ij,ija->a", matrix, squares)
    lower = np.asfortranarray(np.tril(matrix) + 7.0 * np.triu(np.ones((9, 9)), 1))
    np.testing.assert_allclose(pairs.sums(z, lower), expected, rtol=1e-11, atol=1e-11)


def test_few_points_are_tabulated() -> None:
    assert isinstance(pairs_of(np.zeros((20, 20))), TabulatedPairs)
    assert isinstance(pairs_of(np.zeros((200, 2))), FactoredPairs)
