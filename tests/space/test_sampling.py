from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space.parameters import Float, Int
from augury.space.sampling import sobol, uniform
from augury.space.space import Space
from tests.space.strategies import spaces

both = pytest.mark.parametrize("sample", [sobol, uniform])
Sampler = Callable[..., Any]

MIXED = Space(
    {"x": (-5.0, 10.0), "n": (1, 7), "c": ["a", "b", "c"], "r": Float(1e-3, 1.0, log=True), "k": [1, 2, 8]}
)
TABLE = Space.from_table(
    pd.DataFrame({"a": np.linspace(0, 1, 60), "c": ["u", "v", "w"] * 20, "d": np.arange(60) ** 2}),
    descriptors=["d"],
)
CUBE = {f"x{i}": (0.0, 1.0) for i in range(6)}


def distinct(X: np.ndarray) -> int:
    return len(np.unique(X, axis=0))


@both
@settings(max_examples=25)
@given(space=spaces(), n=st.integers(0, 20), seed=st.integers(0, 2**63))
def test_samples_are_points_of_the_space(sample: Sampler, space: Space, n: int, seed: int) -> None:
    X = sample(space, n, seed=seed)
    assert X.shape == (n, space.dim)
    np.testing.assert_array_equal(space.snap(X), X)
    if space.size is not None:
        assert distinct(X) == min(n, space.size)
    elif any(isinstance(p, Float) and p.high - p.low > 1e-9 * abs(p.high) for p in space.column_parameters):
        assert distinct(X) == n
    for params in space.decode(X):
        space.validate(params)


