"""The corrected chance of success against the exact posterior, by quadrature and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_ndtr, logit, ndtr

from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.expectation_propagation import probit_posterior
from augury.models.label_corrections import LabelCorrections
from tests.models.cases import points

MEAN = 0.3


def case(X: np.ndarray, labels: np.ndarray, amplitude: float):
    matern = MaternCovariance(X, Features.of(X.shape[1], None, None))
    K = amplitude * matern.matrix(matern.typical())
    corrections = LabelCorrections(K, labels, MEAN, probit_posterior(K.copy(), labels, MEAN))
    return corrections, lambda new: amplitude * matern.cross(new)


def approximate(corrections: LabelCorrections, cross: np.ndarray, amplitude: float) -> np.ndarray:
    mean, variance = corrections.moments(cross, amplitude)
    return ndtr(mean / np.sqrt(1.0 + variance))


@pytest.mark.parametrize("amplitude", [1.0, 256.0, 65536.0])
@pytest.mark.parametrize("repeats", [1, 2, 12])
def test_failures_at_one_point_are_worth_what_quadrature_says(amplitude, repeats):
    X, labels = np.full((repeats, 1), 0.4), -np.ones(repeats)
    corrections, cross = case(X, labels, amplitude)
    f = np.linspace(-12.0, 12.0, 2_000_001) * amplitude**0.5
    weight = np.exp(-0.5 * f**2 / amplitude + repeats * log_ndtr(-(f + MEAN)))
    exact = (weight * ndtr(f + MEAN)).sum() / weight.sum()
    found = corrections.log_odds(cross(X[:1]), amplitude)[0]
    missed = logit(approximate(corrections, cross(X[:1]), amplitude)[0]) - logit(exact)
    if repeats == 1:
        assert found == pytest.approx(logit(exact), abs=1e-3)
    else:  # each correction takes the other labels as approximated
        assert abs(found - logit(exact)) < max(0.15 * missed, 0.02)


@pytest.mark.parametrize("amplitude", [16.0, 256.0])
def test_chances_are_close_to_the_exact_ones_where_the_gaussian_ones_are_not(amplitude):
    X = points(5, 2).numpy()
    labels = np.array([1.0, -1.0, 1.0, -1.0, -1.0])
    corrections, cross = case(X, labels, amplitude)
    new = np.concatenate([X, points(5, 2, seed=3).numpy()])
    everywhere = np.concatenate([X, new[5:]])
    matern = MaternCovariance(everywhere, Features.of(2, None, None))
    joint = amplitude * matern.matrix(matern.typical()) + 1e-9 * np.eye(10)
    draws = np.random.default_rng(0).standard_normal((400_000, 10)) @ np.linalg.cholesky(joint).T + MEAN
    likelihood = ndtr(labels * draws[:, :5]).prod(axis=1)
    exact = likelihood @ ndtr(draws) / likelihood.sum()
    found = 1.0 / (1.0 + np.exp(-corrections.log_odds(cross(new), amplitude)))
    np.testing.assert_allclose(found, exact, atol=0.008)
    missed = np.abs(approximate(corrections, cross(new), amplitude) - exact)
    assert np.abs(found - exact).max() < 0.3 * missed.max()


def test_one_more_success_is_as_if_it_had_been_observed():
    X = points(4, 2).numpy()
    labels = np.array([1.0, -1.0, 1.0, -1.0])
    new = points(3, 2, seed=3).numpy()
    matern = MaternCovariance(np.concatenate([new, X]), Features.of(2, None, None))
    joint = 16.0 * matern.matrix(matern.typical())
    draws = np.random.default_rng(0).multivariate_normal(np.full(7, MEAN), joint, 400_000, method="cholesky")
    likelihood = ndtr(labels * draws[:, 3:]).prod(axis=1)[:, None] * ndtr(draws[:, 1:3])
    exact = (likelihood * ndtr(draws[:, :1])).sum(axis=0) / likelihood.sum(axis=0)
    corrections, cross = case(X, labels, 16.0)
    found = corrections.log_odds_given_success(cross(new), joint[:3, :3])
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-found)), exact, atol=0.01)


@pytest.mark.parametrize("amplitude", [1.0, 256.0, 65536.0])
def test_the_derivatives_are_those_of_finite_differences(amplitude):
    X = points(9, 2).numpy()
    labels = np.where(X[:, 0] + 0.2 * X[:, 1] < 0.6, 1.0, -1.0)
    corrections, cross = case(X, labels, amplitude)
    at = cross(np.concatenate([points(4, 2, seed=7).numpy(), X[:2] + 1e-3]))
    value, slope = corrections.log_odds_gradient(at, amplitude)
    np.testing.assert_allclose(value, corrections.log_odds(at, amplitude), atol=1e-12)
    share = 1e-6 * min(
        1.0, 16.0 / amplitude**0.5
    )  # the chance changes within noise / amplitude of its failures
    for column in range(len(X)):
        move = np.zeros(len(X))
        move[column] = share * amplitude
        up, down = (corrections.log_odds(at + sign * move, amplitude) for sign in (1.0, -1.0))
        np.testing.assert_allclose(
            slope[:, column] * amplitude, (up - down) / (2.0 * share), rtol=2e-4, atol=2e-4
        )


def test_without_covariance_to_the_labels_nothing_is_corrected():
    X = points(6, 2).numpy()
    labels = np.where(X[:, 0] < 0.5, 1.0, -1.0)
    corrections, _ = case(X, labels, 256.0)
    far = np.zeros((1, 6))
    z = MEAN / np.sqrt(1.0 + 256.0)
    assert corrections.log_odds(far, 256.0)[0] == pytest.approx(logit(ndtr(z)), abs=1e-12)


def test_where_the_approximation_is_sure_the_odds_stay_finite():
    X = np.linspace(0.0, 1.0, 30)[:, None]
    labels = np.where(X[:, 0] < 0.5, 1.0, -1.0)
    corrections, cross = case(X, labels, 65536.0)
    value, slope = corrections.log_odds_gradient(cross(np.array([[0.2], [0.9], [-3.0], [50.0]])), 65536.0)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert value[0] > 5.0
    assert value[1] < -5.0


@pytest.mark.parametrize("amplitude", [1.0, 2.0**32])
def test_a_label_against_all_others_leaves_the_odds_finite(amplitude):
    X = np.concatenate([np.full((300, 1), 0.4), np.full((1, 1), 0.4), [[0.9]]])
    labels = np.where(np.arange(302) == 300, -1.0, 1.0)
    corrections, cross = case(X, labels, amplitude)
    value, slope = corrections.log_odds_gradient(cross(np.array([[0.4], [0.41], [0.9]])), amplitude)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert (value > 0.0).all()
