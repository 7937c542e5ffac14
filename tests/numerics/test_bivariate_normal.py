"""The bivariate normal distribution function against published identities, quadrature and differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import norm

from augury.numerics.bivariate_normal import bivariate_ndtr, bivariate_ndtr_slopes

HEIGHTS = np.array([-6.0, -1.3, -1e-9, 0.0, 0.4, 2.5])
CORRELATIONS = np.array([-0.9999, -0.5, 0.0, 0.3, 0.95, 1.0 - 1e-10])
GRID = np.meshgrid(HEIGHTS, HEIGHTS, CORRELATIONS, indexing="ij")


def by_quadrature(h: float, k: float, rho: float) -> float:
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    kink = k / rho if abs(rho) > 0.1 else 0.0
    inside = lambda u: norm.pdf(u) * ndtr((k - rho * u) / root)  # noqa: E731
    return quad(inside, -12.0, h, points=[np.clip(kink, -11.9, h - 0.01)], epsabs=1e-12, limit=400)[0]


@pytest.mark.parametrize("rho", [-0.97, -0.4, 0.0, 0.6, 0.99])
def test_it_is_the_integral(rho):
    for h in HEIGHTS:
        for k in HEIGHTS:
            found = bivariate_ndtr(np.array(h), np.array(k), np.array(rho))
            assert float(found) == pytest.approx(by_quadrature(h, k, rho), abs=1e-10)


def test_at_the_origin_it_is_the_published_arc_sine():
    found = bivariate_ndtr(np.zeros(6), np.zeros(6), CORRELATIONS)
    np.testing.assert_allclose(found, 0.25 + np.arcsin(CORRELATIONS) / (2.0 * np.pi), atol=1e-15)


def test_four_quadrants_are_everything():
    h, k, rho = GRID
    total = sum(bivariate_ndtr(s * h, t * k, s * t * rho) for s in (-1.0, 1.0) for t in (-1.0, 1.0))
    np.testing.assert_allclose(total, 1.0, atol=1e-15 * 20)


def test_the_slopes_are_those_of_finite_differences():
    h, k, rho = np.meshgrid([-2.1, -0.2, 0.0, 1.4], [-1.0, 0.0, 0.7], [-0.98, -0.3, 0.0, 0.8], indexing="ij")
    by_h, by_rho = bivariate_ndtr_slopes(h, k, rho)
    step = 1e-6
    differences = bivariate_ndtr(h + step, k, rho) - bivariate_ndtr(h - step, k, rho)
    np.testing.assert_allclose(by_h, differences / (2.0 * step), atol=1e-9)
    differences = bivariate_ndtr(h, k, rho + step) - bivariate_ndtr(h, k, rho - step)
    np.testing.assert_allclose(by_rho, differences / (2.0 * step), rtol=1e-5, atol=1e-9)
