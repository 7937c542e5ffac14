from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.acquisition.risk import LogRiskExpectedImprovement, RiskMean, RiskPosterior, most_informative
from augury.models.environment.integrated import IntegratedProcess
from tests.models.environment.cases import CATEGORY, LEVELS, MEASURES, points, process

MODEL = process(MEASURES["levels"])


def posterior(risk: str, level: float | None = None, sign: float = 1.0) -> RiskPosterior:
    return RiskPosterior(MODEL, [1], LEVELS.points[:, None], LEVELS.weights, risk, level, sign, seed=1)


def test_the_mean_by_draws_is_the_integrated_process() -> None:
    X = points(6, seed=2)
    mean, variance = IntegratedProcess(MODEL).mean_variance(torch.from_numpy(X))
    found, std = posterior("mean").mean_std(X)
    np.testing.assert_allclose(found, mean.numpy(), atol=0.02 * float(variance.sqrt().max()))
    np.testing.assert_allclose(std, variance.sqrt().numpy(), rtol=0.2)


@pytest.mark.parametrize(
    ("risk", "level"), [("mean", None), ("var", 0.7), ("cvar", 0.7), ("worst-case", None)]
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_acquisition_has_the_gradient_of_its_value(risk: str, level: float | None, sign: float) -> None:
    risks, X = posterior(risk, level, sign), points(5, seed=3)
    best = risks.mean_std(points(6, seed=4))[0].max()
    for acquisition in (LogRiskExpectedImprovement(risks, float(best)), RiskMean(risks)):
        value, gradient = acquisition.value_gradient(X)
        np.testing.assert_allclose(value, acquisition.value(X), rtol=1e-6, atol=1e-8)
        for column in (0, 3):
            step = 1e-6 * np.eye(4)[column]
            expected = (acquisition.value(X + step) - acquisition.value(X - step)) / 2e-6
            np.testing.assert_allclose(gradient[:, column], expected, rtol=1e-3, atol=1e-4)


def test_the_worst_case_never_exceeds_the_mean_in_any_draw() -> None:
    X = torch.from_numpy(points(6, seed=5))
    risks = posterior("worst-case")
    assert (risks.draws(X).amin(dim=-1) <= risks.draws(X) @ torch.from_numpy(LEVELS.weights) + 1e-9).all()
    assert (risks.mean_std(X.numpy())[0] <= posterior("mean").mean_std(X.numpy())[0]).all()


def test_the_most_informative_environment_leaves_the_least_variance() -> None:
    """Brute force: condition on each candidate and look at the variance of the mean over the environment."""
    x = points(1, seed=6)
    candidates = np.repeat(x, 3, axis=0)
    candidates[:, 1] = LEVELS.points
    noise = float(MODEL.noise_variance[0])
    left = []
    for one in candidates:
        told = MODEL.condition_on_observations(torch.from_numpy(one[None]), torch.zeros(1, 1).double())
        left.append(float(IntegratedProcess(told).mean_variance(torch.from_numpy(x))[1]))
    assert most_informative(MODEL, candidates, LEVELS.weights, candidates, noise) == int(np.argmin(left))


def test_categories_are_environments_too() -> None:
    model = process(MEASURES["category"])
    risks = RiskPosterior(model, [2], CATEGORY.points[:, None], CATEGORY.weights, "mean", None, 1.0)
    X = points(4, seed=7)
    np.testing.assert_allclose(
        risks.mean_std(X)[0], IntegratedProcess(model).mean(torch.from_numpy(X)).numpy(), rtol=0.01
    )
