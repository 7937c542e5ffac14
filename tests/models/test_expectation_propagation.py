"""Expectation propagation against the exact posterior, by simulation and by quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from augury.models.exact.features import Features
from augury.models.exact.matern import MaternCovariance
from augury.models.expectation_propagation import probit_posterior
from tests.models.cases import points


def covariance(X: np.ndarray, amplitude: float) -> np.ndarray:
    matern = MaternCovariance(X, Features.of(X.shape[1], None, None))
    return amplitude * matern.matrix(matern.starts()[1])


def simulated(K: np.ndarray, labels: np.ndarray, mean: float, draws: int = 400_000):
    """The exact evidence and posterior mean, by drawing from the prior."""
    latent = np.random.default_rng(0).multivariate_normal(np.zeros(len(K)), K, size=draws, method="cholesky")
    likelihood = ndtr(labels * (latent + mean)).prod(axis=1)
    return np.log(likelihood.mean()), (latent * likelihood[:, None]).mean(axis=0) / likelihood.mean()


@pytest.mark.parametrize("amplitude", [1.0, 16.0, 256.0])
def test_evidence_and_mean_are_close_to_the_exact_ones(amplitude):
    X = points(4, 2).numpy()
    labels = np.array([1.0, -1.0, 1.0, 1.0])
    K = covariance(X, amplitude)
    evidence, mean = simulated(K, labels, 0.3)
    posterior = probit_posterior(K, labels, 0.3)
    assert posterior.log_evidence == pytest.approx(evidence, abs=0.05)
    np.testing.assert_allclose(K @ posterior.weights, mean, atol=0.06 * amplitude**0.5)


def test_one_point_is_exact():
    # the first two moments of one site are matched exactly, so that mean, variance and evidence are exact
    variance, mean = 9.0, -0.4
    posterior = probit_posterior(np.array([[variance]], order="F"), np.array([-1.0]), mean)
    latent = np.linspace(-60.0, 60.0, 400_001)
    weight = np.exp(-0.5 * latent**2 / variance) / (2.0 * np.pi * variance) ** 0.5 * ndtr(-(latent + mean))
    step = latent[1] - latent[0]
    evidence = weight.sum() * step
    exact = (latent * weight).sum() * step / evidence
    spread = (latent**2 * weight).sum() * step / evidence - exact**2
    assert posterior.log_evidence == pytest.approx(np.log(evidence), rel=1e-6)
    assert variance * posterior.weights[0] == pytest.approx(exact, rel=1e-6)
    assert variance - (posterior.whitener[0, 0] * variance) ** 2 == pytest.approx(spread, rel=1e-6)


@settings(max_examples=40)
@given(
    n=st.integers(1, 12),
    seed=st.integers(0, 100),
    amplitude=st.sampled_from([1.0, 256.0, 65536.0]),
    duplicates=st.booleans(),
)
def test_any_labels_give_finite_numbers(n, seed, amplitude, duplicates):
    X = points(n, 2, seed).numpy()
    if duplicates:
        X[:] = X[0]
    labels = np.where(np.random.default_rng(seed).random(n) < 0.5, 1.0, -1.0)
    posterior = probit_posterior(covariance(X, amplitude), labels, 0.3)
    assert np.isfinite(posterior.weights).all()
    assert np.isfinite(posterior.whitener).all()
    assert posterior.log_evidence < 0.0
