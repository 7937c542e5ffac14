from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

from augury.numerics.lbfgs import minimize


def rosenbrock(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bend, offset = x[:, 1:] - x[:, :-1] ** 2, 1.0 - x[:, :-1]
    gradient = np.zeros_like(x)
    gradient[:, 1:] += 200.0 * bend
    gradient[:, :-1] -= 400.0 * bend * x[:, :-1] + 2.0 * offset
    return (100.0 * bend**2 + offset**2).sum(axis=1), gradient


class Quadratics:
    """One random positive-definite quadratic per row."""

    def __init__(self, n_rows: int, dim: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        root = rng.standard_normal((n_rows, dim, dim))
        self.A = root @ root.transpose(0, 2, 1) + 0.1 * np.eye(dim)
        self.b = rng.standard_normal((n_rows, dim)) * 5.0

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        product = np.stack([A @ point for A, point in zip(self.A[rows], x, strict=True)])
        return 0.5 * (x * product).sum(axis=1) - (self.b[rows] * x).sum(axis=1), product - self.b[rows]


def with_scipy(function, x0, lower, upper) -> np.ndarray:
    def best_of_row(row: int) -> float:
        def single(z: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = function(z[None], np.array([row]))
            return float(value[0]), gradient[0]

        bounds = list(zip(lower, upper, strict=True))
        options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1000, "maxfun": 5000}
        return scipy_minimize(
            single, x0[row], jac=True, method="L-BFGS-B", bounds=bounds, options=options
        ).fun

    return np.array([best_of_row(row) for row in range(len(x0))])


@pytest.mark.parametrize(("dim", "memory"), [(1, 3), (5, 10), (12, 5)])
def test_quadratics_in_a_box_agree_with_scipy(dim: int, memory: int) -> None:
    function, lower, upper = Quadratics(30, dim, seed=dim), np.full(dim, -0.5), np.full(dim, 0.7)
    x0 = np.random.default_rng(1).uniform(lower, upper, (30, dim))
    result = minimize(function, x0, lower, upper, max_iterations=500, memory=memory, value_tolerance=1e-14)
    assert ((result.x == lower) | (result.x == upper)).any()
    np.testing.assert_allclose(result.value, with_scipy(function, x0, lower, upper), atol=1e-7)


@pytest.mark.parametrize("high", [2.0, 0.8])
def test_rosenbrock_agrees_with_scipy(high: float) -> None:
    lower, upper = np.full(2, -2.0), np.full(2, high)
    x0 = np.random.default_rng(0).uniform(lower, upper, (20, 2))
    result = minimize(rosenbrock, x0, lower, upper, max_iterations=500, value_tolerance=1e-15)
    assert result.converged.all()
    np.testing.assert_allclose(result.value, with_scipy(rosenbrock, x0, lower, upper), atol=1e-8)


def test_without_bounds_the_gradient_vanishes() -> None:
    function = Quadratics(4, 6, seed=3)
    result = minimize(
        function,
        np.ones((4, 6)),
        np.full(6, -np.inf),
        np.full(6, np.inf),
        max_iterations=300,
        value_tolerance=0.0,
    )
    np.testing.assert_allclose(function(result.x, np.arange(4))[1], 0.0, atol=1e-6)


def test_a_row_does_not_depend_on_the_others() -> None:
    lower, upper = np.full(4, -2.0), np.full(4, 1.2)
    x0 = np.random.default_rng(2).uniform(lower, upper, (8, 4))
    together = minimize(rosenbrock, x0, lower, upper)
    for row in range(8):
        alone = minimize(rosenbrock, x0[row : row + 1], lower, upper)
        np.testing.assert_allclose(alone.x[0], together.x[row], atol=1e-8)
        assert alone.evaluations[0] == together.evaluations[row]


def test_rows_that_are_done_are_not_evaluated_again() -> None:
    seen = []

    def function(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(rows.copy())
        return rosenbrock(x, rows)

    x0 = np.array([[1.0, 1.0], [-1.5, 2.0]])  # the first starts at the minimum
    result = minimize(function, x0, np.full(2, -2.0), np.full(2, 2.0))
    assert all(0 not in rows for rows in seen[1:])
    assert result.evaluations[0] == 1
    assert sum(len(rows) for rows in seen) == result.evaluations.sum()


def test_values_that_are_not_finite_are_failed_steps() -> None:
    def barrier(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(all="ignore"):
            value, gradient = x[:, 0] - 0.01 * np.log(x[:, 0] - 0.5), 1.0 - 0.01 / (x - 0.5)
        bad = x[:, 0] <= 0.5
        value = np.where(bad, [np.nan, np.inf, -np.inf][len(x) % 3], value)
        return value, np.where(bad[:, None], np.nan, gradient)

    result = minimize(barrier, np.array([[3.0], [0.51], [0.9]]), np.zeros(1), np.full(1, 10.0))
    np.testing.assert_allclose(result.x, 0.51, atol=1e-4)


def test_a_start_that_is_not_finite_is_returned_as_it_is() -> None:
    def function(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = rosenbrock(x, rows)
        return np.where(rows == 0, np.nan, value), gradient

    x0 = np.array([[0.3, 0.4], [0.3, 0.4]])
    result = minimize(function, x0, np.full(2, -2.0), np.full(2, 2.0), max_iterations=300)
    assert (result.x[0] == x0[0]).all()
    assert np.isnan(result.value[0])
    np.testing.assert_allclose(result.x[1], 1.0, atol=1e-3)


def test_every_evaluation_is_inside_the_bounds_and_held_coordinates_keep_their_value_exactly() -> None:
    rng = np.random.default_rng(5)
    lower, upper = np.full((6, 3), 0.1), np.full((6, 3), 0.7)
    held = rng.uniform(0.1, 0.7, 6)
    lower[:, 1] = upper[:, 1] = held

    def function(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert ((x >= lower[rows]) & (x <= upper[rows])).all()
        return rosenbrock(x, rows)

    result = minimize(function, rng.random((6, 3)), lower, upper)
    assert (result.x[:, 1] == held).all()


def test_the_start_is_never_made_worse() -> None:
    lower, upper = np.full(5, -2.0), np.full(5, 2.0)
    x0 = np.random.default_rng(7).uniform(lower, upper, (10, 5))
    for iterations in (0, 1, 3):
        result = minimize(rosenbrock, x0, lower, upper, max_iterations=iterations)
        assert (result.value <= rosenbrock(x0, np.arange(10))[0]).all()
        assert (result.evaluations <= iterations + 1).all()


def test_after_the_heats_only_the_lowest_rows_go_on() -> None:
    lower, upper = np.full(5, -2.0), np.full(5, 2.0)
    x0 = np.random.default_rng(7).uniform(lower, upper, (10, 5))
    options = {"max_iterations": 200, "value_tolerance": 1e-14}
    everything = minimize(rosenbrock, x0, lower, upper, **options)
    raced = minimize(rosenbrock, x0, lower, upper, finalists=2, heats=6, **options)
    longer = np.flatnonzero(raced.evaluations > 7)
    after_heats = minimize(rosenbrock, x0, lower, upper, max_iterations=6).value
    assert set(longer) == set(np.argsort(after_heats)[:2])
    np.testing.assert_array_equal(raced.x[longer], everything.x[longer])


def test_a_race_is_over_when_the_leaders_are_done() -> None:
    lower, upper = np.full(2, -2.0), np.full(2, 2.0)
    x0 = np.array([[1.0, 1.0], [-1.5, 1.0], [-1.0, 1.5], [0.0, 0.5]])  # the first is the minimum
    raced = minimize(rosenbrock, x0, lower, upper, finalists=1, heats=4, max_iterations=200)
    assert raced.converged.tolist() == [True, False, False, False]
    assert raced.iterations == 4
