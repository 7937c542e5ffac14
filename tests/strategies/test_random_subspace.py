"""Random subspaces: what the embedding promises, how they grow, what they find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InvalidInputError
from augury.space import Float, Goals, Space
from augury.strategies import RandomSubspace, State, TrustRegion
from augury.strategies.region_size import LENGTH_MIN, RegionSize
from augury.strategies.sparse_embedding import SparseEmbedding
from tests.strategies.cases import run, table_of

DIM = 60
SPACE = Space({f"x{i}": (0.0, 1.0) for i in range(DIM)})


def bowl(X):
    return ((X[:, [3, 17, 40]] - [0.2, 0.7, 0.4]) ** 2).sum(axis=1, keepdims=True)


def propose(observed, n, *, strategy=None, space=SPACE, state=None, seed=0):
    strategy = strategy or RandomSubspace(dimension=5)
    nothing = np.empty((0, space.dim))
    return strategy.propose(space, Goals.of("min:y"), observed, nothing, n, seed=seed, state=state)


@given(st.integers(1, 50), st.integers(1, 10), st.integers(0, 4), st.integers(0, 99))
def test_coordinates_come_back_and_bins_are_even(inputs, dim, splits, seed):
    embedding = SparseEmbedding.of(inputs, min(dim, inputs), splits, seed)
    Z = np.random.default_rng(seed).random((4, embedding.dim))
    X = embedding.embed(Z)
    assert X.min() >= 0.0
    assert X.max() <= 1.0
    np.testing.assert_allclose(embedding.project(X), Z, atol=1e-12)
    counts = np.bincount(embedding.axes)
    assert counts.min() >= 1
    if splits == 0:
        assert np.ptp(counts) <= 1


@given(st.integers(1, 50), st.integers(1, 10), st.integers(0, 3), st.integers(0, 99))
def test_a_finer_subspace_contains_the_coarser_one(inputs, dim, splits, seed):
    coarse, fine = (SparseEmbedding.of(inputs, min(dim, inputs), s, seed) for s in (splits, splits + 1))
    assert fine.dim == inputs or fine.dim > coarse.dim
    X = coarse.embed(np.random.default_rng(seed).random((4, coarse.dim)))
    np.testing.assert_allclose(fine.embed(fine.project(X)), X, atol=1e-12)


def test_the_nearest_point_of_the_subspace_is_meant():
    embedding, X = SparseEmbedding.of(6, 2, 0, 0), np.random.default_rng(0).random((1, 6))
    nearest = embedding.embed(embedding.project(X))
    others = embedding.embed(np.random.default_rng(1).random((500, 2)))
    assert np.linalg.norm(nearest - X) <= np.linalg.norm(others - X, axis=1).min()


def test_points_lie_in_the_subspace_and_stay_in_it():
    first = propose(table_of(np.empty((0, DIM)), np.empty((0, 1))), 12)
    again = propose(table_of(first.points, bowl(first.points)), 5, state=first.state, seed=9)
    seed, splits = again.state.data["subspace"]
    embedding = SparseEmbedding.of(DIM, 5, splits, seed)
    for X in (first.points, again.points):
        np.testing.assert_allclose(embedding.embed(embedding.project(X)), X, atol=1e-12)


def test_an_exhausted_region_splits_the_axes_and_keeps_the_results():
    first = propose(table_of(np.empty((0, DIM)), np.empty((0, 1))), 12)
    observed = table_of(first.points, bowl(first.points))
    best = (True, -float(observed.Y.min()))
    tiny = RegionSize(length=LENGTH_MIN, failures=50, seen=11, best=best)
    state = State(1, {**first.state.data, "region": tiny.to_dict()})
    grown = propose(observed, 3, state=state)
    assert grown.state.data["subspace"] == [first.state.data["subspace"][0], 1]
    assert RegionSize.from_dict(grown.state.data["region"]).start == 0
    assert grown.predictions[0].reason != "initial design"
    fine = SparseEmbedding.of(DIM, 5, 1, first.state.data["subspace"][0])
    assert fine.dim == 20
    np.testing.assert_allclose(fine.embed(fine.project(grown.points)), grown.points, atol=1e-12)


def test_results_outside_the_subspace_do_not_count():
    X = np.random.default_rng(0).random((30, DIM))
    assert propose(table_of(X, bowl(X)), 2).predictions[0].reason == "initial design"


def test_few_inputs_among_many_are_found():
    found = run(RandomSubspace(dimension=6), SPACE, bowl, 60, batch=5).Y.min()
    by_chance = bowl(np.random.default_rng(0).random((2000, DIM))).min()
    assert found < by_chance


def test_held_columns_are_held():
    space = SPACE.restrict({"x0": 0.25})
    nothing = table_of(np.empty((0, DIM)), np.empty((0, 1)))
    assert (propose(nothing, 4, space=space).points[:, 0] == 0.25).all()


@pytest.mark.parametrize(
    "space",
    [Space({f"x{i}": (0.0, 1.0) for i in range(4)}), Space({"k": ["a", "b"], "x": Float(0.0, 1.0)})],
)
def test_elsewhere_it_is_a_trust_region(space):
    X = np.array([[0.0] * (space.dim - 1) + [0.1 * i] for i in range(10)])
    observed = table_of(X, X[:, -1:])
    expected = propose(observed, 2, strategy=TrustRegion(), space=space)
    given_ = propose(observed, 2, strategy=RandomSubspace(), space=space)
    np.testing.assert_array_equal(given_.points, expected.points)


@pytest.mark.parametrize("given_", [{"dimension": 0}, {"model": "none"}, {"acquisition": "none"}])
def test_bad_arguments_are_refused(given_):
    with pytest.raises(InvalidInputError):
        RandomSubspace(**given_)
