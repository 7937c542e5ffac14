"""Mixtures, equalities and counts: points keep them uniformly, repairs are near, nonsense is refused."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, kstest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.enumeration import all_points
from augury.space.parameters import Float, Int
from augury.space.repair import repaired
from augury.space.sampling import sobol, uniform
from augury.space.space import Space
from augury.space.toml import space_from_toml, space_to_toml

PARTS = {name: Float(0.0, 1.0) for name in "abcd"}
TOTAL = "a + b + c + d == 1"
SPACES = {
    "mixture": Space(PARTS, constraints=[TOTAL]),
    "bounded mixture": Space(PARTS, constraints=[TOTAL, "a <= 0.3", "a + b >= 0.2"]),
    "few parts": Space({**PARTS, "T": (20, 80)}, constraints=[TOTAL, "count(a, b, c, d) <= 2"]),
    "steps": Space({name: Float(0.0, 1.0, step=0.05) for name in "abcd"}, constraints=[TOTAL]),
    "steps and one number": Space(
        {name: Float(0.0, 1.0, step=0.25) for name in "abc"} | {"d": Float(0.0, 1.0)},
        constraints=[TOTAL, "count(a, b, c) <= 2"],
    ),
    "weights and a logarithm": Space(
        {"n": Int(0, 10), "m": Float(0.0, 8.0), "r": Float(0.1, 10, log=True), "k": ["u", "v"]},
        constraints=["2*n + m + r = 12"],
    ),
    "two equalities": Space(
        {name: Float(-1.0, 5.0) for name in "abcd"},
        constraints=["a + b == 4", "b + c - d == 1", "b + c <= 5"],
    ),
    "negative and counted": Space(
        {name: Float(-2.0, 5.0) for name in "abc"}, constraints=["count(a, b, c) <= 1", "a + b + c <= 3"]
    ),
    "held": Space(PARTS, constraints=[TOTAL, "count(a, b, c, d) <= 3"]).restrict({"a": 0.3}),
}


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("sampler", [sobol, uniform])
def test_designs_keep_the_rules_and_their_params_are_valid(name, sampler):
    space = SPACES[name]
    X = sampler(space, 24, seed=1)
    assert X.shape == (24, space.dim)
    assert space.feasible(X).all()
    assert len(np.unique(X, axis=0)) == 24
    assert np.array_equal(space.snap(X), X)
    for params in space.decode(X):
        assert space.validate(params) == params
    assert np.array_equal(sampler(space, 24, seed=1), X)


def test_a_mixture_is_sampled_uniformly():
    X = uniform(SPACES["mixture"], 2000, seed=0)
    for column in X.T:  # each share of a uniform point of the simplex has this law
        assert kstest(column, beta(1, 3).cdf).pvalue > 1e-3


def test_a_cut_mixture_is_sampled_uniformly():
    space = SPACES["bounded mixture"]
    walked = uniform(space, 2000, seed=0)
    free = uniform(SPACES["mixture"], 20_000, seed=1)
    kept = free[space.feasible(free)]
    for column in range(4):
        assert kstest(walked[:, column], kept[:, column]).pvalue > 1e-3


def test_every_choice_of_parts_is_as_likely():
    X = uniform(SPACES["few parts"], 1200, seed=0)
    chosen = [tuple(np.flatnonzero(x > 0)) for x in X[:, :4]]
    counts = np.array([chosen.count(pair) for pair in combinations(range(4), 2)])
    assert counts.sum() == 1200
    assert counts.min() > 150  # 200 expected; of 32 supports in a call, each choice is 5 or 6


def test_points_of_a_lattice_are_all_found():
    space = Space({name: Float(0.0, 1.0, step=0.25) for name in "abc"}, constraints=["a + b + c == 1"])
    every = all_points(space)
    assert len(every) == 15
    assert len(np.unique(uniform(space, 15, seed=0), axis=0)) == 15


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**31))
def test_repairs_keep_equalities_and_counts_and_leave_good_points_alone(name, seed):
    space = SPACES[name]
    good = uniform(space, 4, seed=seed % 7)
    np.testing.assert_allclose(repaired(space, good), good, atol=1e-9)
    near = np.clip(good + 0.05 * np.random.default_rng(seed).standard_normal(good.shape), *space.bounds)
    again = repaired(space, near)
    rules = space.rules
    assert np.array_equal(space.snap(again), again)
    for count in rules.counts:
        assert (count.excess(again) <= 0).all()
    if len(rules.equalities) == 1:
        assert (np.abs(rules.equalities.values(again)) <= rules.equalities.tolerance[0]).all()


def test_the_repair_of_a_mixture_is_the_euclidean_projection():
    space = SPACES["mixture"]
    X = np.random.default_rng(0).random((50, 4))
    again = repaired(space, X)
    others = uniform(space, 2000, seed=0)
    distance = np.linalg.norm(again - X, axis=1)
    assert (np.linalg.norm(others[None] - X[:, None], axis=-1).min(axis=1) >= distance - 1e-12).all()


def test_held_coordinates_are_kept():
    space = SPACES["mixture"]
    X = np.array([[0.2, 0.9, 0.9, 0.9]])
    again = repaired(space, X, held=np.array([[True, False, False, False]]))
    assert again[0, 0] == 0.2
    assert space.feasible(again).all()


@pytest.mark.parametrize("name", [name for name in SPACES if name != "held"])
def test_schemas_and_study_files_keep_the_rules(name):
    space = SPACES[name]
    assert Space.from_dict(space.to_dict()) == space
    assert space_from_toml(space_to_toml(space)) == space


def test_params_that_break_a_rule_are_refused():
    with pytest.raises(InvalidInputError, match=r"violates the constraint 'a \+ b \+ c \+ d == 1' by 0.1"):
        SPACES["mixture"].validate({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.3})
    with pytest.raises(InvalidInputError, match=r"'count\(a, b, c, d\) <= 2' by 1"):
        SPACES["few parts"].validate({"a": 0.2, "b": 0.2, "c": 0.6, "d": 0.0, "T": 30})
    # what a person types adds up to rounding error
    assert SPACES["mixture"].validate({"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4})


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (["a + b == 3"], "no point of the space satisfies"),
        ([TOTAL, "a >= 0.6", "b >= 0.6"], "no point of the space satisfies"),
        ([TOTAL, "count(a, b, c, d) <= 2", "a <= 0.4", "b <= 0.4", "c <= 0.4", "d <= 0.4"], "no point"),
        (["count(a, e) <= 1"], "names 'e', which is not a parameter"),
        (["count(a, k) <= 1"], "counts 'k', which is never zero"),
        (["count(a, low) <= 1"], "counts 'low', which is never zero"),
    ],
)
def test_rules_that_make_no_sense_are_refused(constraints, message):
    with pytest.raises(InvalidInputError, match=message):
        Space({**PARTS, "k": ["u", "v"], "low": (1.0, 2.0)}, constraints=constraints)


def test_counts_of_conditional_parameters_are_not_supported():
    with pytest.raises(NotSupportedError, match="not always there"):
        Space(
            {"k": ["u", "v"], "a": (0.0, 1.0), "b": Float(0.0, 1.0, active_if={"k": ["u"]})},
            constraints=["count(a, b) <= 1"],
        )


def test_tables_are_filtered_by_every_rule():
    table = {"a": [0, 1, 1, 2], "b": [2, 1, 0, 0]}
    assert Space.from_table(table, constraints=["a + b == 2"]).size == 3
    assert Space.from_table(table, constraints=["count(a, b) <= 1"]).size == 3
