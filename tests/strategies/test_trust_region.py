"""Trust regions: what they find in many dimensions, and beside constraints, failures and restarts."""

from __future__ import annotations

import numpy as np
import pytest

import augury.strategies.trust_region as module
from augury.errors import InvalidInputError, NotSupportedError
from augury.space import Goals, Space
from augury.space.pareto import hypervolume, non_dominated
from augury.strategies import State, TrustRegion
from augury.strategies.region_progress import nearest, updated
from augury.strategies.region_size import RegionSize
from augury.study.study import Study
from tests.strategies.cases import run, table_of

DIM = 30
SPACE = Space({f"x{i}": (0.0, 1.0) for i in range(DIM)})


def bowl(X):
    return ((X[:, :4] - 0.3) ** 2).sum(axis=1, keepdims=True)


def propose(strategy, observed, n, *, goals="min:y", state=None, seed=0):
    nothing = np.empty((0, DIM))
    return strategy.propose(SPACE, Goals.of(goals), observed, nothing, n, seed=seed, state=state)


def points(n, seed=0):
    return np.random.default_rng(seed).random((n, DIM))


@pytest.mark.parametrize("acquisition", ["auto", "thompson"])
def test_a_bowl_among_thirty_inputs_is_descended(acquisition):
    observed = run(TrustRegion(acquisition=acquisition), SPACE, bowl, 60, batch=10)
    assert observed.Y[20:].min() < 0.25 * observed.Y[:20].min()


def test_points_stay_around_the_best_one():
    X = points(40)
    state = State(1, {"region": {**module.RegionSize(length=0.1, seen=40, best=(True, 0.0)).to_dict()}})
    for n in (3, 250):
        proposal = propose(TrustRegion(), table_of(X, bowl(X)), n, state=state)
        best = X[np.argmin(bowl(X))]
        # no side is longer than the stretch of its column allows
        assert np.abs(proposal.points - best).max() < 0.5
        assert np.median(np.abs(proposal.points - best).max(axis=0)) < 0.2
        assert len(np.unique(proposal.points, axis=0)) == n


def test_the_region_shrinks_without_success_and_begins_anew():
    X = points(30)
    observed = table_of(X, bowl(X))
    tiny = module.RegionSize(length=0.5**7, failures=29, seen=29, best=(True, 0.0))
    proposal = propose(TrustRegion(), observed, 2, state=State(1, {"region": tiny.to_dict()}))
    assert [one.reason for one in proposal.predictions] == ["initial design"] * 2
    region = module.RegionSize.from_dict(proposal.state.data["region"])
    assert (region.start, region.length) == (30, module.RegionSize().length)
    more = points(25, seed=1)
    later = table_of(np.concatenate([X, more]), bowl(np.concatenate([X, more])) + 1.0)
    proposal = propose(TrustRegion(), later, 2, state=proposal.state)
    assert proposal.predictions[0].reason != "initial design"


@pytest.mark.parametrize("acquisition", ["auto", "thompson"])
def test_constraints_are_kept(acquisition):
    def bounded(X):
        return np.column_stack([bowl(X), X[:, 0]])

    goals = ["min:y", "c >= 0.5"]
    observed = run(TrustRegion(acquisition=acquisition), SPACE, bounded, 60, goals=goals, batch=10)
    later = observed.Y[30:]
    assert (later[:, 1] >= 0.5).mean() > 0.5
    feasible = observed.Y[:, 1] >= 0.5
    assert observed.Y[30:][feasible[30:], 0].min() < observed.Y[:20][feasible[:20], 0].min()


@pytest.mark.parametrize("acquisition", ["auto", "thompson"])
def test_failures_are_kept_away_from(acquisition):
    X = points(60)
    Y = np.where(X[:, :1] > 0.5, np.nan, bowl(X) - X[:, :1])
    proposal = propose(TrustRegion(acquisition=acquisition), table_of(X, Y), 20)
    assert (proposal.points[:, 0] > 0.5).mean() < 0.3


