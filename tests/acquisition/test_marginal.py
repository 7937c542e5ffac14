from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP

from augury.acquisition.marginal import NUM_HYPERPARAMETERS, marginal_log_nei, marginal_mean
from augury.acquisition.noisy import log_noisy_expected_improvement
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation, log_nei
from augury.models import GaussianProcess
from tests.acquisition.cases import check_gradient, data

X, Y = data(14, 2, noise=1.0)
MODEL = GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).fit()
POINTS = np.random.default_rng(3).random((6, 2))


@pytest.mark.parametrize("maximize", [True, False])
def test_it_is_the_average_over_plausible_hyperparameters(maximize):
    acquisition = marginal_log_nei(Situation(MODEL, X, Y, maximize=maximize, seed=2))
    members = MODEL.plausible(NUM_HYPERPARAMETERS, seed=2)
    parts = [
        w * np.exp(log_noisy_expected_improvement(m, X, maximize=maximize, seed=2).value(POINTS))
        for w, m in members
    ]
    np.testing.assert_allclose(acquisition.value(POINTS), np.log(np.sum(parts, axis=0)))
    assert np.abs(acquisition.value(POINTS) - parts[0]).max() > 1e-3
    check_gradient(acquisition, POINTS)


def test_the_mean_is_the_average_of_the_means():
    mean = marginal_mean(MODEL, maximize=False, seed=2)
    assert mean is not None
    members = MODEL.plausible(NUM_HYPERPARAMETERS, seed=2)
    expected = sum(w * m.mean_variance(torch.from_numpy(POINTS))[0].numpy() for w, m in members)
    np.testing.assert_allclose(mean.value(POINTS), -expected)
    check_gradient(mean, POINTS)


def test_what_offers_no_hyperparameters_is_taken_as_it_is():
    model = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).eval()
    situation = Situation(model, X, Y, seed=1)
    np.testing.assert_array_equal(marginal_log_nei(situation).value(POINTS), log_nei(situation).value(POINTS))
    assert marginal_mean(model, maximize=True, seed=0) is None
    assert ACQUISITIONS.load("marginal-log-nei") is marginal_log_nei
