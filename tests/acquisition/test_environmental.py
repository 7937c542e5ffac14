from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm

from augury.acquisition.environmental import EnvironmentalKnowledgeGradient
from augury.acquisition.knowledge_gradient import DiscreteKnowledgeGradient
from augury.models.environment.integrated import IntegratedProcess
from augury.models.environment.joint_moments import JointMoments
from augury.models.environment.process import EnvironmentProcess
from augury.space.environment import FiniteMeasure
from tests.acquisition.cases import finite_difference
from tests.models.environment.cases import MEASURES, points, process

CHOICES = points(6, seed=11)


@pytest.mark.parametrize("kind", ["uniform", "levels", "all"])
@pytest.mark.parametrize("maximize", [True, False])
def test_it_has_the_gradient_of_its_value(kind: str, maximize: bool) -> None:
    acquisition = EnvironmentalKnowledgeGradient(process(MEASURES[kind]), CHOICES, maximize=maximize)
    X = points(8, seed=12)
    value, gradient = acquisition.value_gradient(X)
    np.testing.assert_allclose(value, acquisition.value(X), rtol=1e-9)
    for column in (0, 1, 3):
        step = 1e-6 * np.eye(4)[column]
        expected = (acquisition.value(X + step) - acquisition.value(X - step)) / 2e-6
        np.testing.assert_allclose(gradient[:, column], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["uniform", "all"])
def test_moments_are_those_of_the_two_processes(kind: str) -> None:
    model, X = process(MEASURES[kind]), points(5, seed=13)
    moments, integrated = JointMoments(model, CHOICES), IntegratedProcess(model)
    mean, variance, own, covariance = moments(X)
    np.testing.assert_allclose(mean, integrated.mean(torch.from_numpy(X)).numpy())
    np.testing.assert_allclose(variance, model.mean_variance(torch.from_numpy(X))[1].numpy())
    np.testing.assert_allclose(moments.fixed_covariance, integrated.cross_posterior(CHOICES).fixed_covariance)
    at_choices = np.array([JointMoments(model, X[[i]])(X[[i]])[3][0, 0] for i in range(5)])
    np.testing.assert_allclose(own, at_choices)
    assert covariance.shape == (5, 6)


def test_it_is_what_refitting_on_simulated_outcomes_gains() -> None:
    """Brute force: condition on each of 60 equally likely outcomes, and average the best mean over the
    environment."""
    model = process(MEASURES["all"], noise=0.5)
    acquisition = EnvironmentalKnowledgeGradient(model, CHOICES)
    X = points(4, seed=14)
    draws = norm.ppf((np.arange(60) + 0.5) / 60)
    noise = acquisition.noise_variance
    for x, value in zip(X, acquisition.value(X), strict=True):
        mean, variance = model.mean_variance(torch.from_numpy(x[None]))
        outcomes = float(mean) + np.sqrt(float(variance) + noise) * draws
        returned = np.concatenate([CHOICES, x[None]])
        gains = []
        for outcome in outcomes:
            told = torch.tensor([[outcome]])
            after = IntegratedProcess(model.condition_on_observations(torch.from_numpy(x[None]), told))
            gains.append(float(after.mean(torch.from_numpy(returned)).max()))
        gain = np.array(gains) - acquisition.best
        assert np.exp(value) == pytest.approx(gain.mean(), abs=0.02 * gain.std() + 1e-4)


def test_an_environment_of_one_value_is_the_ordinary_knowledge_gradient() -> None:
    point = FiniteMeasure(np.array([0.4]), np.array([1.0]))
    X = points(20, seed=15)[:, [0, 3]]
    X[:, 1] = 0.4
    y = torch.from_numpy(np.sin(5.0 * X[:, :1]) + 0.1 * np.random.default_rng(0).standard_normal((20, 1)))
    model = EnvironmentProcess(torch.from_numpy(X), y, environment={1: point}).fit()
    candidates, choices = X[:6] + np.array([[0.03, 0.0]]), X[10:]
    ordinary = DiscreteKnowledgeGradient(model, choices)
    ours = EnvironmentalKnowledgeGradient(model, choices)
    np.testing.assert_allclose(ours.value(candidates), ordinary.value(candidates), rtol=1e-6, atol=1e-8)
    assert finite_difference(ours, candidates).shape == (6, 2)


def test_more_choices_are_worth_no_less_beside_the_same_present_value() -> None:
    model, X = process(MEASURES["uniform"]), points(20, seed=16)
    fewer = EnvironmentalKnowledgeGradient(model, CHOICES)
    more = EnvironmentalKnowledgeGradient(model, np.concatenate([CHOICES, points(10, seed=17)]))
    gain = np.exp(more.value(X)) + more.best - np.exp(fewer.value(X)) - fewer.best
    assert gain.min() > -1e-8
    assert np.exp(fewer.value(X)).min() >= 0.0
