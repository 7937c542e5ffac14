from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
from botorch.models.model import ModelList
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

from augury.acquisition.hypervolume import LogNoisyExpectedHypervolumeImprovement, plausible_front
from augury.space.pareto import hypervolume, non_dominated, reference_point
from tests.acquisition.cases import check_gradient, gaussian_process

RNG = np.random.default_rng(3)
SIGNS = np.array([1.0, -1.0, 1.0])
X, POINTS, PENDING = RNG.random((12, 2)), RNG.random((6, 2)), RNG.random((2, 2))
OUTCOMES = np.sin(4.0 * X @ RNG.normal(size=(2, 3))) + 0.1 * RNG.normal(size=(12, 3))
VALUES = OUTCOMES * SIGNS
MODELS = [gaussian_process(X, OUTCOMES[:, column]) for column in range(3)]


def improvement(k, **known):
    known.setdefault("front", VALUES[:, :k])
    return LogNoisyExpectedHypervolumeImprovement(
        MODELS[:k], SIGNS[:k], reference_point(VALUES[:, :k]), **known
    )


def draws(k, points, count, seed=0):
    """`count x n x k` joint draws of the objectives, to be maximised."""
    rng = np.random.default_rng(seed)
    columns = []
    for sign, model in zip(SIGNS[:k], MODELS[:k], strict=True):
        posterior = model.posterior(torch.from_numpy(points))
        covariance = posterior.distribution.covariance_matrix.detach().numpy()
        mean = posterior.mean[:, 0].detach().numpy()
        columns.append(sign * rng.multivariate_normal(mean, covariance, size=count))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("k", [2, 3])
def test_gradients_agree_with_finite_differences(k):
    baseline = plausible_front(MODELS[:k], SIGNS[:k], X, seed=0)
    check_gradient(improvement(k), POINTS)
    check_gradient(improvement(k, pending=PENDING), POINTS)
    check_gradient(improvement(k, front=None, baseline=baseline, pending=PENDING), POINTS)


@pytest.mark.parametrize("k", [2, 3])
def test_it_is_the_logarithm_of_botorchs_closed_form(k):
    reference = torch.from_numpy(reference_point(VALUES[:, :k]))
    mirrored = [
        gaussian_process(X, VALUES[:, column]) for column in range(k)
    ]  # BoTorch's maximises every outcome
    theirs = ExpectedHypervolumeImprovement(
        ModelList(*mirrored),
        reference.tolist(),
        FastNondominatedPartitioning(reference, torch.from_numpy(VALUES[:, :k])),
    )
    with torch.no_grad():
        expected = theirs(torch.from_numpy(POINTS).unsqueeze(1)).numpy()
    np.testing.assert_allclose(np.exp(improvement(k).value(POINTS)), expected, rtol=1e-4, atol=1e-12)
    assert expected.max() > 1e-4


def test_beside_pending_points_it_is_their_joint_improvement():
    k, point = 2, POINTS[improvement(2).value(POINTS).argmax()]
    reference = reference_point(VALUES[:, :k])
    value = np.exp(improvement(k, pending=PENDING, num_fantasies=512).value(point[None]))[0]
    known = VALUES[:, :k]
    gains = [
        hypervolume(np.concatenate([known, draw]), reference)
        - hypervolume(np.concatenate([known, draw[:-1]]), reference)
        for draw in draws(k, np.concatenate([PENDING, point[None]]), 3000)
    ]
    assert value == pytest.approx(
        np.mean(gains), abs=5.0 * np.std(gains) / np.sqrt(len(gains)) + 0.03 * value
    )


def test_under_noise_it_is_the_improvement_over_the_uncertain_front():
    k, point = 2, POINTS[improvement(2).value(POINTS).argmax()]
    reference = reference_point(VALUES[:, :k])
    noisy = improvement(k, front=None, baseline=X, num_fantasies=512)
    gains = [
        hypervolume(draw, reference) - hypervolume(draw[:-1], reference)
        for draw in draws(k, np.concatenate([X, point[None]]), 3000)
    ]
    value = np.exp(noisy.value(point[None]))[0]
    assert value == pytest.approx(
        np.mean(gains), abs=5.0 * np.std(gains) / np.sqrt(len(gains)) + 0.03 * value
    )


def test_it_has_a_slope_where_the_improvement_itself_underflows():
    certain = improvement(2, front=np.concatenate([VALUES[:, :2], [[60.0, 60.0]]]))
    value, gradient = certain.value_gradient(POINTS)
    assert np.isfinite(value).all()
    assert (value < -500.0).all()
    assert (np.abs(gradient).max(axis=1) > 0.0).all()


def test_pending_points_that_are_infeasible_take_nothing_away():
    infeasible = improvement(2, pending=PENDING, pending_feasible=np.zeros((16, 2), dtype=bool))
    np.testing.assert_allclose(
        infeasible.value(POINTS).argsort()[-2:], improvement(2).value(POINTS).argsort()[-2:]
    )
    assert (infeasible.value(POINTS) >= improvement(2, pending=PENDING).value(POINTS) - 1e-9).all()


def test_the_plausible_front_holds_the_front_of_the_means_and_leaves_out_the_hopeless():
    found = {tuple(point) for point in plausible_front(MODELS[:2], SIGNS[:2], X, seed=1)}
    means = np.stack([model.mean_variance(torch.from_numpy(X))[0].numpy() for model in MODELS[:2]], axis=1)
    front = X[non_dominated(means * SIGNS[:2])]
    assert len(found & {tuple(point) for point in front}) >= 0.7 * len(front)
    assert len(found) < len(X)


def test_what_is_told_leaves_the_expectation_and_spreads_it():
    known = improvement(2, pending=PENDING)
    value = known.value(POINTS)
    best = POINTS[value.argmax()]  # where hardly anything is to be gained, a few draws decide
    told = known.once_told(best, np.array([[0.0, 0.0], [0.5, 0.2], [1.0, 1.0]]), count=4096)
    expected = np.exp(value.max())
    np.testing.assert_allclose(np.exp(told).mean(axis=1), expected, rtol=0.03)
    spread = np.exp(told).std(axis=1)
    assert spread[0] < 1e-9 * expected
    assert spread[0] < spread[1] < spread[2]
