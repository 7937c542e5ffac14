"""Student's t in the tails, against high precision and against quadrature."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import t as scipy_t

from augury.numerics.normal import log_h as normal_log_h
from augury.numerics.predictive_law import NORMAL, NormalMixture, StudentT
from augury.numerics.student_t import log_cdf, log_h, log_pdf

POINTS = np.array([-1e8, -3e3, -300.0, -40.0, -10.0, -5.001, -4.999, -2.0, -1e-3, 0.0, 0.7, 4.0, 30.0])


def high_precision(z: float, df: float) -> tuple[float, float, float]:
    """`log h`, `F / h` and `log F` with 60 digits, by the closed form."""
    with mpmath.workdps(60):
        z, df = mpmath.mpf(z), mpmath.mpf(df)
        tail = mpmath.betainc(df / 2, mpmath.mpf(1) / 2, 0, df / (df + z * z), regularized=True) / 2
        cdf = tail if z < 0 else 1 - tail
        norm = mpmath.gamma((df + 1) / 2) / mpmath.gamma(df / 2) / mpmath.sqrt(df * mpmath.pi)
        density = norm * (1 + z * z / df) ** (-(df + 1) / 2)
        h = (df + z * z) / (df - 1) * density + z * cdf
        return float(mpmath.log(h)), float(cdf / h), float(mpmath.log(cdf))


@pytest.mark.parametrize("df", [1.01, 2.0, 3.3, 7.0, 104.0, 504.5])
def test_both_tails_have_full_precision(df: float) -> None:
    expected = np.array([high_precision(z, df) for z in POINTS])
    value, slope = log_h(POINTS, df)
    log_probability, _ = log_cdf(POINTS, df)
    np.testing.assert_allclose(value, expected[:, 0], rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(slope, expected[:, 1], rtol=1e-10)
    np.testing.assert_allclose(log_probability, expected[:, 2], rtol=1e-11, atol=1e-14)


def test_it_is_the_integral_it_is_meant_to_be() -> None:
    for df, z in ((2.5, -3.0), (4.0, 0.5), (30.0, -7.0)):
        expected, _ = quad(
            lambda u, z=z, df=df: (z + u) * scipy_t.pdf(u, df), -z, np.inf, epsabs=0, epsrel=1e-10
        )
        assert float(np.exp(log_h(np.array([z]), df)[0][0])) == pytest.approx(expected, rel=1e-7)


def test_many_degrees_of_freedom_make_it_normal() -> None:
    z = np.linspace(-4.0, 4.0, 9)
    for ours, theirs in zip(log_h(z, 1e7), normal_log_h(z), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_the_density_is_that_of_scipy() -> None:
    np.testing.assert_allclose(log_pdf(POINTS, 3.3), scipy_t.logpdf(POINTS, 3.3), rtol=1e-10)


MIXTURE = NormalMixture(np.array([0.2, 0.5, 0.3]), np.array([0.1, 1.0, 9.0]))


@pytest.mark.parametrize("law", [NORMAL, StudentT(3.5), MIXTURE], ids=["normal", "student", "mixture"])
def test_derivatives_are_those_of_the_values(law) -> None:
    z, step = np.linspace(-30.0, 8.0, 41), 1e-5
    for function in (law.log_h, law.log_cdf):
        slope = (function(z + step)[0] - function(z - step)[0]) / (2.0 * step)
        np.testing.assert_allclose(function(z)[1], slope, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("law", [NORMAL, StudentT(3.5), MIXTURE], ids=["normal", "student", "mixture"])
def test_scales_times_a_normal_follow_the_law(law) -> None:
    rng = np.random.default_rng(3)
    uniform = (np.arange(200_000) + 0.5) / 200_000
    draws = law.scales(uniform) * rng.standard_normal(200_000)
    improvement = np.maximum(0.5 + draws, 0.0).mean()
    assert np.log(improvement) == pytest.approx(float(law.log_h(np.array([0.5]))[0][0]), abs=0.02)
    assert (draws <= -1.0).mean() == pytest.approx(
        float(np.exp(law.log_cdf(np.array([-1.0]))[0][0])), abs=0.006
    )
    if law is not MIXTURE:
        assert (draws**2).mean() ** 0.5 == pytest.approx(law.deviation, rel=0.05)


def test_a_mixture_of_one_normal_is_that_normal() -> None:
    one, z = NormalMixture(np.array([1.0]), np.array([4.0])), np.linspace(-50.0, 50.0, 11)
    np.testing.assert_allclose(one.log_h(z)[0], NORMAL.log_h(z / 2.0)[0] + np.log(2.0))
    assert one.deviation == 2.0
