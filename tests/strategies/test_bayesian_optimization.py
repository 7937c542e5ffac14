from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from botorch.models import SingleTaskGP

from augury.acquisition.registry import ACQUISITIONS
from augury.errors import InvalidInputError, NotSupportedError
from augury.space.goals import Goals
from augury.space.parameters import Float, Int
from augury.space.space import Space
from augury.strategies import BayesianOptimization, ExhaustedError, RandomSearch
from augury.strategies.design import default_initial_points
from augury.testing.strategy_cases import continuous_space, mixed_space, observe, propose, table
from tests.strategies.cases import run, table_of


def branin(X):
    a, b = 15.0 * X[:, 0] - 5.0, 15.0 * X[:, 1]
    bowl = (b - 5.1 / (4 * np.pi**2) * a**2 + 5.0 / np.pi * a - 6.0) ** 2
    return (bowl + 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(a) + 10.0)[:, None]


def hartmann6(X):
    from botorch.test_functions import Hartmann
    from torch import from_numpy

    return Hartmann(dim=6)(from_numpy(X)).numpy()[:, None]


def test_it_finds_the_minimum_of_branin():
    ours = run(BayesianOptimization(), continuous_space(), branin, 25).Y.min()
    random = [run(RandomSearch(), continuous_space(), branin, 25, seed=seed).Y.min() for seed in range(10)]
    assert ours - 0.397887 < 0.02
    assert ours < min(random)


def test_it_beats_random_search_on_hartmann6():
    space = Space({f"x{i}": (0.0, 1.0) for i in range(6)})
    ours = run(BayesianOptimization(), space, hartmann6, 40).Y.min()
    random = [run(RandomSearch(), space, hartmann6, 40, seed=seed).Y.min() for seed in range(10)]
    assert ours < -2.8
    assert ours < min(random)


def test_a_maximum_is_found_as_the_minimum_of_the_negative_is():
    space = continuous_space()
    lowest = run(BayesianOptimization(), space, branin, 14, goals="min:y")
    highest = run(BayesianOptimization(), space, lambda X: -branin(X), 14, goals="max:y")
    np.testing.assert_allclose(lowest.X, highest.X, atol=1e-6)


def test_it_finds_the_best_row_of_a_table():
    space = table(60)
    row = space.candidates
    target = row[41]
    seen = run(BayesianOptimization(), space, lambda X: np.abs(X - target).sum(axis=1, keepdims=True), 20)
    assert (target == seen.X).all(axis=1).any()
    assert len(np.unique(seen.X, axis=0)) == 20


def test_it_optimises_a_mixed_space():
    space = mixed_space()
    target = space.snap(np.array([[0.3, 0.4, 0.2, 0.75, 0.5, 2.0]]))

    def distance(X):
        far = np.abs(X - target)
        far[:, 5] = far[:, 5] > 0
        return far.sum(axis=1, keepdims=True)

    ours = run(BayesianOptimization(), space, distance, 30).Y.min()
    random = np.median([run(RandomSearch(), space, distance, 30, seed=s).Y.min() for s in range(5)])
    assert ours < 0.5 * random


def test_an_outcome_constraint_is_respected():
    """min x + y subject to x * y >= 0.1 (encoded): the optimum is at x = y = sqrt(0.1)."""
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})

    def function(X):
        return np.stack([X.sum(axis=1), X.prod(axis=1)], axis=1)

    goals = Goals.of(["min:total", "product >= 0.1"])
    seen = run(BayesianOptimization(), space, function, 25, goals=goals)
    feasible = goals.feasible(seen.Y)
    assert seen.Y[feasible, 0].min() < 2 * np.sqrt(0.1) + 0.01
    assert (seen.Y[-10:, 1] > 0.09).sum() >= 7  # the optimum is on the limit, and so are the last points


