from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import ExpectedImprovement
from botorch.acquisition.knowledge_gradient import qKnowledgeGradient
from botorch.models import SingleTaskGP
from botorch.models.transforms.outcome import Log
from botorch.sampling import SobolQMCNormalSampler

from augury.acquisition.expected_max_of_lines import expected_max_of_lines
from augury.acquisition.knowledge_gradient import (
    DiscreteKnowledgeGradient,
    RiskNeutralNoisyExpectedImprovement,
    noise_variance_of,
)
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.errors import NotSupportedError
from augury.models import GaussianProcess
from augury.space import Space
from tests.acquisition.cases import check_gradient, data, gaussian_process

X, Y = data(14, 2, noise=0.9)  # noise of standard deviation 0.9, a third of the outcomes' own
MODEL = gaussian_process(X, Y)
RNG = np.random.default_rng(4)
POINTS, PENDING, CHOICES = RNG.random((12, 2)), RNG.random((2, 2)), RNG.random((20, 2))


def known_noise(standard_deviation: float) -> GaussianProcess:
    """A process whose noise is known, and whose hyperparameters are those of `MODEL`."""
    noise = torch.full((len(X), 1), standard_deviation**2).double()
    model = GaussianProcess(torch.from_numpy(X), torch.from_numpy(Y)[:, None], noise)
    theta = MODEL.hyperparameters()["theta"][:, :-1]
    model.load_state_dict({**model.state_dict(), "theta": theta})
    return model


@pytest.mark.parametrize("maximize", [True, False])
@pytest.mark.parametrize("pending", [None, PENDING])
def test_gradients_agree_with_finite_differences(maximize: bool, pending: np.ndarray | None) -> None:
    check_gradient(
        RiskNeutralNoisyExpectedImprovement(MODEL, X, pending, maximize=maximize, noise_variance=0.5), POINTS
    )
    check_gradient(DiscreteKnowledgeGradient(MODEL, CHOICES, pending, maximize=maximize), POINTS)
    barred = np.array([True, False])
    if pending is not None:
        check_gradient(
            DiscreteKnowledgeGradient(MODEL, CHOICES, pending, maximize=maximize, returnable=barred), POINTS
        )


def test_gradients_agree_for_a_model_of_botorch() -> None:
    noise = torch.full((len(X), 1), 0.8).double()
    model = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None], train_Yvar=noise).eval()
    assert noise_variance_of(model, X) == pytest.approx(0.8, rel=1e-6)
    check_gradient(RiskNeutralNoisyExpectedImprovement(model, X, PENDING), POINTS)


