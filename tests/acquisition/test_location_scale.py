"""Acquisition functions of Student-t and mixture posteriors: closed forms, gradients, Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import t as student_t

from augury.acquisition.analytic import (
    LogExpectedImprovement,
    LogProbabilityOfFeasibility,
    UpperConfidenceBound,
)
from augury.acquisition.autograd import TorchAcquisition
from augury.acquisition.moments import has_closed_form, moments_of
from augury.acquisition.noisy import LogNoisyExpectedImprovement
from augury.acquisition.registry import ACQUISITIONS
from augury.acquisition.situation import Situation
from augury.errors import NotSupportedError
from augury.models import ScaleMixtureProcess, StudentTProcess
from tests.acquisition.cases import check_gradient, data

X, Y = data(8, 2, noise=0.3)
POINTS, PENDING = np.split(np.random.default_rng(2).random((9, 2)), [7])
MODELS = {
    name: factory(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).fit()
    for name, factory in (("student-t", StudentTProcess), ("mixture", ScaleMixtureProcess))
}


def draws(model, points: np.ndarray, count: int = 1 << 14) -> np.ndarray:
    """Joint samples, `count x N`."""
    from botorch.sampling.get_sampler import get_sampler

    with torch.no_grad():
        posterior = model.posterior(torch.from_numpy(points))
        return get_sampler(posterior, torch.Size([count]), seed=3)(posterior)[..., 0].numpy()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("maximize", [True, False])
def test_gradients_agree_with_finite_differences(name: str, maximize: bool) -> None:
    model, best = MODELS[name], float(Y.max() if maximize else Y.min())
    check_gradient(LogExpectedImprovement(model, best, maximize), POINTS)
    check_gradient(LogExpectedImprovement(model, float(Y.mean()), maximize), POINTS)
    check_gradient(UpperConfidenceBound(model, 2.0, maximize), POINTS)
    check_gradient(UpperConfidenceBound(model, 2.0, maximize, pending=PENDING), POINTS)
    check_gradient(LogProbabilityOfFeasibility(model, 1.0, -4.0), POINTS)
    for baseline, best_f in ((X[:3], None), (None, best)):
        check_gradient(
            LogNoisyExpectedImprovement(model, baseline, PENDING, best_f=best_f, maximize=maximize), POINTS
        )


@pytest.mark.parametrize("name", MODELS)
def test_closed_forms_agree_with_monte_carlo(name: str) -> None:
    model = MODELS[name]
    samples, best = draws(model, POINTS), float(np.quantile(Y, 0.7))
    improvement = np.maximum(samples - best, 0.0).mean(axis=0)
    ours = np.exp(LogExpectedImprovement(model, best).value(POINTS))
    np.testing.assert_allclose(ours, improvement, rtol=0.03, atol=0.003)
    probability = np.exp(LogProbabilityOfFeasibility(model, 1.0, -best).value(POINTS))
    np.testing.assert_allclose(probability, (samples <= best).mean(axis=0), atol=0.01)
    bound = UpperConfidenceBound(model, 4.0).value(POINTS)
    deviation = model.posterior(torch.from_numpy(POINTS)).variance.sqrt()[:, 0].detach().numpy()
    np.testing.assert_allclose(bound, samples.mean(axis=0) + 2.0 * deviation, rtol=0.02, atol=0.02)


def test_expected_improvement_is_the_integral_over_student_t() -> None:
    model, best = MODELS["student-t"], float(Y.max()) + 1.0
    posterior = model.posterior(torch.from_numpy(POINTS))
    location = posterior.mean[:, 0].detach().numpy()
    scale = (posterior.squared_scale * posterior.gaussian.variance[:, 0]).sqrt().detach().numpy()
    expected = [
        quad(
            lambda f, m=m, s=s: (f - best) * student_t.pdf(f, posterior.df, m, s),
            best,
            np.inf,
            epsrel=1e-10,
            epsabs=0,
        )[0]
        for m, s in zip(location, scale, strict=True)
    ]
    np.testing.assert_allclose(LogExpectedImprovement(model, best).value(POINTS), np.log(expected), rtol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_pending_points_are_integrated_over_with_their_common_scale(name: str) -> None:
    """Greedy log EI beside pending points is the joint improvement, by samples of all of them."""
    model, best = MODELS[name], float(np.quantile(Y, 0.7))
    samples = draws(model, np.concatenate([POINTS, PENDING]))
    reached = np.maximum(samples[:, len(POINTS) :].max(axis=1), best)
    expected = np.maximum(samples[:, : len(POINTS)] - reached[:, None], 0.0).mean(axis=0)
    acquisition = LogNoisyExpectedImprovement(model, None, PENDING, best_f=best, num_fantasies=4096, seed=1)
    np.testing.assert_allclose(np.exp(acquisition.value(POINTS)), expected, rtol=0.06, atol=0.006)


@pytest.mark.parametrize("acquisition", ["log-ei", "log-nei", "ucb"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("pending", [None, PENDING])
def test_a_situation_takes_the_closed_form(acquisition: str, name: str, pending) -> None:
    built = ACQUISITIONS.load(acquisition)(Situation(MODELS[name], X, Y, pending=pending))
    assert not isinstance(built, TorchAcquisition)
    check_gradient(built, POINTS)


def test_gaussian_closed_forms_are_refused() -> None:
    for model in MODELS.values():
        assert has_closed_form(model)
        with pytest.raises(NotSupportedError, match="not declared Gaussian"):
            moments_of(model)


def test_heavier_tails_make_far_improvements_more_likely() -> None:
    far = float(Y.max()) + 50.0
    heavy, light = (
        StudentTProcess(torch.from_numpy(X), torch.from_numpy(Y)[:, None], alpha=a, beta=a)
        for a in (1.0, 1e4)
    )
    difference = LogExpectedImprovement(heavy, far).value(POINTS) - LogExpectedImprovement(light, far).value(
        POINTS
    )
    assert (difference > 3.0).all()
