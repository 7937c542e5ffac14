from __future__ import annotations

import botorch.acquisition.analytic as botorch_analytic
import numpy as np
import pytest
import torch
from botorch.models import SingleTaskGP
from botorch.models.transforms.input import Normalize
from gpytorch.kernels import RBFKernel

from augury.acquisition.analytic import (
    LogExpectedImprovement,
    LogProbabilityOfFeasibility,
    LogProbabilityOfImprovement,
    UpperConfidenceBound,
)
from augury.errors import NotSupportedError
from tests.acquisition.cases import check_gradient, check_hessian, data, gaussian_process

X, Y = data(25, 3)
MODEL = gaussian_process(X, Y)
POINTS = np.random.default_rng(9).random((12, 3))
PENDING = np.random.default_rng(8).random((3, 3))


def by_botorch(function) -> np.ndarray:
    with torch.no_grad():
        return function(torch.from_numpy(POINTS).unsqueeze(1)).numpy()


@pytest.mark.parametrize("maximize", [True, False])
def test_gradients_agree_with_finite_differences(maximize: bool) -> None:
    check_gradient(LogExpectedImprovement(MODEL, float(Y.mean()), maximize), POINTS)
    check_gradient(LogExpectedImprovement(MODEL, float(Y.max() if maximize else Y.min()), maximize), POINTS)
    check_gradient(UpperConfidenceBound(MODEL, 2.0, maximize), POINTS)
    check_gradient(LogProbabilityOfImprovement(MODEL, 7.0, maximize, margin=0.1), POINTS)
    check_gradient(LogProbabilityOfImprovement(MODEL, 7.0, maximize, pending=PENDING), POINTS)
    check_gradient(UpperConfidenceBound(MODEL, 2.0, maximize, pending=PENDING), POINTS)
    check_gradient(LogProbabilityOfFeasibility(MODEL, 1.0 if maximize else -1.0, -4.0), POINTS)


@pytest.mark.parametrize("maximize", [True, False])
@pytest.mark.parametrize("d", [1, 3])
def test_hessians_agree_with_finite_differences(maximize: bool, d: int) -> None:
    X, Y = data(15, d)
    model = gaussian_process(X, Y)
    points = np.random.default_rng(9).random((12, d))
    for best in (float(Y.mean()), float(Y.max() if maximize else Y.min())):
        check_hessian(LogExpectedImprovement(model, best, maximize), points)


def test_what_has_no_second_derivatives_says_so() -> None:
    assert LogExpectedImprovement(MODEL, 7.0).has_curvature
    assert not UpperConfidenceBound(MODEL, 2.0).has_curvature
    transformed = gaussian_process(X, Y, input_transform=Normalize(3))
    own = gaussian_process(X, Y, covar_module=RBFKernel(ard_num_dims=3))
    codes = gaussian_process(np.round(X), Y, categorical_features=[1])
    peer = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None])
    for model in (transformed, own, codes, peer.eval()):
        assert not LogExpectedImprovement(model, 7.0).has_curvature


@pytest.mark.parametrize("maximize", [True, False])
def test_values_agree_with_botorch(maximize: bool) -> None:
    best = float(Y.max() if maximize else Y.min())
    improvement = botorch_analytic.LogExpectedImprovement(MODEL, best_f=best, maximize=maximize)
    ours = LogExpectedImprovement(MODEL, best, maximize).value(POINTS)
    np.testing.assert_allclose(ours, by_botorch(improvement), rtol=1e-6)
    chance = botorch_analytic.LogProbabilityOfImprovement(MODEL, best_f=7.0, maximize=maximize)
    ours = LogProbabilityOfImprovement(MODEL, 7.0, maximize).value(POINTS)
    np.testing.assert_allclose(ours, by_botorch(chance), rtol=1e-6, atol=1e-15)
    bound = botorch_analytic.UpperConfidenceBound(MODEL, beta=3.0, maximize=maximize)
    ours = UpperConfidenceBound(MODEL, 3.0, maximize).value(POINTS)
    np.testing.assert_allclose(ours, by_botorch(bound), rtol=1e-8)


def test_a_botorch_model_goes_through_its_posterior() -> None:
    model = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None])
    model.eval()
    ours = LogExpectedImprovement(model, float(Y.max()))
    theirs = botorch_analytic.LogExpectedImprovement(model, best_f=float(Y.max()))
    np.testing.assert_allclose(ours.value(POINTS), by_botorch(theirs), rtol=1e-7)
    check_gradient(ours, POINTS)


def test_probability_of_feasibility_is_the_normal_probability() -> None:
    mean, variance = (part.numpy() for part in MODEL.mean_variance(torch.from_numpy(POINTS)))
    draws = mean + np.sqrt(variance) * np.random.default_rng(0).standard_normal((200_000, 1))
    upper = np.exp(LogProbabilityOfFeasibility(MODEL, 1.0, -8.0).value(POINTS))  # y <= 8
    lower = np.exp(LogProbabilityOfFeasibility(MODEL, -1.0, 8.0).value(POINTS))  # y >= 8
    np.testing.assert_allclose(upper, (draws <= 8.0).mean(axis=0), atol=5e-3)
    np.testing.assert_allclose(upper + lower, 1.0, atol=1e-12)


def test_pending_points_have_no_uncertainty_left_to_be_optimistic_about() -> None:
    plain, beside = (UpperConfidenceBound(MODEL, 4.0, pending=p) for p in (None, PENDING))
    mean = MODEL.mean_variance(torch.from_numpy(PENDING))[0].numpy()
    np.testing.assert_allclose(beside.value(PENDING), mean, atol=1e-2)
    assert (beside.value(PENDING) < plain.value(PENDING)).all()
    assert (beside.value(POINTS) <= plain.value(POINTS) + 1e-9).all()


def test_a_model_that_is_not_gaussian_is_refused() -> None:
    class Forest:
        capabilities = frozenset({"joint_samples"})

    with pytest.raises(NotSupportedError, match="not declared Gaussian"):
        LogExpectedImprovement(Forest(), 0.0)