def test_only_the_rows_near_the_best_one_are_modelled(monkeypatch):
    monkeypatch.setattr(module, "FEWEST_ROWS", 25)
    monkeypatch.setattr(module, "ROWS_PER_COLUMN", 0)
    X = points(60)
    observed = table_of(X, bowl(X))
    near = nearest(observed, Goals.of("min:y"), 25)
    best = X[np.argmin(bowl(X))]
    assert near.n == 25
    left_out = ~(X[:, None] == near.X).all(axis=2).any(axis=1)
    assert np.linalg.norm(near.X - best, axis=1).max() <= np.linalg.norm(X[left_out] - best, axis=1).min()
    worse = table_of(X, bowl(X) + 7.0 * left_out[:, None])
    proposed = [propose(TrustRegion(), table, 3).points for table in (observed, worse)]
    np.testing.assert_array_equal(*proposed)
    batch = [propose(TrustRegion(), table, 20).points for table in (observed, worse)]
    assert not np.array_equal(*batch)  # of twice as many rows, some of which differ
    monkeypatch.setattr(module, "ROWS_PER_COLUMN", 1)
    wide = [propose(TrustRegion(), table, 3).points for table in (observed, worse)]
    assert not np.array_equal(*wide)  # of a row for each column


def two_bowls(X):
    return np.column_stack([bowl(X), ((X[:, :4] - 0.6) ** 2).sum(axis=1), X[:, 5]])


TWO = ["min:y", "min:z"]


def test_several_objectives_beside_a_constraint_grow_the_front():
    observed = run(TrustRegion(n_initial=20), SPACE, two_bowls, 40, goals=[*TWO, "c >= 0.5"], batch=10)
    by_chance = two_bowls(points(200))
    reference = -by_chance[:, :2].max(axis=0)
    found, random = (hypervolume(-Y[Y[:, 2] >= 0.5, :2], reference) for Y in (observed.Y, by_chance))
    assert found > random
    assert (observed.Y[30:, 2] >= 0.5).mean() > 0.5


def test_the_region_of_several_objectives_counts_hypervolume():
    X = points(30)
    table = table_of(X, two_bowls(X)[:, :2])
    region = propose(TrustRegion(), table, 4, goals=TWO).state.data["region"]
    kept = RegionSize.from_dict(region)
    assert kept.best[0]
    assert kept.best[1] > 0.0
    same = updated(kept, SPACE, Goals.of(TWO), table)
    assert (same.successes, same.best) == (0, kept.best)
    better = np.concatenate([X, np.full((1, DIM), 0.45)])
    after = updated(kept, SPACE, Goals.of(TWO), table_of(better, two_bowls(better)[:, :2]))
    assert (after.successes, after.seen) == (1, 31)
    assert after.best[1] > kept.best[1]


def test_points_of_several_objectives_lie_around_the_front():
    X = points(40)
    table = table_of(X, two_bowls(X)[:, :2])
    _, best = propose(TrustRegion(), table, 4, goals=TWO).state.data["region"]["best"]
    state = State(1, {"region": {**RegionSize(length=0.1, seen=40, best=(True, best)).to_dict()}})
    found = propose(TrustRegion(), table, 8, goals=TWO, state=state).points
    front = X[non_dominated(-table.Y)]
    apart = np.abs(found[:, None] - front).max(axis=2).min(axis=1)
    assert apart.max() < 0.5
    closest = np.abs(found[:, None] - front).max(axis=2).argmin(axis=1)
    assert len(set(closest)) > 1


def test_what_a_region_cannot_follow_is_refused():
    many = [f"min:y{i}" for i in range(5)]
    with pytest.raises(NotSupportedError, match="bayesian-optimization"):
        TrustRegion().check_goals(Goals.of(many))
    for acquisition, goals in (("thompson", TWO), ("parego", ["min:y"])):
        with pytest.raises(InvalidInputError, match=acquisition):
            TrustRegion(acquisition=acquisition).check_goals(Goals.of(goals))


@pytest.mark.parametrize("given", [{"acquisition": "none"}, {"model": "none"}, {"n_initial": 0}])
def test_bad_arguments_are_refused(given):
    with pytest.raises(InvalidInputError):
        TrustRegion(**given)


def test_a_study_keeps_the_region_between_processes(tmp_path):
    path = tmp_path / "study.db"
    first = Study(SPACE, "min:y", strategy="trust-region", store=path, seed=0)
    for x in points(30):
        first.add(dict(zip(SPACE.names, x.tolist(), strict=True)), float(bowl(x[None])[0, 0]))
    trial = first.ask()[0]
    first.tell(trial, 10.0)
    again = Study.load(path)
    again.ask()
    block = again.store.load_state(again._record.id, "augury.strategies.trust_region:TrustRegion")
    region = State.from_bytes(block).data["region"]
    assert (region["seen"], region["failures"]) == (31, 1)
