from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import LogNoisyExpectedImprovement as BoTorchLogNEI
from botorch.acquisition.monte_carlo import qExpectedImprovement, qNoisyExpectedImprovement
from botorch.models import SingleTaskGP
from botorch.sampling import SobolQMCNormalSampler

from augury.acquisition.fantasies import FantasizedMoments, plausible_best
from augury.acquisition.noisy import LogNoisyExpectedImprovement, log_noisy_expected_improvement
from tests.acquisition.cases import check_gradient, data, gaussian_process

X, Y = data(20, 2, noise=1.0)
MODEL = gaussian_process(X, Y)
RNG = np.random.default_rng(3)
POINTS, PENDING = RNG.random((8, 2)), RNG.random((2, 2))


@pytest.mark.parametrize("maximize", [True, False])
def test_gradients_agree_with_finite_differences(maximize: bool) -> None:
    best = float(Y.max() if maximize else Y.min())
    check_gradient(log_noisy_expected_improvement(MODEL, X, maximize=maximize), POINTS)
    check_gradient(log_noisy_expected_improvement(MODEL, X, pending=PENDING, maximize=maximize), POINTS)
    check_gradient(LogNoisyExpectedImprovement(MODEL, None, PENDING, best_f=best, maximize=maximize), POINTS)


@pytest.mark.parametrize("maximize", [True, False])
def test_it_is_the_expected_improvement_over_the_uncertain_best(maximize: bool) -> None:
    sign = 1.0 if maximize else -1.0
    rng = np.random.default_rng(0)
    ours = log_noisy_expected_improvement(MODEL, X, maximize=maximize, num_fantasies=1024, seed=1).value(
        POINTS
    )
    for point, value in zip(POINTS, np.exp(ours), strict=True):
        posterior = MODEL.posterior(torch.from_numpy(np.concatenate([X, point[None]])))
        mean, covariance = posterior.mean[:, 0].detach().numpy(), posterior.distribution.covariance_matrix
        f = sign * rng.multivariate_normal(mean, covariance.detach().numpy(), size=100_000)
        improvement = np.maximum(f[:, -1] - f[:, :-1].max(axis=1), 0.0)
        tolerance = 5.0 * improvement.std() / np.sqrt(len(f)) + 0.03 * improvement.mean() + 1e-4
        assert abs(value - improvement.mean()) < tolerance
    assert np.exp(ours).max() > 0.01


def test_it_agrees_with_botorch_in_expectation() -> None:
    variance = torch.full((20, 1), 1.0).double()
    model = SingleTaskGP(torch.from_numpy(X), torch.from_numpy(Y)[:, None], train_Yvar=variance).eval()
    torch.manual_seed(0)
    theirs = BoTorchLogNEI(model, torch.from_numpy(X), num_fantasies=2048)
    ours = log_noisy_expected_improvement(model, X, num_fantasies=2048)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(POINTS).unsqueeze(1)).numpy()
    near = expected > expected.max() - 4.0  # far below, the average hangs on the rarest fantasies
    assert near.sum() >= 3
    np.testing.assert_allclose(ours.value(POINTS)[near], expected[near], atol=0.15)


@pytest.mark.parametrize("noisy", [True, False])
def test_beside_pending_points_it_is_the_gain_of_the_joint_batch(noisy: bool) -> None:
    sampler = SobolQMCNormalSampler(torch.Size([2**13]), seed=1)
    baseline, pending = torch.from_numpy(X), torch.from_numpy(PENDING)
    if noisy:
        joint = qNoisyExpectedImprovement(MODEL, baseline, sampler=sampler, cache_root=False)
        ours = log_noisy_expected_improvement(MODEL, X, pending=PENDING, num_fantasies=1024)
    else:
        best = float(np.quantile(Y, 0.7))
        joint = qExpectedImprovement(MODEL, best_f=best, sampler=sampler)
        ours = LogNoisyExpectedImprovement(MODEL, None, PENDING, best_f=best, num_fantasies=1024)
    with torch.no_grad():
        alone = float(joint(pending.unsqueeze(0)))
        batches = torch.stack([torch.cat([pending, point[None]]) for point in torch.from_numpy(POINTS)])
        gain = joint(batches).numpy() - alone
    np.testing.assert_allclose(np.exp(ours.value(POINTS)), gain, atol=0.03 * gain.max())


def test_a_pending_point_is_worth_little_more() -> None:
    plain = log_noisy_expected_improvement(MODEL, X)
    best = POINTS[[plain.value(POINTS).argmax()]]
    beside = log_noisy_expected_improvement(MODEL, X, pending=best)
    assert beside.value(best)[0] < plain.value(best)[0] - 3.0


def test_a_pending_point_that_breaks_the_constraints_sets_no_standard() -> None:
    options = {"best_f": float(Y.mean()), "num_fantasies": 64}
    infeasible = np.zeros((64, 2), dtype=bool)
    free = LogNoisyExpectedImprovement(MODEL, None, PENDING, **options, pending_feasible=infeasible)
    assert (free.best == Y.mean()).all()
    assert (free.best <= LogNoisyExpectedImprovement(MODEL, None, PENDING, **options).best).all()


def test_a_known_best_value_or_a_baseline_is_needed() -> None:
    with pytest.raises(ValueError, match="baseline"):
        LogNoisyExpectedImprovement(MODEL, None, PENDING)


def test_fantasies_pass_through_their_values_and_spread_like_the_posterior() -> None:
    moments = FantasizedMoments(MODEL, PENDING, count=2048, seed=0)
    means, variance = moments(PENDING)
    np.testing.assert_allclose(means.T, moments.values, atol=1e-3)
    assert (variance < 1e-3).all()
    covariance = moments.moments.fixed_covariance
    np.testing.assert_allclose(np.cov(moments.values.T), covariance, atol=0.02 * covariance.max())
    np.testing.assert_allclose(moments.values.mean(axis=0), moments.moments.fixed_mean, atol=0.02)


def test_duplicate_points_are_fantasised_without_trouble() -> None:
    beside = LogNoisyExpectedImprovement(MODEL, None, np.repeat(PENDING, 3, axis=0), best_f=float(Y.mean()))
    once = LogNoisyExpectedImprovement(MODEL, None, PENDING, best_f=float(Y.mean()), num_fantasies=2048)
    assert np.isfinite(beside.value_gradient(POINTS)[1]).all()
    assert np.abs(beside.value(POINTS) - once.value(POINTS)).max() < 1.0


def test_only_points_that_may_be_best_remain() -> None:
    kept = plausible_best(MODEL, np.repeat(X, 2, axis=0), maximize=True, count=128, seed=0)
    assert 1 <= len(kept) < len(X)
    best = X[MODEL.mean_variance(torch.from_numpy(X))[0].numpy().argmax()]
    assert (kept == best).all(axis=1).any()
    assert len(np.unique(kept, axis=0)) == len(kept)
