from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import _log_ei_helper
from scipy.integrate import quad
from scipy.special import log_ndtr

from augury.numerics.normal import log_cdf, log_h, log_h_curvature

Z = np.concatenate(
    [-np.logspace(-3, 6, 300), np.linspace(-110, -90, 81), np.linspace(-3, 35, 200), np.logspace(1, 3, 20)]
)


def test_log_h_agrees_with_botorch() -> None:
    expected = _log_ei_helper(torch.from_numpy(Z)).numpy()
    np.testing.assert_allclose(log_h(Z)[0], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("z", [-150.0, -99.0, -30.0, -5.0, -1.0, 0.0, 2.0])
def test_log_h_is_the_integral_of_the_improvement(z: float) -> None:
    # h(z) = phi(z) * int_0^inf t exp(z t - t^2 / 2) dt
    integral, _ = quad(
        lambda t: t * np.exp(z * t - 0.5 * t * t), 0.0, 40.0 / max(1.0, -z) + 40.0 * (z > -1), epsabs=0
    )
    value, slope = log_h(np.array([z]))
    np.testing.assert_allclose(value[0], np.log(integral) - 0.5 * z * z - 0.5 * np.log(2 * np.pi), rtol=1e-9)
    area, _ = quad(
        lambda t: np.exp(z * t - 0.5 * t * t), 0.0, 40.0 / max(1.0, -z) + 40.0 * (z > -1), epsabs=0
    )
    np.testing.assert_allclose(slope[0], area / integral, rtol=1e-8)


def test_derivatives_agree_with_finite_differences() -> None:
    z = np.concatenate([np.linspace(-200.0, -3.0, 150), np.linspace(-3.0, 40.0, 200)])
    step = 1e-5 * np.maximum(1.0, np.abs(z))
    for function in (log_h, log_cdf):
        difference = (function(z + step)[0] - function(z - step)[0]) / (2 * step)
        np.testing.assert_allclose(function(z)[1], difference, rtol=1e-6, atol=1e-8)


def test_far_tails_follow_the_asymptotes() -> None:
    z = -np.logspace(3, 6, 20)
    value, slope = log_h(z)
    np.testing.assert_allclose(value, -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - 2 * np.log(-z), rtol=1e-9)
    np.testing.assert_allclose(slope, -z, rtol=1e-5)
    assert np.isfinite(log_h(np.array([-1e100, 1e100]))).all()


def test_log_cdf_agrees_with_scipy_and_is_finite_in_the_tails() -> None:
    z = np.array([-1e6, -40.0, -1.0, 0.0, 5.0, 50.0])
    value, slope = log_cdf(z)
    np.testing.assert_array_equal(value, log_ndtr(z))
    assert np.isfinite(slope).all()
    np.testing.assert_allclose(slope[0], 1e6, rtol=1e-9)


def test_the_curvature_of_log_h_agrees_with_finite_differences() -> None:
    z = np.concatenate([np.linspace(-99.0, -3.0, 150), np.linspace(-3.0, 40.0, 200)])
    step = 1e-5 * np.maximum(1.0, np.abs(z))
    expected = (log_h(z + step)[1] - log_h(z - step)[1]) / (2 * step)
    np.testing.assert_allclose(log_h_curvature(z, log_h(z)[1]), expected, rtol=1e-5, atol=1e-7)
