from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.models.gaussian_process import GaussianProcess
from augury.models.log_warping import LogWarping, choose_warping

SIGNS = (1.0, -1.0)


def fitted(X, y):
    return GaussianProcess(torch.from_numpy(X), torch.from_numpy(y[:, None].copy())).fit()


def points(n=24):
    return np.random.default_rng(0).random((n, 2))


def valley(X):
    x, y = 4.0 * X[:, 0] - 2.0, 4.0 * X[:, 1] - 1.0
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


@pytest.mark.parametrize("sign", SIGNS)
def test_the_map_increases_with_the_slope_it_tells(sign):
    warping = LogWarping(best=2.0, offset=0.3, sign=sign)
    y = 2.0 - sign * np.linspace(0.0, 50.0, 40)
    step = 1e-6
    difference = (warping(y + step) - warping(y - step)) / (2.0 * step)
    assert (difference > 0.0).all()
    np.testing.assert_allclose(warping.log_slope(y), np.log(difference), atol=1e-5)
    assert warping(np.array([2.0])) == 0.0


@pytest.mark.parametrize("sign", SIGNS)
def test_the_moments_are_those_of_the_outcome(sign):
    warping = LogWarping(best=-1.0, offset=0.5, sign=sign)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    mean, variance = np.array([-1.2, 0.0, 2.0]), np.array([0.04, 0.5, 1.0])
    w = mean[:, None] + np.sqrt(variance)[:, None] * nodes
    y = -1.0 - sign * 0.5 * np.expm1(-sign * w)  # the inverse of the map
    np.testing.assert_allclose(warping(y), w, rtol=1e-8, atol=1e-8)
    expected, spread = warping.moments(mean, variance)
    np.testing.assert_allclose(expected, y @ weights, rtol=1e-9)
    np.testing.assert_allclose(spread, (y - expected[:, None]) ** 2 @ weights, rtol=1e-7)


def test_moments_stay_finite_far_away():
    mean, variance = LogWarping(0.0, 1.0, -1.0).moments(np.array([500.0]), np.array([2000.0]))
    assert np.isfinite(mean).all()
    assert np.isfinite(variance).all()


@pytest.mark.parametrize("sign", SIGNS)
def test_a_valley_is_seen_on_a_logarithmic_scale_and_a_wave_as_it_is(sign):
    X = points()
    y = -sign * valley(X)
    warping = choose_warping(fitted(X, y), y, sign)
    assert warping is not None
    assert warping.best == sign * (sign * y).max()
    wave = sign * np.cos(3.0 * X[:, 0]) * np.sin(4.0 * X[:, 1])
    assert choose_warping(fitted(X, wave), wave, sign) is None


def test_the_warping_is_the_likelier_model():
    """By the likelihoods of both in the outcome's units, under the hyperparameters of the plain model."""
    X = points()
    y = valley(X)
    plain = fitted(X, y)
    warping = choose_warping(plain, y, -1.0)
    warped = GaussianProcess(torch.from_numpy(X), torch.from_numpy(warping(y)[:, None]))
    likelihoods = [model.regressions.outcomes[0].likelihood() for model in (plain, warped)]
    there, here = (likelihood.value(plain.theta[0].numpy()) for likelihood in reversed(likelihoods))
    there += warping.log_slope(y).sum() - len(y) * np.log(warping(y).std(ddof=1))
    assert there > here - len(y) * np.log(y.std(ddof=1))


def test_units_do_not_matter():
    X = points()
    y = valley(X)
    here = choose_warping(fitted(X, y), y, -1.0)
    there = choose_warping(fitted(X, 1e3 * y - 7.0), 1e3 * y - 7.0, -1.0)
    np.testing.assert_allclose(there(1e3 * y - 7.0), here(y), rtol=1e-9)


@pytest.mark.parametrize("y", [np.array([1.0, 2.0, 9.0, 99.0]), np.zeros(8), np.array([0.0] * 7 + [5.0])])
def test_too_little_to_tell_is_left_as_it_is(y):
    X = points(len(y))
    assert choose_warping(fitted(X, y), y, -1.0) is None
