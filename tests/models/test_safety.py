"""The exact Gaussian process on data that break others: never NaN, never an error of linear algebra."""

from __future__ import annotations

from math import log

import pytest
import torch
from gpytorch.kernels import LinearKernel, RBFKernel
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.models import GaussianProcess
from augury.models.exact.priors import LENGTHSCALE_BOUNDS, NOISE_BOUNDS
from tests.models.cases import mixed_points, outcomes, points, set_theta


def assert_sound(model, new):
    for values in (*model.mean_variance(new), *model.mean_variance_gradient(new), *model.leave_one_out()):
        assert torch.isfinite(values).all()
    assert (model.mean_variance(new)[1] >= 0).all()
    assert torch.isfinite(torch.tensor(model.log_posterior()))
    posterior = model.posterior(new.unsqueeze(-2))
    assert torch.isfinite(posterior.mean).all()
    assert torch.isfinite(posterior.variance).all()


@pytest.mark.filterwarnings("ignore:Negative variance values")
@settings(max_examples=40)
@given(
    distinct=st.integers(1, 5),
    repeats=st.integers(1, 4),
    values=st.lists(st.sampled_from([-1.0, 0.0, 0.0, 2.5, 1e6]), min_size=1, max_size=4),
    scale=st.sampled_from([1e-12, 1.0, 1e12]),
    noise=st.sampled_from([None, 0.0, 1e-20, 0.1, 1e30]),
    cardinality=st.sampled_from([None, 1, 3]),
)
def test_any_training_set_is_fit(distinct, repeats, values, scale, noise, cardinality):
    cardinalities = () if cardinality is None else (cardinality,)
    X = mixed_points(distinct, 2, cardinalities).repeat(repeats, 1)
    Y = scale * torch.tensor([values[i % len(values)] for i in range(len(X))]).double().unsqueeze(-1)
    Yvar = None if noise is None else torch.full_like(Y, noise)
    model = GaussianProcess(X, Y, Yvar, [2] if cardinalities else None).fit()
    assert_sound(model, torch.cat([X, mixed_points(3, 2, cardinalities, seed=5)]))


@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("lengthscale", LENGTHSCALE_BOUNDS)
@pytest.mark.parametrize("noise", NOISE_BOUNDS)
def test_hyperparameters_at_their_bounds(lengthscale, noise):
    X = torch.cat([points(40, 3), points(5, 3), points(5, 3) + 1e-9])
    model = GaussianProcess(X, outcomes(X))
    set_theta(model, torch.tensor([[log(lengthscale)] * 3 + [log(noise)]]).double())
    assert_sound(model, torch.cat([X[:3], points(3, 3, seed=5), 1e5 * points(3, 3)]))


def test_a_prior_variance_of_zero_leaves_a_positive_variance():
    X = points(10, 2)
    model = GaussianProcess(X, outcomes(X), covar_module=LinearKernel()).fit()
    origin = torch.zeros(1, 2).double()
    assert float(model.mean_variance(origin)[1]) > 0.0
    assert float(model.mean_variance_gradient(origin)[1]) > 0.0
    assert model.cross_posterior()(origin.numpy())[1][0] > 0.0


@pytest.mark.filterwarnings("ignore:Negative variance values")
def test_two_thousand_rows():
    X = points(2000, 4)
    X[1000:1100] = X[:100]
    model = GaussianProcess(X, outcomes(X))
    mean, variance = model.mean_variance(points(100, 4, seed=5))
    assert torch.isfinite(mean).all()
    assert (variance > 0).all()
    error = (mean - outcomes(points(100, 4, seed=5), noise=0.0).squeeze(-1)).square().mean()
    assert error < 0.1 * outcomes(X).var()


@pytest.mark.slow
def test_a_fit_of_two_thousand_rows():
    X = points(2000, 4)
    model = GaussianProcess(X, outcomes(X))
    before = model.log_posterior()
    assert model.fit().log_posterior() > before
    assert_sound(model, points(10, 4, seed=5))


def test_a_users_kernel_on_duplicates_and_constants():
    X = points(3, 2).repeat(4, 1)
    for Y in (outcomes(X), torch.full((12, 1), 7.0)):
        assert_sound(GaussianProcess(X, Y, covar_module=RBFKernel()).fit(), points(4, 2, seed=5))
