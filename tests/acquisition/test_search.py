from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from augury.acquisition.analytic import LogExpectedImprovement
from augury.acquisition.enumeration import listed_points
from augury.acquisition.mixed import neighbours
from augury.acquisition.search import maximize
from augury.acquisition.starts import choose_starts, raw_points
from augury.errors import InvalidInputError
from augury.space.parameters import Float
from augury.space.sampling import sobol
from augury.space.space import Space
from tests.acquisition.cases import Bumps, data, gaussian_process

BUMPS = Bumps(np.array([[0.2, 0.8], [0.7, 0.3], [0.9, 0.95]]), np.array([1.0, 0.8, 0.7]))


def square(**options) -> Space:
    return Space({"x": (0.0, 1.0), "y": (0.0, 1.0)}, **options)


def fitted(space: Space, n: int = 25) -> tuple[LogExpectedImprovement, np.ndarray]:
    """Log EI of a process on points of the space, and those points."""
    X = sobol(space, n, seed=2)
    y = np.sin(4.0 * X / np.maximum(space.bounds[1], 1.0)).sum(axis=1)
    model = gaussian_process(X, y, categorical_features=space.categorical_features)
    return LogExpectedImprovement(model, float(y.max())), X


class TestBox:
    @pytest.mark.parametrize("d", [1, 2])
    def test_no_grid_point_is_better(self, d: int) -> None:
        space = Space({f"x{i}": (0.0, 1.0) for i in range(d)})
        axis = np.linspace(0.0, 1.0, 201)
        grid = np.stack([part.ravel() for part in np.meshgrid(*[axis] * d)], axis=1)
        for seed in range(5):
            X, y = data(8 * d, d, seed=seed)
            acquisition = LogExpectedImprovement(gaussian_process(X, y), float(y.max()))
            found = maximize(acquisition, space, seed=seed)
            assert found.value >= acquisition.value(grid).max() - 1e-6
            np.testing.assert_allclose(acquisition.value(found.x[None])[0], found.value, atol=1e-6)

    def test_the_highest_of_several_peaks_is_found(self) -> None:
        for seed in range(10):
            np.testing.assert_allclose(maximize(BUMPS, square(), seed=seed).x, [0.2, 0.8], atol=1e-3)

    def test_the_seed_decides(self) -> None:
        first, again, other = (maximize(BUMPS, square(), seed=seed) for seed in (1, 1, 2))
        assert (first.x == again.x).all()
        assert first.value == again.value
        assert (first.x != other.x).any()

    def test_a_narrow_peak_at_an_incumbent_is_found(self) -> None:
        needle = Bumps(np.array([[0.123, 0.456], [0.5, 0.5]]), np.array([1.0, 0.1]), width=1e-3)
        found = maximize(needle, square(), incumbents=np.array([[0.1235, 0.4565]]))
        np.testing.assert_allclose(found.x, [0.123, 0.456], atol=1e-4)

    def test_held_columns_keep_their_value(self) -> None:
        space = square().restrict({"x": 0.5})
        found = maximize(BUMPS, space, incumbents=np.array([[0.2, 0.8]]))
        assert found.x[0] == 0.5
        line = np.column_stack([np.full(1001, 0.5), np.linspace(0.0, 1.0, 1001)])
        assert found.value >= BUMPS.value(line).max() - 1e-6

    def test_a_maximum_at_a_corner_is_reached_exactly(self) -> None:
        corner = Bumps(np.array([[-0.3, 1.4]]), np.ones(1), width=1.0)
        assert maximize(corner, square()).x.tolist() == [0.0, 1.0]

    @pytest.mark.parametrize("made", [None, 3.0, "log-ei", lambda X: X.sum(axis=1)])
    def test_what_has_no_values_is_refused(self, made) -> None:
        with pytest.raises(
            InvalidInputError, match=f"value_gradient.*given {type(made).__name__}: does the function"
        ):
            maximize(made, square())

    def test_nan_is_never_the_best(self) -> None:
        class Holey(Bumps):
            def value_gradient(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                value, gradient = super().value_gradient(X)
                return np.where(X[:, 0] < 0.4, np.nan, value), gradient

        found = maximize(Holey(BUMPS.centres, BUMPS.heights), square())
        np.testing.assert_allclose(found.x, [0.7, 0.3], atol=1e-2)


class TestLinearConstraints:
    def test_the_best_feasible_point_is_found(self) -> None:
        space = square(constraints=["x + y <= 0.9"])
        found = maximize(BUMPS, space)
        axis = np.linspace(0.0, 1.0, 301)
        grid = np.stack([part.ravel() for part in np.meshgrid(axis, axis)], axis=1)
        best = BUMPS.value(grid[space.feasible(grid)]).max()
        assert space.feasible(found.x[None])[0]
        assert found.value >= best - 1e-5

    @pytest.mark.parametrize("seed", range(3))
    def test_points_are_feasible_also_with_levels_and_log_scales(self, seed: int) -> None:
        space = Space(
            {"a": (0.0, 1.0), "n": (1, 20), "c": Float(0.1, 10.0, log=True), "k": list("xyz")},
            constraints=["a + n + c <= 9", "c - 2*a <= 3"],
        )
        acquisition, X = fitted(space)
        found = maximize(acquisition, space, incumbents=X[:2], seed=seed)
        assert space.feasible(found.x[None])[0]
        assert (space.snap(found.x[None]) == found.x).all()
        assert found.value >= acquisition.value(sobol(space, 2000, seed=seed)).max() - 1e-6


class TestMixed:
    def test_it_agrees_with_a_climb_from_every_category_and_level(self) -> None:
        space = Space({"x": (0.0, 1.0), "n": (0, 6), "k": list("abcd")})
        acquisition, X = fitted(space)
        axis = np.linspace(0.0, 1.0, 401)
        grid = [[x, n / 6.0, k] for k in range(4) for n in range(7) for x in axis]
        found = maximize(acquisition, space, incumbents=X[:1])
        assert found.value >= acquisition.value(np.array(grid, dtype=float)).max() - 1e-5
        assert (space.snap(found.x[None]) == found.x).all()

    def test_a_discrete_space_too_large_to_list_is_searched_to_its_best_point(self) -> None:
        space = Space({f"x{i}": (0, 50) for i in range(3)})
        assert listed_points(space) is None
        target = np.array([0.3, 0.84, 0.62])
        found = maximize(Bumps(target[None], np.ones(1), width=0.5), space)
        assert (found.x == space.snap(target[None])[0]).all()

    def test_points_to_avoid_are_avoided_where_all_columns_are_discrete(self) -> None:
        space = Space({f"x{i}": (0, 50) for i in range(3)})
        peak = Bumps(np.array([[0.3, 0.84, 0.62]]), np.ones(1), width=0.5)
        taken = np.empty((0, 3))
        for _ in range(4):
            found = maximize(peak, space, avoid=taken, incumbents=taken)
            assert not (taken == found.x).all(axis=1).any()
            taken = np.concatenate([taken, found.x[None]])

    def test_neighbours_differ_in_one_discrete_column(self) -> None:
        space = Space({"x": (0.0, 1.0), "n": (0, 6), "k": list("abcd")}, constraints=["n <= 4"])
        X = np.array([[0.25, 0.5, 2.0], [0.5, 0.0, 0.0]])
        points, owners = neighbours(space, X)
        assert ((points != X[owners]).sum(axis=1) == 1).all()
        assert (points[:, 0] == X[owners, 0]).all()
        assert space.feasible(points).all()
        of_first = {tuple(point) for point in points[owners == 0]}
        assert {(0.25, 0.5, float(k)) for k in (0, 1, 3)} <= of_first
        assert (0.25, 2 / 6, 2.0) in of_first


class TestEnumeration:
    def test_a_small_discrete_space_is_searched_exactly(self) -> None:
        space = Space({"n": (0, 20), "k": list("abcde"), "m": [1, 2, 4, 8]})
        acquisition, X = fitted(space, 15)
        points = sobol(space, 420, seed=0)  # all of them
        assert len(np.unique(points, axis=0)) == 420
        taken = (points[:, None] == X).all(axis=2).any(axis=1)
        found = maximize(acquisition, space, avoid=X)
        assert found.value == pytest.approx(acquisition.value(points[~taken]).max(), abs=1e-9)

    def test_constraints_and_held_columns_reduce_the_list(self) -> None:
        space = Space({"a": (0, 9), "b": (0, 9)}, constraints=["a + b <= 9"]).restrict({"a": 4})
        points = listed_points(space)
        assert points is not None
        assert len(points) == 6
        assert {params["a"] for params in space.decode(points)} == {4}

    def test_a_table_is_searched_exactly_and_its_rows_once(self) -> None:
        rng = np.random.default_rng(0)
        frame = pd.DataFrame(rng.random((3000, 2)).round(6), columns=["x", "y"])
        space = Space.from_table(frame)
        values = BUMPS.value(space.candidates)
        order = np.argsort(-values)
        taken = space.candidates[order[:3]]
        assert (maximize(BUMPS, space).x == space.candidates[order[0]]).all()
        assert (maximize(BUMPS, space, avoid=taken).x == space.candidates[order[3]]).all()

    def test_when_all_rows_are_taken_the_best_comes_again(self) -> None:
        space = Space.from_table(pd.DataFrame({"x": [0.0, 0.4, 1.0], "y": [0.0, 0.9, 1.0]}))
        again = maximize(BUMPS, space, avoid=space.candidates)
        assert again.value == BUMPS.value(space.candidates).max()


class TestStarts:
    def test_raw_points_are_points_of_the_space(self) -> None:
        space = Space({"x": (0.0, 1.0), "n": (0, 6), "k": list("abcd")}, constraints=["n + x <= 4"])
        points = raw_points(space, 200, incumbents=sobol(space, 2, seed=0), seed=1)
        assert (space.snap(points) == points).all()
        assert space.feasible(points).all()

    def test_the_best_raw_point_is_always_a_start(self) -> None:
        X = np.random.default_rng(0).random((100, 2))
        values = BUMPS.value(X)
        values[::7] = np.nan
        for seed in range(20):
            starts = choose_starts(X, values, 5, seed=seed)
            assert (starts[0] == X[np.nanargmax(values)]).all()
            assert len(np.unique(starts, axis=0)) == 5


def test_a_user_kernel_is_searched_as_well() -> None:
    from gpytorch.kernels import RBFKernel

    X, y = data(15, 2)
    model = gaussian_process(X, y, covar_module=RBFKernel())
    acquisition = LogExpectedImprovement(model, float(y.max()))
    grid = torch.cartesian_prod(*[torch.linspace(0, 1, 60).double()] * 2).numpy()
    assert maximize(acquisition, square()).value >= acquisition.value(grid).max() - 1e-6


@pytest.mark.parametrize("parameters", [[60, 60], [9, 9, 9], [2] * 10])
def test_large_discrete_spaces_are_searched_as_well_as_listed_ones(
    parameters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = Space({f"c{i}": [f"v{j}" for j in range(k)] for i, k in enumerate(parameters)})
    acquisition, _ = fitted(space, 40)
    listed = maximize(acquisition, space)
    monkeypatch.setattr("augury.acquisition.enumeration.ENUMERABLE", 10)
    found = [maximize(acquisition, space, seed=seed).value for seed in range(5)]
    assert np.median(found) == pytest.approx(listed.value, abs=1e-9)
    assert min(found) > listed.value - 0.01  # moves of one column may end one hundredth of the EI below
