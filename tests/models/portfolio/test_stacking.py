"""Weights by predictive score."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import norm

from augury.models.portfolio.stacking import stacking_weights


def scores(n=200, seed=0):
    """Log densities of draws of a mixture, by its three parts and by one that is far off."""
    rng = np.random.default_rng(seed)
    part = rng.choice(3, size=n, p=[0.6, 0.3, 0.1])
    y = rng.normal(np.array([0.0, 3.0, -4.0])[part], 1.0)
    return norm.logpdf(y[:, None], np.array([0.0, 3.0, -4.0, 9.0]))


def test_the_weights_are_those_of_a_general_optimiser():
    L, prior = scores(), np.array([5.0, 0.0, 0.0, 0.0])

    def negative(free):
        weights = softmax(np.append(free, 0.0))
        return -(np.log(np.exp(L) @ weights).sum() + prior @ np.log(weights))

    found = minimize(negative, np.zeros(3), method="Nelder-Mead", options={"maxiter": 5000, "xatol": 1e-6})
    np.testing.assert_allclose(stacking_weights(L, prior), softmax(np.append(found.x, 0.0)), atol=2e-3)


def test_the_shares_of_a_mixture_are_found_again():
    weights = stacking_weights(scores(5000), np.zeros(4))
    np.testing.assert_allclose(weights, [0.6, 0.3, 0.1, 0.0], atol=0.03)


def test_few_rows_leave_the_weights_with_the_prior():
    L = scores(4)
    L[:, 1] += 0.5
    assert stacking_weights(L, np.array([10.0, 0, 0, 0]))[0] > 10.0 / 14.0
    assert stacking_weights(np.zeros((0, 4)), np.array([10.0, 0, 0, 0])).argmax() == 0


def test_densities_that_underflow_are_compared_all_the_same():
    weights = stacking_weights(np.array([[-2000.0, -2001.0]] * 50), np.zeros(2))
    assert weights[0] > 0.95