def test_a_failing_region_is_avoided():
    """Of two equal basins one always fails."""
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})

    def function(X):
        basins = np.minimum((X[:, 0] - 0.2) ** 2, (X[:, 0] - 0.8) ** 2) + (X[:, 1] - 0.5) ** 2
        return np.where(X[:, 0] > 0.6, np.nan, basins)[:, None]

    seen = run(BayesianOptimization(), space, function, 30)
    assert seen.failed.any()
    assert seen.failed[-10:].sum() <= 2
    assert np.nanmin(seen.Y) < 1e-3


def test_the_edge_of_a_failing_region_is_found():
    """The function falls towards a region in which it always fails; the best value is 0.16."""
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})

    def function(X):
        value = (X[:, 0] - 1.0) ** 2 + (X[:, 1] - 0.5) ** 2
        return np.where(X[:, 0] > 0.6, np.nan, value)[:, None]

    seen = run(BayesianOptimization(), space, function, 25, seed=3)
    assert np.nanmin(seen.Y) < 0.165
    assert seen.failed.sum() <= 15


def test_where_it_has_failed_it_does_not_look_again():
    """The function falls towards an end of the interval where it fails."""
    function = lambda X: np.where(X < 0.3, np.nan, (X - 0.1) ** 2)  # noqa: E731
    seen = run(BayesianOptimization(), Space({"x": (0.0, 1.0)}), function, 24, seed=1)
    assert (seen.X[seen.failed] == 0.0).sum() <= 1
    assert len(np.unique(seen.X[seen.failed], axis=0)) == seen.failed.sum()
    assert np.nanmin(seen.Y) < 0.0401
    assert seen.failed.sum() <= 16


def test_replicates_are_not_of_points_that_failed():
    """Results are noisy, so that known points are evaluated again; the best one always fails."""
    rng = np.random.default_rng(0)

    def function(X):
        value = np.abs(X - 0.2) + rng.normal(0.0, 0.1, X.shape)
        return np.where(np.abs(X - 0.2) < 0.05, np.nan, value)

    seen = run(BayesianOptimization(replicates=True), Space({"x": Int(0, 5)}), function, 14)
    assert len(np.unique(seen.X, axis=0)) < 14
    assert seen.failed.sum() == 1


def test_infeasible_batches_do_not_repeat_themselves():
    """While nothing meets the constraints, the points of a batch look for it in different places."""
    space = Space({"x": (0.0, 1.0), "y": (0.0, 1.0)})
    goals = Goals.of(["min:total", "product >= 0.9"])
    X = np.random.default_rng(0).random((8, 2)) * 0.6
    seen = table_of(X, np.stack([X.sum(axis=1), X.prod(axis=1)], axis=1))
    proposal = propose(BayesianOptimization(), space, seen, n=3, goals=goals)
    points = proposal.points
    assert (np.linalg.norm(points[:, None] - points, axis=-1) + np.eye(3)).min() > 0.01
    assert {prediction.reason for prediction in proposal.predictions} == {"feasibility"}


def test_nothing_exact_is_evaluated_twice():
    """Also at the end of a search that has found the optimum to a ten-thousandth."""
    space = Space({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})
    for seed in (2, 3, 4):
        best = np.random.default_rng(seed).uniform(0.2, 0.8, 2)
        seen = run(
            BayesianOptimization(),
            space,
            lambda X, best=best: ((X - best) ** 2).sum(axis=1, keepdims=True),
            30,
        )
        assert len(np.unique(seen.X, axis=0)) == 30
        assert seen.Y.min() < 1e-5


def test_noise_does_not_fool_it():
    space, late = continuous_space(), []
    for seed in range(5):
        draw = np.random.default_rng(seed).normal
        seen = run(
            BayesianOptimization(), space, lambda X, draw=draw: branin(X) + draw(0, 5, (len(X), 1)), 40
        )
        late.append(np.median(branin(seen.X[-10:])))
    assert np.median(late) < 7.0  # the median of the function is about 36


def test_a_batch_spreads():
    space = continuous_space()
    seen = run(BayesianOptimization(), space, branin, 10)
    points = propose(BayesianOptimization(), space, seen, n=4).points
    distance = np.linalg.norm(points[:, None] - points, axis=-1) + np.eye(4)
    assert distance.min() > 0.01


