from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from botorch.acquisition.max_value_entropy_search import qLowerBoundMaxValueEntropy, qMaxValueEntropy
from scipy.stats import norm

from augury.acquisition.max_value_entropy import (
    LogMaxValueEntropySearch,
    draw_best_values,
    log_information,
)
from augury.models import GaussianProcess
from tests.acquisition.cases import check_gradient, data, gaussian_process

X, Y = data(16, 2, noise=0.05)
MODEL = gaussian_process(X, Y)
RNG = np.random.default_rng(5)
POINTS, PENDING, CANDIDATES = RNG.random((8, 2)), RNG.random((2, 2)), RNG.random((100, 2))


def test_the_information_is_the_loss_of_entropy() -> None:
    for gamma in (-5.0, -1.0, 0.0, 0.7, 3.0):
        f = np.linspace(gamma - 40.0, gamma, 400_001)
        density = norm.pdf(f) / norm.cdf(gamma)
        log_density = norm.logpdf(f) - norm.logcdf(gamma)
        truncated = -np.trapezoid(density * log_density, f)
        expected = 0.5 * np.log(2 * np.pi * np.e) - truncated
        np.testing.assert_allclose(np.exp(log_information(np.array(gamma))[0]), expected, rtol=1e-6)


def test_its_derivative_is_exact_near_and_far() -> None:
    gamma = np.array([-60.0, -5.0, -1e-3, 1e-3, 1.0, 4.99, 5.01, 12.0, 40.0, 200.0])
    step = 1e-5
    slope = (log_information(gamma + step)[0] - log_information(gamma - step)[0]) / (2 * step)
    np.testing.assert_allclose(log_information(gamma)[1], slope, rtol=1e-6)


@pytest.mark.parametrize("maximize", [True, False])
@pytest.mark.parametrize("pending", [None, PENDING])
def test_gradients_agree_with_finite_differences(maximize: bool, pending: np.ndarray | None) -> None:
    maxima = draw_best_values(MODEL, CANDIDATES, maximize=maximize)
    check_gradient(LogMaxValueEntropySearch(MODEL, maxima, maximize, pending=pending), POINTS)


def test_given_the_same_maxima_it_agrees_with_botorch() -> None:
    noise = torch.full((len(X), 1), 1e-6).double()  # theirs is the information in the noisy value
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y)[:, None], noise).fit()
    maxima = draw_best_values(model, CANDIDATES, count=16)
    ours = np.exp(LogMaxValueEntropySearch(model, maxima).value(POINTS))
    with warnings.catch_warnings(), torch.random.fork_rng():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        options = {"candidate_set": torch.from_numpy(CANDIDATES), "num_mv_samples": 16}
        theirs = qMaxValueEntropy(model, num_y_samples=1024, **options)
        bound = qLowerBoundMaxValueEntropy(model, **options)
        theirs.posterior_max_values = bound.posterior_max_values = torch.from_numpy(maxima)[:, None]
        batches = torch.from_numpy(POINTS).unsqueeze(1)
        with torch.no_grad():
            expected, least = theirs(batches).numpy(), bound(batches).numpy()
    assert expected.max() > 0.1
    np.testing.assert_allclose(ours, expected, atol=0.02 * expected.max())
    assert (ours >= least - 1e-3).all()


def test_draws_of_the_best_value_are_those_of_joint_samples() -> None:
    draws = draw_best_values(MODEL, CANDIDATES, count=1024, seed=3)
    with torch.no_grad():
        posterior = MODEL.posterior(torch.from_numpy(CANDIDATES))
        mean, covariance = posterior.mean[:, 0].numpy(), posterior.distribution.covariance_matrix.numpy()
    samples = np.random.default_rng(0).multivariate_normal(mean, covariance, 20_000).max(axis=1)
    assert abs(draws.mean() - samples.mean()) < 5.0 * samples.std() / np.sqrt(1024)
    np.testing.assert_allclose(draws.std(), samples.std(), rtol=0.15)
