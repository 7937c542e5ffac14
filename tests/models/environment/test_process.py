from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.models.environment.process import EnvironmentProcess
from augury.space.environment import UniformMeasure
from augury.testing import MODEL_CHECKS
from tests.models.environment.cases import MEASURES, points, process, values


@pytest.mark.parametrize("kind", ["uniform", "category", "all"])
def test_the_likelihood_has_its_gradient(kind: str) -> None:
    regression = process(MEASURES[kind]).regressions.outcomes[0]
    likelihood, theta = regression.likelihood(), regression.theta + 0.3
    value, gradient = likelihood.value_gradient(theta)
    assert value == pytest.approx(likelihood.value(theta))
    for k in range(len(theta)):
        step = 1e-5 * np.eye(len(theta))[k]
        slope = (likelihood.value(theta + step) - likelihood.value(theta - step)) / 2e-5
        assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_predictions_have_their_gradient_and_agree_with_the_dense_ones() -> None:
    model, X = process(MEASURES["all"]), torch.from_numpy(points(6, seed=3))
    mean, variance, by_mean, by_variance = model.mean_variance_gradient(X)
    posterior = model.posterior(X[:, None])
    torch.testing.assert_close(posterior.mean[:, 0, 0], mean)
    torch.testing.assert_close(posterior.variance[:, 0, 0], variance, rtol=1e-6, atol=1e-8)
    for column in (0, 1, 3):
        step = torch.zeros(4, dtype=torch.float64)
        step[column] = 1e-6
        above, below = model.mean_variance(X + step), model.mean_variance(X - step)
        for found, high, low in zip((by_mean, by_variance), above, below, strict=True):
            torch.testing.assert_close(found[:, column], (high - low) / 2e-6, rtol=1e-4, atol=1e-4)


def test_it_learns_the_function() -> None:
    X = points(200, seed=9)
    error = process(MEASURES["all"], n=60).mean(torch.from_numpy(X)).numpy() - values(X)
    assert np.sqrt((error**2).mean()) < 0.3 * values(X).std()


@pytest.mark.parametrize(
    "environment", [None, {}, {0: UniformMeasure(), 1: UniformMeasure()}, {5: UniformMeasure()}]
)
def test_a_design_and_an_environment_are_needed(environment) -> None:
    X = torch.rand(5, 2, dtype=torch.float64)
    with pytest.raises(InvalidInputError, match="environment="):
        EnvironmentProcess(X, X[:, :1], environment=environment)


def random_first_number(train_X, train_Y, train_Yvar=None, categorical_features=None, **options):
    """A process whose first numeric column is the environment."""
    numbers = [column for column in range(train_X.shape[-1]) if column not in (categorical_features or ())]
    return EnvironmentProcess(
        train_X,
        train_Y,
        train_Yvar,
        environment={numbers[0]: UniformMeasure()},
        categorical_features=categorical_features,
        **options,
    )


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(random_first_number)
