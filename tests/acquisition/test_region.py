"""The box of a trust region, its candidates, and the points chosen among them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.acquisition.joint_draws import joint_draws
from augury.acquisition.region import Region
from augury.acquisition.region_search import Limit, best_in_region, best_of_draws
from augury.models import StudentTProcess
from augury.space import Categorical, Float, Space
from tests.acquisition.cases import Bumps, data, gaussian_process

CUBE = Space({f"x{i}": (0.0, 1.0) for i in range(60)})
MIDDLE = np.full(60, 0.5)
X, Y = data(15, 2, noise=0.01)
MODEL = gaussian_process(X, Y)


def test_sides_are_in_proportion_to_the_lengthscales() -> None:
    lengthscales = np.random.default_rng(0).uniform(1.0, 3.0, 60)
    region = Region.around(CUBE, MIDDLE, 0.1, lengthscales)
    sides = region.upper - region.lower
    np.testing.assert_allclose(sides / lengthscales, sides[0] / lengthscales[0])
    assert np.exp(np.log(sides).mean()) == pytest.approx(0.1)
    np.testing.assert_allclose((region.upper + region.lower) / 2.0, MIDDLE)


def test_inputs_that_do_not_matter_hardly_shrink_the_others_sides() -> None:
    lengthscales = np.where(np.arange(60) < 50, 1.0, 1e4)
    region = Region.around(CUBE, MIDDLE, 0.1, lengthscales)
    assert (region.upper - region.lower)[0] > 0.05


def test_the_box_ends_at_the_bounds_and_keeps_what_is_held() -> None:
    space = CUBE.restrict({"x3": 0.25})
    centre = np.where(np.arange(60) == 3, 0.25, 0.01)
    region = Region.around(space, centre, 1.6, None)
    assert (region.lower >= 0.0).all()
    assert (region.upper <= 1.0).all()
    assert region.lower[3] == region.upper[3] == 0.25
    assert (region.candidates(50, seed=0)[:, 3] == 0.25).all()


def test_candidates_differ_from_the_centre_in_about_twenty_columns() -> None:
    region = Region.around(CUBE, MIDDLE, 0.2, None)
    candidates = region.candidates(500, seed=1)
    assert len(np.unique(candidates, axis=0)) == len(candidates) == 500
    assert (candidates >= region.lower).all()
    assert (candidates <= region.upper).all()
    changed = (candidates != MIDDLE).sum(axis=1)
    assert 18.0 < changed.mean() < 22.0
    assert changed.min() >= 1
    np.testing.assert_array_equal(candidates, region.candidates(500, seed=1))


def test_candidates_of_a_mixed_space_are_its_points() -> None:
    space = Space(
        {"a": (0.0, 1.0), "b": (0.0, 1.0), "n": (1, 9), "s": Categorical(["u", "v", "w"])},
        constraints=["a + b <= 1"],
    )
    region = Region.around(space, np.array([0.4, 0.4, 0.5, 1.0]), 0.5, np.array([1.0, 1.0, 1.0, np.nan]))
    candidates = region.candidates(400, seed=2)
    np.testing.assert_allclose(space.snap(candidates), candidates)
    assert space.feasible(candidates).all()
    assert len(candidates) > 100
    assert set(candidates[:, 3]) == {0.0, 1.0, 2.0}


def test_draws_have_the_moments_of_the_posterior() -> None:
    points = np.random.default_rng(3).random((4, 2))
    draws = joint_draws(MODEL, points, 4000, seed=0)
    with torch.no_grad():
        posterior = MODEL.posterior(torch.from_numpy(points))
    mean, covariance = posterior.mean[:, 0].numpy(), posterior.distribution.covariance_matrix.numpy()
    spread = np.sqrt(covariance.diagonal())
    assert (np.abs(draws.mean(axis=0) - mean) < 4.0 * spread / np.sqrt(4000)).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.1 * covariance.max())


def test_draws_of_a_student_process_have_its_scales() -> None:
    model = StudentTProcess(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).fit()
    points = np.random.default_rng(3).random((3, 2))
    draws = joint_draws(model, points, 8000, seed=0)
    with torch.no_grad():
        variance = model.posterior(torch.from_numpy(points)).variance[:, 0].numpy()
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=0.15)


def test_draws_of_any_other_posterior_come_from_its_sampler() -> None:
    from augury.models import NTKEnsemble

    model = NTKEnsemble(torch.from_numpy(X), torch.from_numpy(Y)[:, None]).fit()
    draws = joint_draws(model, X[:5], 6, seed=0)
    assert draws.shape == (6, 5)
    assert np.isfinite(draws).all()


def test_where_little_is_uncertain_draws_choose_the_best_in_order() -> None:
    chosen = best_of_draws(MODEL, X, 3, maximize=True, seed=0)
    assert set(chosen) == set(np.argsort(-Y)[:3])
    assert best_of_draws(MODEL, X, 1, maximize=False, seed=0)[0] == np.argmin(Y)


def test_draws_keep_the_limits_and_else_violate_them_least() -> None:
    limit = Limit(MODEL, 1.0, -float(np.median(Y)), 1.0)
    below = np.flatnonzero(np.median(Y) - 0.1 > Y)
    chosen = best_of_draws(MODEL, X, 1, maximize=True, limits=[limit], seed=0)[0]
    assert chosen == below[np.argmax(Y[below])] or Y[chosen] == pytest.approx(np.median(Y), abs=0.1)
    impossible = Limit(MODEL, 1.0, 1e3, 1.0)
    assert best_of_draws(MODEL, X, 1, maximize=True, limits=[impossible], seed=0)[0] == np.argmin(Y)


def test_draws_keep_away_from_where_evaluations_fail() -> None:
    log_success = np.full(len(X), -50.0)
    log_success[[2, 5, 7]] = 0.0
    chosen = best_of_draws(MODEL, X, 3, maximize=True, log_success=log_success, seed=0)
    assert set(chosen) == {2, 5, 7}


def test_an_acquisition_is_climbed_within_the_region() -> None:
    space = Space({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0)})
    bumps = Bumps(np.array([[0.55, 0.5], [0.9, 0.9]]), np.array([1.0, 5.0]))
    region = Region.around(space, np.array([0.5, 0.5]), 0.3, None)
    candidates = region.candidates(60, seed=0)
    found = best_in_region(lambda further: bumps, region, candidates, 3, seed=0)
    assert (found >= region.lower).all()
    assert (found <= region.upper).all()
    assert bumps.value(found[:1])[0] > bumps.value(candidates).max()
    slope = bumps.value_gradient(found[:1])[1][0]
    outward = (found[0] == region.upper) & (slope > 0) | (found[0] == region.lower) & (slope < 0)
    assert (outward | (np.abs(slope) < 1e-2)).all()
