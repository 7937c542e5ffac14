"""Batched Newton: quadratics in a box against SciPy, saddles, holes, the race of restarts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

from augury.numerics.box_newton import maximize

OPTIONS = {"least_gain": 1e-12, "longest_step": 0.5}


class Quadratic:
    """The same random concave quadratic in all rows, with its top at random."""

    def __init__(self, dim: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        root = rng.standard_normal((dim, dim))
        self.A, self.top = root @ root.T + 0.1 * np.eye(dim), rng.uniform(-1.0, 1.0, dim)

    def __call__(self, x):
        behind = self.top - x
        slope = behind @ self.A
        return -0.5 * (slope * behind).sum(axis=1), slope, np.broadcast_to(-self.A, (len(x), *self.A.shape))


def waves(x):
    """Hills and valleys, with a saddle between any two."""
    sines, cosines = np.sin(3.0 * x), np.cos(3.0 * x)
    hessian = np.zeros((len(x), x.shape[1], x.shape[1]))
    np.einsum("iaa->ia", hessian)[...] = -9.0 * sines
    return sines.sum(axis=1), 3.0 * cosines, hessian


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_a_quadratic_is_climbed_in_one_step(dim: int) -> None:
    function = Quadratic(dim, seed=dim)
    x0 = np.random.default_rng(1).uniform(-1.0, 1.0, (7, dim))
    found = maximize(function, x0, np.full(dim, -9.0), np.full(dim, 9.0), least_gain=1e-12, longest_step=99.0)
    np.testing.assert_allclose(found.x, np.broadcast_to(function.top, x0.shape), atol=1e-9)
    assert (found.evaluations <= 2).all()
    assert found.converged.all()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dim", [2, 4])
def test_on_a_box_it_finds_what_scipy_finds(dim: int, seed: int) -> None:
    function, lower, upper = Quadratic(dim, seed), np.full(dim, -0.3), np.full(dim, 0.4)
    x0 = np.random.default_rng(seed).uniform(lower, upper, (5, dim))
    found = maximize(function, x0, lower, upper, **OPTIONS)

    def negative(x):
        value, gradient, _ = function(x[None])
        return -value[0], -gradient[0]

    expected = scipy_minimize(
        negative, x0[0], jac=True, bounds=[(-0.3, 0.4)] * dim, options={"ftol": 1e-15, "gtol": 1e-10}
    )
    np.testing.assert_allclose(found.value, -expected.fun, atol=1e-8)
    assert ((found.x >= lower) & (found.x <= upper)).all()


def test_saddles_and_valleys_are_left_upwards() -> None:
    # 2.0e-3 from a valley's bottom and from a saddle
    x0 = np.array([[-np.pi / 6 + 2e-3, -np.pi / 6 - 2e-3], [np.pi / 6, -np.pi / 6 + 2e-3]])
    found = maximize(waves, x0, np.full(2, -4.0), np.full(2, 4.0), **OPTIONS)
    np.testing.assert_allclose(found.value, 2.0, atol=1e-9)
    assert found.converged.all()


def test_every_row_reaches_a_maximum_of_the_box() -> None:
    rng = np.random.default_rng(0)
    lower, upper = np.full(3, -1.0), np.full(3, 1.2)
    found = maximize(waves, rng.uniform(lower, upper, (60, 3)), lower, upper, **OPTIONS)
    _, gradient, _ = waves(found.x)
    held = np.where(gradient < 0.0, found.x <= lower, found.x >= upper)
    np.testing.assert_allclose(np.where(held, 0.0, gradient), 0.0, atol=1e-4)
    assert held.any()
    assert found.converged.all()


def test_a_variable_whose_bounds_agree_keeps_its_value_exactly() -> None:
    x0 = np.random.default_rng(0).random((6, 2))
    lower, upper = np.zeros((6, 2)), np.ones((6, 2))
    lower[:, 1] = upper[:, 1] = np.linspace(0.1, 0.9, 6)
    found = maximize(Quadratic(2, 0), x0, lower, upper, **OPTIONS)
    assert (found.x[:, 1] == lower[:, 1]).all()


def test_what_is_not_finite_is_no_way_up() -> None:
    function = Quadratic(2, 3)

    def holed(x):
        value, gradient, hessian = function(x)
        return np.where(x[:, 0] > 0.2, np.nan, value), gradient, hessian

    x0 = np.array([[0.5, 0.5], [-0.9, 0.3]])
    found = maximize(holed, x0, np.full(2, -1.0), np.ones(2), **OPTIONS)
    assert (found.x[0] == x0[0]).all()
    assert np.isnan(found.value[0])
    assert not found.converged[0]
    assert found.value[1] > function(x0)[0][1]
    assert found.x[1, 0] <= 0.2


def test_too_long_a_step_is_shortened_until_it_leads_up() -> None:
    def narrow(x):  # -log cosh: far from the top its Hessian promises too much
        tanh = np.tanh(20.0 * x)
        return -np.log(np.cosh(20.0 * x))[:, 0], -20.0 * tanh, -400.0 * (1.0 - tanh**2)[:, :, None]

    found = maximize(narrow, np.array([[0.3], [-0.17]]), -np.ones(1), np.ones(1), **OPTIONS)
    np.testing.assert_allclose(found.x, 0.0, atol=1e-6)


def test_of_the_restarts_only_the_leaders_are_followed() -> None:
    heights = np.array([1.0, 3.0, 2.0])

    def hills(x):
        nearest = np.abs(x - np.array([-2.0, 0.0, 2.0])).argmin(axis=1)
        behind = np.array([-2.0, 0.0, 2.0])[nearest] - x[:, 0]
        curvature = np.full((len(x), 1, 1), -1.0)
        return (
            heights[nearest] - behind**2 / 2.0 + behind**4 / 10.0,
            (behind - 0.4 * behind**3)[:, None],
            curvature,
        )

    x0 = np.array([[-2.5], [0.6], [1.4]])
    options = {**OPTIONS, "finalists": 1, "heats": 1}
    found = maximize(hills, x0, np.full(1, -3.0), np.full(1, 3.0), **options)
    assert found.value[1] == pytest.approx(3.0)
    assert (found.evaluations[[0, 2]] == 2).all()
    assert not found.converged[[0, 2]].any()
    everywhere = maximize(hills, x0, np.full(1, -3.0), np.full(1, 3.0), **OPTIONS)
    np.testing.assert_allclose(everywhere.value, heights, atol=1e-6)
