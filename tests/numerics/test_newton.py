"""Damped Newton ascent: quadratics in one step, box constraints against SciPy, functions with holes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from augury.numerics.newton import Expansion, ascend

LEAST, LONGEST = 1e-10, 5.0


def quadratic(curvature, top):
    def function(x):
        ahead = top - x
        return Expansion(-0.5 * float(ahead @ curvature @ ahead), curvature @ ahead, curvature)

    return function


def random_curvature(p, seed):
    root = np.random.default_rng(seed).standard_normal((p, p))
    return root @ root.T + 0.1 * np.eye(p)


def climb(function, start, low=-10.0, high=10.0, **arguments):
    lower, upper = np.full(len(start), low), np.full(len(start), high)
    options = {"least_gain": LEAST, "longest_step": LONGEST, **arguments}
    return ascend(function, start, lower, upper, **options)


@pytest.mark.parametrize("seed", range(5))
def test_a_quadratic_is_climbed_in_one_step(seed):
    top = np.random.default_rng(seed).uniform(-1.0, 1.0, 4)
    x, value = climb(quadratic(random_curvature(4, seed), top), np.zeros(4), max_evaluations=2)
    np.testing.assert_allclose(x, top, atol=1e-10)
    assert value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_on_a_box_it_finds_what_scipy_finds(seed):
    curvature = random_curvature(5, seed)
    top = np.random.default_rng(seed).uniform(-3.0, 3.0, 5)
    function = quadratic(curvature, top)
    x, value = climb(function, np.zeros(5), -1.0, 1.0)
    expected = minimize(
        lambda x: (-function(x).value, -function(x).gradient), np.zeros(5), jac=True, bounds=[(-1, 1)] * 5
    )
    assert value == pytest.approx(-expected.fun, abs=1e-7)
    assert (np.abs(x) <= 1.0).all()
    assert (np.abs(top) > 1.0).any()  # else the box would not matter


@pytest.mark.parametrize("factor", [0.02, 50.0])
def test_a_wrong_curvature_costs_steps_only(factor):
    curvature = random_curvature(3, 0)
    function = quadratic(curvature, np.ones(3))

    def wrong(x):
        return function(x)._replace(curvature=factor * curvature)

    x, _ = climb(wrong, np.zeros(3), max_evaluations=2000)
    np.testing.assert_allclose(x, 1.0, atol=1e-3)


def test_it_climbs_a_curved_ridge():
    def banana(x):
        bend = x[1] - x[0] ** 2
        value = -((1.0 - x[0]) ** 2) - 100.0 * bend**2
        gradient = np.array([2.0 * (1.0 - x[0]) + 400.0 * bend * x[0], -200.0 * bend])
        slopes = np.array([[1.0, 0.0], [-20.0 * x[0], 10.0]])
        return Expansion(value, gradient, 2.0 * slopes.T @ slopes)  # Gauss and Newton's

    x, _ = climb(banana, np.array([-1.2, 1.0]))
    np.testing.assert_allclose(x, 1.0, atol=1e-4)


@pytest.mark.parametrize("nothing", [-np.inf, np.nan])
def test_where_there_is_no_value_it_does_not_go(nothing):
    slope = np.ones(1)

    def cliff(x):
        if x[0] > 0.3:
            return Expansion(nothing, np.full(1, np.nan), np.full((1, 1), np.nan))
        return Expansion(float(x[0]), slope, 0.1 * np.eye(1))

    x, value = climb(cliff, np.zeros(1))
    assert 0.2 < x[0] <= 0.3
    assert value == x[0]
    start = np.ones(1)
    assert climb(cliff, start)[0] == start


def test_a_start_outside_the_box_is_clipped_and_no_step_is_longer_than_allowed():
    visited = []

    def slope(x):
        visited.append(x.copy())
        return Expansion(float(x.sum()), np.ones(2), 1e-3 * np.eye(2))

    x, _ = climb(slope, np.array([-99.0, 0.0]), longest_step=0.5)
    np.testing.assert_array_equal(visited[0], [-10.0, 0.0])
    np.testing.assert_array_equal(x, [10.0, 10.0])
    assert np.abs(np.diff(visited, axis=0)).max() <= 0.5 + 1e-12


def test_it_stops_where_going_on_is_not_worth_it():
    seen = []

    def function(x):
        seen.append(x)
        return Expansion(-float(np.cosh(x[0] - 5.0)), -np.sinh(x - 5.0), np.cosh(x - 5.0)[:, None])

    box = np.array([-10.0]), np.array([10.0])
    options = {"least_gain": 1e-9, "longest_step": 1.0}
    x, _ = ascend(function, np.zeros(1), *box, **options, proceed=lambda x: x[0] < 2.5)
    assert 2.5 <= x[0] < 4.0
    assert seen[-1] is x
    assert ascend(function, np.zeros(1), *box, **options)[0] == pytest.approx(5.0)