def test_pending_points_move_the_proposal():
    space = continuous_space()
    seen = run(BayesianOptimization(), space, branin, 10)
    alone = propose(BayesianOptimization(), space, seen).points
    besides = propose(BayesianOptimization(), space, seen, alone).points
    assert np.abs(alone - besides).max() > 0.01


def test_the_start_is_one_design_whatever_the_seeds_of_its_proposals():
    space = continuous_space()
    one_by_one = run(BayesianOptimization(n_initial=8), space, branin, 8).X
    at_once = propose(BayesianOptimization(n_initial=8), space, observe(space, 0), n=8, seed=0).points
    np.testing.assert_array_equal(one_by_one, at_once)


def test_a_batch_may_end_the_start_and_begin_the_search():
    space = continuous_space()
    proposal = propose(BayesianOptimization(n_initial=8), space, observe(space, 6), n=4)
    reasons = [prediction.reason for prediction in proposal.predictions]
    assert reasons[:2] == ["initial design"] * 2
    assert "initial design" not in reasons[2:]


def test_no_model_is_asked_before_results_are_there():
    space = continuous_space()
    pending = propose(RandomSearch(), space, observe(space, 0), n=9).points
    proposal = propose(BayesianOptimization(n_initial=4), space, observe(space, 0), pending)
    assert proposal.predictions[0].reason == "initial design"


def test_the_start_of_a_small_table_is_small():
    reasons = {}
    for n in (12, 200):
        space = table(n)
        proposal = propose(BayesianOptimization(), space, observe(space, 2))
        reasons[n] = proposal.predictions[0].reason
    assert reasons[12] != "initial design"
    assert reasons[200] == "initial design"


def test_predictions_are_in_the_units_of_the_outcomes():
    space = continuous_space()
    seen = run(BayesianOptimization(), space, branin, 12)
    shifted = replace(seen, Y=1e6 + 1e3 * seen.Y)
    for observed, scale, shift in ((seen, 1.0, 0.0), (shifted, 1e3, 1e6)):
        proposal = propose(BayesianOptimization(), space, observed, goals=Goals.of("min:y"))
        prediction = proposal.predictions[0]
        truth = shift + scale * branin(proposal.points)[0, 0]
        assert abs(prediction.mean["y"] - truth) < 6 * prediction.std["y"] + 0.05 * scale


def test_a_forgotten_state_changes_little():
    space = continuous_space()
    seen = run(BayesianOptimization(), space, branin, 12)
    first = propose(BayesianOptimization(), space, seen)
    goals, pending = Goals.of("min:loss"), np.empty((0, 2))
    warm = BayesianOptimization().propose(space, goals, seen, pending, 1, seed=0, state=first.state)
    np.testing.assert_allclose(warm.points, first.points, atol=0.02)


def test_a_table_is_measured_again_only_when_that_is_wanted():
    space = table(6)
    seen = observe(space, 6)
    with pytest.raises(ExhaustedError, match="replicates=True"):
        propose(BayesianOptimization(), space, seen)
    again = propose(BayesianOptimization(replicates=True), space, seen).points
    assert len(space.row_index(again)) == 1


@pytest.mark.parametrize(
    ("acquisition", "goals"),
    [
        ("log-nehvi", "min:y"),
        ("parego", "min:y"),
        ("log-ei", ["min:a", "max:b"]),
        ("ucb", ["min:a", "max:b"]),
    ],
)
def test_an_acquisition_for_another_number_of_objectives_is_refused(acquisition, goals):
    goals = Goals.of(goals)
    space = continuous_space()
    strategy, observed = (
        BayesianOptimization(acquisition=acquisition),
        observe(space, 4, outcomes=goals.n_outcomes),
    )
    with pytest.raises(InvalidInputError, match=f"{acquisition}.*{goals.n_objectives} objective"):
        propose(strategy, space, observed, goals=goals)