@both
@pytest.mark.parametrize("space", [MIXED, TABLE], ids=["space", "table"])
def test_the_seed_decides_and_nothing_else(sample: Sampler, space: Space) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = sample(space, 12, seed=3)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(7)
    np.testing.assert_array_equal(sample(space, 12, seed=3), first)
    assert not np.array_equal(sample(space, 12, seed=4), first)
    torch.set_rng_state(torch_state)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    sample(space, 12, seed=3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert len(numpy_state) == len(before)


@both
@pytest.mark.parametrize(("low", "high"), [(1, 6), (5, 9)])
def test_whole_numbers_on_a_log_scale_are_as_likely_as_their_cells(
    sample: Sampler, low: int, high: int
) -> None:
    """Several columns, for samples are distinct; the bounds have a whole cell like the others."""
    columns = {f"n{i}": Int(low, high, log=True) for i in range(4)} | {"x": (0.0, 1.0)}
    X = sample(Space(columns), 4000, seed=0)
    edges = np.log(np.arange(low, high + 2) - 0.5)
    for column in range(4):
        _, counts = np.unique(X[:, column], return_counts=True)
        np.testing.assert_allclose(counts / 4000, np.diff(edges) / (edges[-1] - edges[0]), atol=0.03)


@both
def test_levels_and_categories_are_equally_likely(sample: Sampler) -> None:
    X = sample(
        Space({"x": (0.0, 1.0), "n": (1, 5), "c": ["a", "b", "c"], "s": Float(0, 0.75, step=0.25)}),
        6000,
        seed=0,
    )
    for column, count in ((1, 5), (2, 3), (3, 4)):
        _, counts = np.unique(X[:, column], return_counts=True)
        assert len(counts) == count
        np.testing.assert_allclose(counts / 6000, 1 / count, atol=0.03)


def test_sobol_fills_each_axis_evenly() -> None:
    X = sobol(Space(CUBE), 64, seed=0)
    for column in X.T:
        np.testing.assert_array_equal(np.sort(np.floor(column * 64)), np.arange(64))


@both
def test_a_finite_space_is_exhausted_before_points_repeat(sample: Sampler) -> None:
    space = Space({"n": (1, 6), "c": ["a", "b"], "k": Int(1, 30, log=True)}, constraints=["n + k <= 12"])
    every = sum(1 for n in range(1, 7) for k in range(1, 31) if n + k <= 12) * 2
    X = sample(space, every, seed=1)
    assert distinct(X) == every
    assert distinct(sample(space, every + 5, seed=1)) == every
    avoid = X[: every - 3]
    rest = sample(space, 3, seed=2, avoid=avoid)
    assert {row.tobytes() for row in rest} == {row.tobytes() for row in X[every - 3 :]}
    assert sample(space, 2, seed=2, avoid=X).shape == (2, space.dim)


@both
def test_table_rows_are_drawn_without_replacement(sample: Sampler) -> None:
    assert TABLE.candidates is not None
    X = sample(TABLE, 60, seed=0)
    assert distinct(X) == 60
    assert sorted(TABLE.row_index(X)) == list(range(60))
    rest = sample(TABLE, 5, seed=1, avoid=X[:55])
    assert sorted(TABLE.row_index(rest)) == sorted(TABLE.row_index(X[55:]))
    assert distinct(sample(TABLE, 70, seed=0)) == 60
    assert sample(TABLE, 2, seed=0, avoid=X).shape == (2, 3)


def test_sobol_rows_cover_the_table_better_than_chance() -> None:
    rng = np.random.default_rng(0)
    space = Space.from_table(pd.DataFrame(rng.random((4000, 2)), columns=["a", "b"]))

    def largest_gap(X: np.ndarray) -> float:
        assert space.candidates is not None
        return float(np.linalg.norm(space.candidates[:, None] - X, axis=2).min(axis=1).max())

    gaps = [
        (largest_gap(sobol(space, 32, seed=s)), largest_gap(uniform(space, 32, seed=s))) for s in range(10)
    ]
    assert np.mean([a for a, _ in gaps]) < 0.85 * np.mean([b for _, b in gaps])


@both
def test_held_columns_stay_held(sample: Sampler) -> None:
    X = sample(MIXED.restrict({"c": "b", "x": 2.5}), 20, seed=0)
    assert {(p["c"], p["x"]) for p in MIXED.decode(X)} == {("b", 2.5)}
    rows = TABLE.restrict({"c": "v"})
    assert {p["c"] for p in rows.decode(sample(rows, 20, seed=0))} == {"v"}
    used = TABLE.encode(TABLE.decode(TABLE.candidates))
    assert sample(rows, 3, seed=0, avoid=used[:30]).shape == (3, 3)


@both
@pytest.mark.parametrize(
    "constraints",
    [
        ["x0 + x1 + x2 <= 1"],
        ["x0 + x1 + x2 + x3 + x4 + x5 <= 0.2"],
        ["x0 + x1 + x2 <= 1", "x0 + x1 + x2 >= 1"],
        ["100*x0 + n >= 107.99", "r <= 0.0011"],
        ["x0 + n >= 7.999", "k + x1 >= 8.999"],
    ],
    ids=["half", "corner", "simplex", "mixed", "levels"],
)
def test_small_feasible_regions_are_found(sample: Sampler, constraints: list[str]) -> None:
    space = Space(
        CUBE | {"n": (1, 8), "r": Float(1e-3, 1, log=True), "k": [1, 2, 8]}, constraints=constraints
    )
    X = sample(space, 16, seed=0)
    assert space.feasible(X).all()
    assert distinct(X) == 16
    np.testing.assert_array_equal(sample(space, 16, seed=0), X)
    for params in space.decode(X):
        space.validate(params)


def test_a_small_region_is_spread_over_not_only_its_corners() -> None:
    space = Space(
        {"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, constraints=["a+b+c <= 1", "a+b+c >= 1"]
    )
    X = sobol(space, 64, seed=0)
    assert (X.min(axis=0) < 0.1).all()
    assert (X.max(axis=0) > 0.7).all()
    assert ((X > 0.02) & (X < 0.98)).all(axis=1).mean() > 0.4


@both
def test_held_columns_and_constraints_go_together(sample: Sampler) -> None:
    space = Space(CUBE, constraints=["x0 + x1 <= 1", "x0 + x1 >= 1"]).restrict({"x0": 0.25})
    np.testing.assert_allclose(sample(space, 8, seed=0)[:, 1], 0.75, atol=1e-9)


@both
@pytest.mark.parametrize("n", [-1, 1.5, True, "3"])
def test_a_bad_count_is_refused(sample: Sampler, n: Any) -> None:
    with pytest.raises(InvalidInputError, match="n="):
        sample(MIXED, n, seed=0)
