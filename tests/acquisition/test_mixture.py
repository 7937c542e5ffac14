"""Acquisition functions of a mixture of surrogates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.acquisition.mixture import LogMixture
from augury.acquisition.sampled_feasibility import log_feasibility
from augury.acquisition.situation import Situation, log_ei, log_nei
from augury.models import Portfolio, auto
from augury.models.portfolio.members import Member


@pytest.fixture(scope="module", autouse=True)
def all_decide():
    """Forests too, by whatever weight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auto, "member", lambda name: Member(name, least_weight=0.0))
        yield


@pytest.fixture(scope="module")
def situation():
    X = torch.rand(60, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    Y = ((4 * X[:, :1]).floor() % 2) * 3.0 + ((X[:, 1:2] > 0.4) ^ (X[:, 2:3] > 0.6)) + X[:, :1]
    model = Portfolio(X, Y, members=("gp", "student-t", "random-forest")).fit()
    assert len(model.mixture) > 1
    return Situation(model=model, observed=X.numpy(), values=Y[:, 0].numpy())


def points(n=5):
    return np.random.default_rng(1).random((n, 3))


def test_log_ei_is_the_expectation_over_the_mixture(situation):
    X = points()
    posterior = situation.model.posterior(torch.from_numpy(X).unsqueeze(-2))
    gain = np.linspace(1e-6, 12.0, 4001)
    levels = torch.from_numpy(situation.best_f + gain)
    density = posterior.density(levels)[..., 0, 0].detach().numpy()
    expected = np.trapezoid(density * gain[:, None], gain, axis=0)
    np.testing.assert_allclose(np.exp(log_ei(situation).value(X)), expected, rtol=0.02)


@pytest.mark.parametrize("build", [log_ei, log_nei])
def test_the_gradient_is_the_slope(situation, build):
    acquisition = build(situation.with_pending(points(1)))
    assert not acquisition.is_smooth
    X, step = points(), 1e-6
    _, gradient = acquisition.value_gradient(X)
    for column in range(3):
        shift = np.zeros(3)
        shift[column] = step
        slope = (acquisition.value(X + shift) - acquisition.value(X - shift)) / (2.0 * step)
        np.testing.assert_allclose(gradient[:, column], slope, rtol=1e-3, atol=1e-5)


def test_a_probability_is_mixed_too(situation):
    X = points()
    value = np.exp(log_feasibility(situation.model, 1.0, -2.0, 0).value(X))
    parts = [
        weight * np.exp(log_feasibility(member, 1.0, -2.0, 0).value(X))
        for weight, member in situation.model.mixture
    ]
    np.testing.assert_allclose(value, np.sum(parts, axis=0))


def test_values_of_minus_infinity_do_no_harm():
    class Never:
        def value(self, X):
            return np.full(len(X), -np.inf)

        def value_gradient(self, X):
            return self.value(X), np.zeros(X.shape)

    value, _ = LogMixture([Never(), Never()], [0.5, 0.5]).value_gradient(points())
    assert (value == -np.inf).all()
    assert LogMixture([Never(), Never()], [0.5, 0.5]).value(points(2)).tolist() == [-np.inf, -np.inf]
