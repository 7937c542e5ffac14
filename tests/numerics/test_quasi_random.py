from __future__ import annotations

import numpy as np

from augury.numerics.quasi_random import quasi_normal, quasi_uniform


def test_points_cover_the_cube_more_evenly_than_random_ones() -> None:
    points = quasi_uniform(256, 2, seed=3)
    cells = np.unique((points * 16).astype(int) @ [16, 1])
    random = np.random.default_rng(0).random((256, 2))
    assert len(cells) > len(np.unique((random * 16).astype(int) @ [16, 1])) + 20
    assert ((points >= 0) & (points < 1)).all()


def test_the_seed_decides() -> None:
    assert (quasi_uniform(8, 3, seed=1) == quasi_uniform(8, 3, seed=1)).all()
    assert (quasi_uniform(8, 3, seed=1) != quasi_uniform(8, 3, seed=2)).all()


def test_normal_numbers_have_the_moments_of_a_standard_normal() -> None:
    sample = quasi_normal(1024, 4, seed=0)
    np.testing.assert_allclose(sample.mean(axis=0), 0.0, atol=0.01)
    np.testing.assert_allclose(np.cov(sample.T), np.eye(4), atol=0.03)


def test_no_dimensions_and_no_points_are_allowed() -> None:
    assert quasi_normal(5, 0, seed=0).shape == (5, 0)
    assert quasi_normal(0, 3, seed=0).shape == (0, 3)


def test_more_dimensions_than_sobol_tables_have() -> None:
    assert np.isfinite(quasi_normal(2, 30_000, seed=0)).all()
