"""Offline optimisation as a strategy: the contract of strategies, with every method."""

from __future__ import annotations

import numpy as np
import pytest

from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goals import Goals
from augury.space.sampling import uniform
from augury.space.space import Space
from augury.strategies import OFFLINE_METHODS, OfflineOptimization, build_strategy
from augury.strategies.offline.distinct import distances
from augury.strategies.offline.table import OfflineTable
from augury.testing import STRATEGY_CHECKS
from tests.strategies.cases import table_of
from tests.strategies.offline.cases import SMALL

#: What depends on the method; the rest depends on the strategy, and is checked with one.
_OF_METHODS = (
    "proposes_valid_points",
    "is_deterministic_under_a_seed",
    "leaves_global_random_state_alone",
    "leaves_its_arguments_alone",
    "copes_with_duplicates",
    "copes_with_extreme_outcomes",
)


@pytest.mark.parametrize("check", STRATEGY_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms_with_the_bridge(check):
    check(lambda: OfflineOptimization(SMALL["bridge"]))


@pytest.mark.parametrize("name", [name for name in SMALL if name != "bridge"])
@pytest.mark.parametrize(
    "check", [c for c in STRATEGY_CHECKS if c.__name__ in _OF_METHODS], ids=lambda check: check.__name__
)
def test_it_conforms_with(check, name):
    check(lambda: OfflineOptimization(SMALL[name]))


def test_every_method_has_a_small_version_and_builds_by_name():
    assert list(SMALL) == OFFLINE_METHODS.names()
    for name, small in SMALL.items():
        assert type(OfflineOptimization(name).method) is type(small)
    assert isinstance(build_strategy("offline"), OfflineOptimization)


def _bowl(n=40, d=2):
    space = Space({f"x{j}": (0.0, 1.0) for j in range(d)})
    X = uniform(space, n, seed=3)
    y = -np.square(X - 0.5).sum(axis=1)
    worst = np.argsort(y)[: n // 2]
    return space, table_of(X[worst], y[worst, None])


@pytest.mark.parametrize("goal", ["max:y", "min:y"])
def test_designs_come_with_a_prediction_and_their_distance(goal):
    space, observed = _bowl()
    if goal == "min:y":
        observed = table_of(observed.X, -observed.Y)
    strategy = OfflineOptimization("gp-ascent")
    proposal = strategy.propose(space, Goals.of(goal), observed, np.empty((0, 2)), 4, seed=0)
    truth = np.square(proposal.points - 0.5).sum(axis=1) * (1.0 if goal == "min:y" else -1.0)
    sign = -1.0 if goal == "min:y" else 1.0
    assert (sign * truth > sign * np.median(observed.Y)).all()
    for one, value in zip(proposal.predictions, truth, strict=True):
        assert one.reason == "offline"
        assert abs(one.mean["y"] - value) < 3.5 * one.std["y"]
    away = np.abs(proposal.points[:, None] - observed.X).sum(axis=-1).min(axis=1)
    assert [one.distance for one in proposal.predictions] == pytest.approx(away)


def test_without_results_that_differ_designs_come_with_their_distance_alone():
    space, observed = _bowl()
    same, nothing = table_of(observed.X, np.ones((observed.n, 1))), np.empty((0, 2))
    strategy = OfflineOptimization(SMALL["gp-ascent"])
    proposal = strategy.propose(space, Goals.of("max:y"), same, nothing, 3, seed=0)
    away = distances(space, proposal.points, observed.X)
    assert [one.distance for one in proposal.predictions] == pytest.approx(away)
    unknown = strategy.propose(space, Goals.of("max:y"), observed.rows(np.zeros(0, int)), nothing, 3, seed=0)
    assert [one.distance for one in unknown.predictions] == [None] * 3


def test_a_joint_batch_is_chosen_in_parts_that_differ():
    space, observed = _bowl()
    told = []
    strategy = OfflineOptimization(SMALL["qei"], progress=lambda *step: told.append(step[:2]))
    points = strategy.propose(space, Goals.of("max:y"), observed, np.empty((0, 2)), 10, seed=0).points
    assert told == [(8, 10), (10, 10)]
    assert len(np.unique(points, axis=0)) == 10


def test_a_longer_joint_batch_goes_on_from_a_shorter_one():
    space, observed = _bowl()
    told = []
    table = OfflineTable.of(space, Goals.of("max:y"), observed)
    search = SMALL["qei"].learn(table, seed=0, progress=lambda *step: told.append(step[0]))
    few, more = search(0, 2), search(2, 4)
    assert told == [2, 4]
    assert np.array_equal(more[:2], few)


def test_the_distance_counts_letters_and_shares_of_ranges():
    space = Space({"a": ["r", "g", "b"], "x": (0.0, 10.0), "b": ["u", "v"]})
    known = np.array([[0.0, 0.2, 1.0], [2.0, 0.9, 0.0]])
    assert distances(space, np.array([[0.0, 0.5, 0.0]]), known) == pytest.approx([1.3])
    assert distances(space, known, known) == pytest.approx([0.0, 0.0])


def test_progress_is_told():
    space, observed = _bowl()
    told = []
    strategy = OfflineOptimization(SMALL["bridge"], progress=lambda *step: told.append(step))
    strategy.propose(space, Goals.of("max:y"), observed, np.empty((0, 2)), 2, seed=0)
    assert told == [(1, 1, "learning the bridge")]


def test_several_objectives_are_refused():
    space, observed = _bowl()
    strategy = OfflineOptimization(SMALL["gp-ascent"])
    with pytest.raises(NotSupportedError, match="offline optimisation takes one objective"):
        strategy.propose(space, Goals.of(["max:y", "min:z"]), observed, np.empty((0, 2)), 1, seed=0)


def test_it_learns_from_designs_that_keep_the_limits():
    space, observed = _bowl()
    left = observed.X[:, 0] < 0.5
    both = table_of(observed.X, np.column_stack([observed.Y[:, 0], np.where(left, 0.0, 1.0)]))
    nothing, strategy = np.empty((0, 2)), OfflineOptimization(SMALL["gp-ascent"])
    limited = strategy.propose(space, Goals.of(["max:y", "z <= 0.5"]), both, nothing, 3, seed=0)
    of_left = strategy.propose(space, Goals.of("max:y"), observed.rows(left), nothing, 3, seed=0)
    assert limited.points == pytest.approx(of_left.points)
    assert set(limited.predictions[0].mean) == {"y", "z"}


@pytest.mark.parametrize("wrong", ["annealing", 3])
def test_an_unknown_method_is_refused(wrong):
    with pytest.raises(InvalidInputError, match=r"annealing|3 is no offline method"):
        OfflineOptimization(wrong)
