"""The Gaussian process of an infinitely wide network."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from botorch.models import SingleTaskGP

from augury.errors import InvalidInputError
from augury.kernels import NNGPKernel
from augury.models import InfiniteWidthGP
from augury.networks import Activation, Conv1d, Dense, Flatten, Residual, Sequential
from augury.testing import MODEL_CHECKS, models

RESIDUAL = Sequential(Dense(9, 2.0, 1.0), Residual(Activation("gelu"), Dense(9)), Activation(), Dense(1))
OTHER_SETTINGS = [
    {"learn": True, "depth": 2},
    {"activation": "tanh", "depth": 1, "learn": True},
    {"architecture": RESIDUAL},
]
#: Of the checks, those that depend on the covariance.
CHECKS_OF_COVARIANCES = [
    models.model_predictions.learns_a_smooth_function,
    models.model_predictions.is_differentiable,
    models.model_predictions.state_restores_predictions,
    models.model_capabilities.gaussian_moments_agree_with_the_posterior,
    models.model_capabilities.draws_joint_samples,
    models.model_capabilities.conditions_on_observations,
    models.model_data.takes_categories,
    models.model_data.copes_with_one_row,
    models.model_data.copes_with_constant_outcomes,
    models.model_data.copes_with_known_noise,
]


def data(n=40, d=6, seed=0):
    X = torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return X, (X.sin() @ torch.arange(1.0, d + 1).double()).unsqueeze(-1)


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_the_model_conforms(check):
    check(InfiniteWidthGP)


@pytest.mark.parametrize("check", CHECKS_OF_COVARIANCES, ids=lambda check: check.__name__)
@pytest.mark.parametrize("arguments", OTHER_SETTINGS, ids=lambda arguments: "-".join(arguments))
def test_other_settings_conform(check, arguments):
    check(partial(InfiniteWidthGP, **arguments))


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_predictions_are_those_of_botorch_with_the_same_kernel(activation):
    X, Y = data()
    noise = torch.full_like(Y, 0.01)
    ours = InfiniteWidthGP(X, Y, noise, activation=activation, outcome_transform=None).fit()
    theirs = SingleTaskGP(X, Y, noise, covar_module=NNGPKernel(activation=activation), outcome_transform=None)
    theirs.mean_module.constant = torch.tensor(ours.regressions.outcomes[0].constant)
    new = data(10, seed=1)[0]
    expected, given = theirs.posterior(new), ours.posterior(new)
    torch.testing.assert_close(given.mean, expected.mean.detach(), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(given.variance, expected.variance.detach(), rtol=1e-4, atol=1e-6)


def test_learnt_variances_have_a_higher_posterior_than_the_published_ones():
    X, Y = data()
    model = InfiniteWidthGP(X, Y, learn=True)
    before = model.log_posterior()
    assert model.theta.shape == (1, 3)
    assert model.fit().log_posterior() > before + 1.0


@pytest.mark.parametrize("arguments", [{"learn": True}, {"learn": True, "activation": "erf"}], ids=str)
def test_the_gradient_of_the_fit_is_its_slope(arguments):
    X, Y = data(15, 3)
    (outcome,) = InfiniteWidthGP(X, Y, **arguments).regressions.outcomes
    likelihood, theta, step = outcome.likelihood(), outcome.theta, 1e-5
    _, gradient = likelihood.value_gradient(theta)
    for index in range(3):
        shift = step * torch.eye(3).double()[index].numpy()
        slope = (likelihood.value(theta + shift) - likelihood.value(theta - shift)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_a_category_weighs_as_much_as_a_number_however_many_levels_it_has():
    X, Y = data(12, 2)
    X[:, 1] = torch.arange(12) % 2
    few = InfiniteWidthGP(X, Y, categorical_features=[1]).posterior(X)
    X[0, 1] = 11.0
    many = InfiniteWidthGP(X[1:], Y[1:], categorical_features=[1])
    prior = many.regressions.outcomes[0].covariance.diagonal(X.numpy())
    numbers = NNGPKernel()(torch.stack([X[:, 0], torch.ones(12).double()], dim=-1), diag=True)
    torch.testing.assert_close(torch.from_numpy(prior), numbers)
    assert torch.isfinite(few.mean).all()


def test_descriptors_make_like_categories_alike():
    X = torch.tensor([[0.0], [2.0], [3.0]], dtype=torch.float64).repeat(4, 1)
    Y = torch.tensor([[0.0], [1.0], [1.0]], dtype=torch.float64).repeat(4, 1)
    table = torch.tensor([[0.0, 0.0], [0.1, 0.0], [1.0, 1.0], [0.9, 1.0]], dtype=torch.float64)
    model = InfiniteWidthGP(X, Y, categorical_features=[0], descriptors={0: table}).fit()
    plain = InfiniteWidthGP(X, Y, categorical_features=[0]).fit()
    unseen = torch.ones(1, 1, dtype=torch.float64)
    assert model.posterior(unseen).mean < plain.posterior(unseen).mean - 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"depth": 0}, "hidden layers"), ({"weight_var": 0.0}, "weight_var must be positive")],
)
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        InfiniteWidthGP(*data(5), **arguments)


def test_an_architecture_with_positions_takes_no_other_number_of_inputs():
    images = Sequential(Conv1d(4), Activation(), Flatten(), Dense(1), input_shape=(1, 5))
    assert InfiniteWidthGP(*data(6, 5), architecture=images).fit().posterior(data(2, 5)[0]).mean.shape == (
        2,
        1,
    )
    with pytest.raises(InvalidInputError, match="flattened to 5 numbers; given 6"):
        InfiniteWidthGP(*data(6, 6), architecture=images).fit()