@pytest.mark.parametrize(
    "options",
    [{"n_initial": 0}, {"n_initial": 2.5}, {"n_initial": True}, {"model": "oracle"}, {"acquisition": "luck"}],
)
def test_bad_options_are_refused_at_once(options):
    with pytest.raises(InvalidInputError, match=str(next(iter(options.values())))):
        BayesianOptimization(**options)


#: Seconds a suggestion: `tests/acquisition/test_matrix.py` has one of each.
SLOW = {"one-shot-kg", "multi-step", "predictive-entropy"}


@pytest.mark.parametrize(
    "acquisition",
    [
        name
        for name in ACQUISITIONS.names()
        if name not in SLOW | {"probability-of-feasibility"} and not name.endswith("-per-cost")
    ],
)
def test_every_acquisition_optimises(acquisition):
    seen = run(BayesianOptimization(acquisition=acquisition), continuous_space(), branin, 20)
    assert seen.Y.min() < 2.0


@pytest.mark.parametrize("acquisition", ["one-shot-kg", "probability-of-feasibility"])
def test_what_an_acquisition_cannot_serve_is_refused(acquisition):
    goals = Goals.of(["min:y", "z <= 0"]) if acquisition == "one-shot-kg" else Goals.of("min:y")
    with pytest.raises(NotSupportedError, match="constraint"):
        run(
            BayesianOptimization(acquisition=acquisition),
            continuous_space(),
            lambda X: np.concatenate([branin(X), X[:, :1] - 0.9], axis=1)[:, : goals.n_outcomes],
            8,
            goals=goals,
        )


@pytest.mark.parametrize(
    ("space", "count"),
    [
        (Space({"x": (0.0, 1.0)}), 5),
        (Space({f"x{i}": (0.0, 1.0) for i in range(10)}), 12),
        (Space({f"x{i}": (0.0, 1.0) for i in range(50)}), 20),
        (Space({"x": (0.0, 1.0), "c": list("abcdefgh"), "d": list("abcdefgh")}), 5),
        (Space({"a": ["p", "q"], "b": ["p", "q"], "c": ["p", "q"]}), 2),
        (Space({f"x{i}": (0.0, 1.0) for i in range(10)}).restrict({"x0": 0.5, "x1": 0.5}), 10),
    ],
)
def test_the_start_grows_with_the_space(space, count):
    assert default_initial_points(space) == count


def test_botorchs_own_models_serve_as_surrogates():
    strategy = BayesianOptimization(model=SingleTaskGP, n_initial=2)
    assert run(strategy, continuous_space(), branin, 5).n == 5


@pytest.mark.parametrize("name", ["student-t", "scale-mixture"])
def test_a_scale_mixture_is_a_surrogate_like_any_other(name):
    """Batches, warm starts and constraints by its closed forms."""
    strategy = BayesianOptimization(model=name)
    best = run(strategy, continuous_space(), branin, 20, batch=2).Y.min()
    assert best - 0.397887 < 0.3

    def limited(X):
        return np.concatenate([branin(X), X[:, :1] + X[:, 1:2] - 0.9], axis=1)

    goals = ["min:y", "c<=0"]
    table = run(strategy, continuous_space(), limited, 14, goals=goals)
    assert (table.Y[6:, 1] <= 0.05).mean() > 0.5


def test_told_noise_is_met_by_noisy_expected_improvement():
    space, rng = continuous_space(), np.random.default_rng(0)
    X = rng.random((20, 2))
    Y = branin(X) + rng.normal(0.0, 30.0, (20, 1))
    loud = table_of(X, Y, Yvar=np.full_like(Y, 30.0**2))
    quiet = table_of(X, Y, Yvar=np.full_like(Y, 1e-4))
    for seen, name in ((loud, "log-nei"), (quiet, "log-ei")):
        auto = propose(BayesianOptimization(), space, seen, goals=Goals.of("min:y")).points
        named = propose(BayesianOptimization(acquisition=name), space, seen, goals=Goals.of("min:y")).points
        np.testing.assert_array_equal(auto, named)
