"""A model becomes a torch module when something of one is asked for, and is the same before and after."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from botorch.models.transforms.outcome import Standardize

from augury.models.gaussian_process import GaussianProcess

X = torch.rand(12, 2, generator=torch.Generator().manual_seed(0)).double()
Y = 3.0 + X.sum(dim=1, keepdim=True).sin()
POINTS = X[:5] * 0.9


def test_fitting_and_predicting_need_no_module() -> None:
    model = GaussianProcess(X, Y).fit()
    mean, variance = model.mean_variance(POINTS)
    assert float(model.noise_variance) > 0.0
    assert model.hyperparameters()["theta"].shape == (1, 3)
    assert not model._is_module
    with pytest.raises(AttributeError, match="location_scale"):
        model.location_scale  # noqa: B018
    assert not hasattr(model, "input_transform")
    assert not model._is_module
    posterior = model.posterior(POINTS.unsqueeze(1))
    assert model._is_module
    torch.testing.assert_close(posterior.mean[:, 0, 0], mean)
    torch.testing.assert_close(posterior.variance[:, 0, 0], variance)
    torch.testing.assert_close(model.mean_variance(POINTS), (mean, variance))


@pytest.mark.parametrize("of", [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_are_those_of_a_module(of) -> None:
    model = GaussianProcess(X, Y).fit()
    expected = model.mean_variance(POINTS)
    other = of(model)
    torch.testing.assert_close(other.state_dict(), model.state_dict())
    torch.testing.assert_close(other.mean_variance(POINTS), expected)


def test_the_state_is_that_of_a_model_with_its_transform_given() -> None:
    default, given = (
        GaussianProcess(X, Y, **options).fit()
        for options in ({}, {"outcome_transform": Standardize(m=1, min_stdv=1e-150)})
    )
    assert given._is_module
    torch.testing.assert_close(default.state_dict(), given.state_dict(), rtol=1e-8, atol=1e-8)
    other = GaussianProcess(X, Y + X[:, :1])
    other.load_state_dict(given.state_dict())
    np.testing.assert_allclose(other.theta, given.theta)
    assert not other.training


def test_a_fit_nearby_ends_in_the_mode_that_it_begins_at() -> None:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.rand(30, 3, generator=generator).double()
    noisy = (9.0 * inputs[:, :1]).sin() + 0.5 * torch.randn(30, 1, generator=generator).double()
    model = GaussianProcess(inputs, noisy)
    best = model.fit().log_posterior()
    smooth = {"theta": torch.tensor([[1.0, 1.0, 1.0, 0.0]], dtype=torch.float64)}
    other = GaussianProcess(inputs, noisy).fit_nearby(smooth)
    assert other.log_posterior() < best - 1.0
    again = GaussianProcess(inputs, noisy).fit_nearby(model.hyperparameters())
    assert again.log_posterior() == pytest.approx(best, abs=0.05)