@pytest.mark.parametrize("maximize", [True, False])
def test_without_noise_it_is_the_expected_improvement_of_botorch(maximize: bool) -> None:
    model = known_noise(1e-6)
    ours = RiskNeutralNoisyExpectedImprovement(model, X, maximize=maximize).value(POINTS)
    theirs = ExpectedImprovement(model, best_f=float(Y.max() if maximize else Y.min()), maximize=maximize)
    expected = theirs(torch.from_numpy(POINTS).unsqueeze(1)).detach().numpy()
    assert expected.max() > 1e-3
    np.testing.assert_allclose(np.exp(ours), expected, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("pending", [None, PENDING])
@pytest.mark.parametrize("maximize", [True, False])
def test_it_is_the_gain_that_refitting_on_simulated_outcomes_brings(
    pending: np.ndarray | None, maximize: bool
) -> None:
    model, sign = known_noise(0.9), 1.0 if maximize else -1.0
    evaluated = X if pending is None else np.concatenate([X, pending])
    if pending is not None:  # they come out as expected
        told = model.posterior(torch.from_numpy(pending)).mean.detach()
        model = model.condition_on_observations(torch.from_numpy(pending), told)
    before = sign * model.posterior(torch.from_numpy(evaluated)).mean.detach().numpy()
    ours = RiskNeutralNoisyExpectedImprovement(known_noise(0.9), X, pending, maximize=maximize)
    near = X[(sign * Y).argmax()] + 0.2 * np.random.default_rng(0).standard_normal((5, 2))
    values = np.exp(ours.value(near))
    draws = np.random.default_rng(1).standard_normal((4000, 1, 1))
    for point, value in zip(near, values, strict=True):
        at = torch.from_numpy(point[None])
        posterior = model.posterior(at, observation_noise=True)
        mean, deviation = posterior.mean.detach().numpy(), posterior.variance.detach().sqrt().numpy()
        outcomes = torch.from_numpy(mean + deviation * draws)
        refitted = model.condition_on_observations(at, outcomes)
        after = refitted.posterior(torch.from_numpy(np.concatenate([evaluated, point[None]]))).mean
        gain = (sign * after.detach().numpy()).max(axis=(-2, -1)) - before.max()
        error = gain.std() / np.sqrt(len(gain))
        assert abs(value - gain.mean()) < 4.0 * error + 1e-6
    assert values.max() > 0.02


def test_over_the_whole_space_it_comes_close_to_that_of_botorch() -> None:
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    build = ACQUISITIONS.load("knowledge-gradient")
    ours = [build(Situation(MODEL, X, Y, space=space, seed=seed)) for seed in range(4)]
    theirs = qKnowledgeGradient(
        MODEL,
        num_fantasies=128,
        sampler=SobolQMCNormalSampler(torch.Size([128]), seed=0),
        current_value=torch.tensor(ours[0].best),
    )
    points, cube = torch.from_numpy(POINTS[:6]).unsqueeze(1), torch.tensor([[0.0, 0.0], [1.0, 1.0]]).double()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expected = theirs.evaluate(points, bounds=cube, num_restarts=4, raw_samples=64).detach().numpy()
    values = np.mean([np.exp(each.value(POINTS[:6])) for each in ours], axis=0)
    assert expected.max() > 0.05
    # theirs maximises over all points in each fantasy, ours over a few dozen drawn ones: hardly less
    np.testing.assert_allclose(values, expected, atol=0.08 * expected.max())


def test_more_choices_are_worth_more_and_nothing_is_worth_less_than_nothing() -> None:
    some = RiskNeutralNoisyExpectedImprovement(MODEL, X)
    more = DiscreteKnowledgeGradient(MODEL, np.concatenate([X, CHOICES]))
    worth_some, worth_more = (np.exp(each.value(POINTS)) + each.best for each in (some, more))
    assert (worth_some >= some.best).all()
    assert (worth_more >= worth_some - 1e-6).all()
    assert worth_more.max() > worth_some.max() + 1e-3


def test_choices_without_a_chance_are_left_out_without_effect() -> None:
    model = known_noise(0.3)
    ours = RiskNeutralNoisyExpectedImprovement(model, X)
    assert len(ours._means) < len(X)
    fixed, noise = torch.from_numpy(X), ours.noise_variance
    for point, value in zip(POINTS, ours.value(POINTS), strict=True):
        posterior = model.posterior(torch.cat([fixed, torch.from_numpy(point[None])]))
        a, covariance = posterior.mean[:, 0].detach(), posterior.distribution.covariance_matrix.detach()
        b = covariance[-1] / (covariance[-1, -1] + noise).sqrt()
        full = float(expected_max_of_lines(a, b) - a[:-1].max())
        np.testing.assert_allclose(np.exp(value), full, atol=2e-7)


def test_it_says_how_far_a_hopeless_point_is_from_hope() -> None:
    model = known_noise(1e-3)
    value, gradient = RiskNeutralNoisyExpectedImprovement(model, X).value_gradient(X + 1e-3)
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    assert value.min() < -700.0  # its exponential is 0
    assert np.abs(gradient[value.argmin()]).max() > 0.0


def test_a_pending_point_is_worth_less() -> None:
    plain = RiskNeutralNoisyExpectedImprovement(MODEL, X)
    best = POINTS[[plain.value(POINTS).argmax()]]
    beside = RiskNeutralNoisyExpectedImprovement(MODEL, X, best)
    assert beside.value(best)[0] < plain.value(best)[0] - 0.1


def test_choices_and_a_gaussian_posterior_are_needed() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        DiscreteKnowledgeGradient(MODEL, X[:0])
    positive = torch.from_numpy(Y - Y.min() + 1.0)[:, None]
    model = SingleTaskGP(torch.from_numpy(X), positive, outcome_transform=Log()).eval()
    with pytest.raises(NotSupportedError, match="Gaussian"):
        DiscreteKnowledgeGradient(model, X)
