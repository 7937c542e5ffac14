"""Offline problems: the published table to the last bit, the oracles, scores and percentiles."""

from __future__ import annotations

import os

import numpy as np
import pytest

from augury.datasets.rna_binding import RNA, RNA_TARGETS, rna_binding, rna_offline_set
from augury.datasets.tf_bind_8 import tf_bind_8_table
from augury.errors import InvalidInputError, NotSupportedError
from augury.problems import load_problem
from augury.problems.offline import (
    OFFLINE_PROBLEMS,
    OfflineProblem,
    function_table,
    load_offline_problem,
    suzuki_half,
    tf_bind_8,
)
from augury.strategies import OfflineOptimization

needs_data = pytest.mark.skipif("AUGURY_DATA" not in os.environ, reason="AUGURY_DATA is not set")


def test_tf_bind_8_is_the_table_of_design_bench():
    X, y = tf_bind_8_table()
    assert X.shape == (65_792, 8)
    assert (y.min(), y.max()) == (0.0, 1.0)
    problem = tf_bind_8()
    assert problem.X.shape == (32_898, 8)
    assert problem.best == pytest.approx(0.43929616, abs=1e-8)
    assert problem.Y.dtype == np.float64
    assert (problem.Y.astype(np.float32) == problem.Y).all()


def test_both_strands_of_a_sequence_bind_alike():
    X, _ = tf_bind_8_table()
    oracle = tf_bind_8().oracle
    assert oracle is not None
    rows = np.random.default_rng(0).choice(len(X), 200)
    assert (oracle(X[rows]) == oracle(3 - X[rows, ::-1])).all()
    known = tf_bind_8()
    assert (oracle(known.X) == known.Y).all()


@needs_data
def test_the_shipped_table_is_that_of_the_source():
    with np.load(os.environ["AUGURY_DATA"] + "/tf_bind_8.npz") as stored:
        X, y = tf_bind_8_table()
        assert (stored["x"] == X).all()
        assert (stored["y"] == y.astype(np.float32)).all()


@needs_data
@pytest.mark.parametrize("target", [1, 2, 3])
def test_rna_binding_is_recomputed(target):
    pytest.importorskip("RNA")
    X, y = rna_offline_set(target)
    strands = ["".join(RNA[letter] for letter in row) for row in X[::100]]
    assert rna_binding(strands, RNA_TARGETS[target - 1]) == pytest.approx(y[::100], abs=2e-8)
    problem = load_offline_problem(f"rna-{target}")
    assert problem.percentiles(problem.X[::100]).p100 == pytest.approx(y[::100].max(), abs=2e-8)


def test_scores_are_normalised_and_percentiles_interpolated():
    y = np.arange(6.0)
    problem = OfflineProblem.of_arrays(
        y[:, None] / 10.0, y, bounds=[(0.0, 1.0)], oracle=lambda X: 10.0 * X[:, 0], y_min=0.0, y_max=10.0
    )
    assert problem.best == 0.5
    assert problem.percentiles(np.linspace(0.0, 1.0, 11)[:, None]) == pytest.approx((0.5, 0.8, 1.0))
    assert problem.normalized_score(np.array([2.5])) == pytest.approx([0.25])


def test_an_oracle_of_arrays_sees_the_units_of_the_arrays():
    X = np.array([[-3.0, 10.0], [5.0, 30.0]])
    problem = OfflineProblem.of_arrays(
        X, X.sum(axis=1), bounds=[(-5.0, 5.0), (10.0, 50.0)], oracle=lambda raw: raw.sum(axis=1)
    )
    assert problem.percentiles(problem.X) == pytest.approx((0.5, 0.8, 1.0))
    assert problem.space.decode(problem.X)[0] == {"x0": -3.0, "x1": 10.0}


@pytest.mark.parametrize("name", ["branin", "six-hump-camel"])
def test_a_function_table_holds_the_worst_designs(name):
    source = load_problem(name)
    problem = function_table(source, 40, share=0.4, seed=1)
    assert problem.X.shape == (40, 2)
    assert problem.oracle is not None
    assert problem.oracle(problem.X) == pytest.approx(problem.Y)
    assert -problem.y_max == pytest.approx(source.optimum)
    assert 0.0 <= problem.best < 1.0


def test_designs_for_the_suzuki_table_are_rows_of_its_better_half():
    problem = suzuki_half(1)
    found = problem.propose(OfflineOptimization("gp-ascent"), 10).points
    assert problem.percentiles(found).p50 > problem.best
    known = {tuple(row) for row in problem.X}
    assert len({tuple(row) for row in found} - known) == 10


def test_without_an_oracle_nothing_is_scored():
    with pytest.raises(NotSupportedError, match="no oracle"):
        OfflineProblem.of_arrays(np.eye(2), np.arange(2.0), bounds=[(0.0, 1.0)] * 2).percentiles(np.eye(2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "one of the two"),
        ({"bounds": [(0, 1)]}, "does not fit"),
        ({"bounds": [(0, 1), (0, 0.5)]}, "outside its bounds"),
        ({"categories": ["ab", "a"]}, "codes 0, 1"),
        ({"categories": ["ab", "ab"], "y_min": 3.0}, "must differ"),
    ],
)
def test_bad_problems_are_refused(options, message):
    with pytest.raises(InvalidInputError, match=message):
        OfflineProblem.of_arrays(np.eye(2), np.array([0.0, 1.0]), **options)
    with pytest.raises(InvalidInputError, match="not finite"):
        OfflineProblem.of_arrays(np.eye(2), np.array([0.0, np.nan]), bounds=[(0, 1)] * 2)


def test_problems_are_known_by_name():
    assert set(OFFLINE_PROBLEMS) > {"tf-bind-8", "rna-1", "branin", "suzuki"}
    with pytest.raises(InvalidInputError, match="tf-bind-8"):
        load_offline_problem("sphere")
