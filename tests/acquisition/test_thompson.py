from __future__ import annotations

import numpy as np
import torch

from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.acquisition.thompson import ThompsonSample
from augury.space import Space
from tests.acquisition.cases import check_gradient, data, gaussian_process

X, Y = data(12, 2, noise=0.3)
MODEL = gaussian_process(X, Y)
RNG = np.random.default_rng(6)
POINTS, CANDIDATES = RNG.random((6, 2)), RNG.random((40, 2))


def test_gradients_agree_with_finite_differences() -> None:
    for maximize in (True, False):
        check_gradient(ThompsonSample(MODEL, CANDIDATES, maximize), POINTS)


def test_draws_have_the_moments_of_the_posterior_at_the_candidates() -> None:
    samples = (ThompsonSample(MODEL, CANDIDATES, seed=seed) for seed in range(400))
    draws = np.stack([sample.value(CANDIDATES[:5]) for sample in samples])
    with torch.no_grad():
        posterior = MODEL.posterior(torch.from_numpy(CANDIDATES[:5]))
        mean, covariance = posterior.mean[:, 0].numpy(), posterior.distribution.covariance_matrix.numpy()
    error = np.sqrt(covariance.diagonal() / 400)
    assert (np.abs(draws.mean(axis=0) - mean) < 4.0 * error).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.25 * covariance.diagonal().max())


def test_between_candidates_a_draw_varies_as_the_posterior_does() -> None:
    draws = np.stack([ThompsonSample(MODEL, CANDIDATES, seed=seed).value(POINTS) for seed in range(200)])
    with torch.no_grad():
        expected = MODEL.posterior(torch.from_numpy(POINTS)).variance[:, 0].numpy()
    assert (draws.var(axis=0) < 1.4 * expected).all()
    assert (draws.var(axis=0) > 0.5 * expected).all()


def test_each_set_of_pending_points_gets_a_draw_of_its_own() -> None:
    situation = Situation(MODEL, X, Y, space=Space({"x": (0.0, 1.0), "y": (0.0, 1.0)}))
    build = ACQUISITIONS.load("thompson")
    alone, again = build(situation).value(POINTS), build(situation).value(POINTS)
    np.testing.assert_array_equal(alone, again)
    first, second = (build(situation.with_pending(POINTS[[i]])).value(POINTS) for i in (0, 1))
    assert np.abs(first - alone).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3
