"""Multi-fidelity Bayesian optimisation: cheap versions are used where they tell, and left where not."""

import numpy as np
import pytest
import torch

from augury.problems.multi_fidelity import forrester
from augury.space import Categorical, Float, Goals, Observations, Space
from augury.strategies import BayesianOptimization, MultiFidelityBayesianOptimization
from tests.strategies.cases import run, table_of

LOW, HIGH = forrester()


def space_of(cost=(1, 10), **inputs):
    return Space(
        (inputs or {"x": (0.0, 1.0)})
        | {"mesh": Categorical(["coarse", "fine"], role="fidelity", cost=list(cost))}
    )


def both(X):
    x = torch.from_numpy(X[:, :1])
    return np.where(X[:, 1] == 1.0, HIGH(x).numpy(), LOW(x).numpy())[:, None]


@pytest.fixture(scope="module")
def good():
    return run(MultiFidelityBayesianOptimization(), space_of(), both, 27)


def test_it_begins_with_nested_designs_the_cheap_version_first(good):
    coarse, fine = (good.X[:23][good.X[:23, 1] == level, 0] for level in (0.0, 1.0))
    assert (len(coarse), len(fine)) == (20, 3)
    assert set(fine) <= set(coarse)
    assert (good.X[:20, 1] == 0.0).all()


def test_a_related_cheap_version_leads_to_the_optimum_at_once(good):
    fine = good.X[:, 1] == 1.0
    assert good.Y[fine].min() == pytest.approx(-6.020740, abs=1e-3)
    assert fine.sum() < 8


def test_costs_in_another_unit_change_nothing(good):
    other = run(MultiFidelityBayesianOptimization(), space_of((0.5, 5.0)), both, 27)
    np.testing.assert_array_equal(other.X, good.X)


def test_a_version_without_relation_is_left_alone():
    def unrelated(X):
        y = both(X)
        rows = X[:, 1] == 0.0
        y[rows, 0] = 10.0 * np.cos(37.0 * X[rows, 0] + 1.0)
        return y

    X = run(MultiFidelityBayesianOptimization(), space_of((1, 2)), unrelated, 18).X
    begun = 4 + 3  # what two evaluations of the truth cost, and the truth on three of these points
    assert (X[:begun, 1] == 0.0).sum() == 4
    assert (X[begun:, 1] == 0.0).sum() <= 2


def test_without_a_fidelity_it_is_bayesian_optimization():
    space = Space({"x": (0.0, 1.0)})
    X = np.linspace(0.0, 1.0, 6)[:, None]
    known = table_of(X, HIGH(torch.from_numpy(X)).numpy()[:, None])
    nothing = np.empty((0, 1))
    points = [
        strategy.propose(space, Goals.of("min:y"), known, nothing, 1, seed=3).points
        for strategy in (MultiFidelityBayesianOptimization(), BayesianOptimization())
    ]
    np.testing.assert_array_equal(*points)


def two_objectives(X):
    cheap = 0.1 * (X[:, 2] == 0.0)
    Y = np.stack([X[:, 0] + cheap, (1.0 - X[:, 0]) ** 2 + X[:, 1] - cheap, X[:, 1]], axis=1)
    Y[X[:, 0] > 0.9] = np.nan  # the right of the space fails in every version
    return Y


def known_of_two():
    space = space_of((1, 20), x=(0.0, 1.0), z=(0.0, 1.0))
    X = np.random.default_rng(0).random((24, 3))
    X[:, 2] = np.repeat([0.0, 1.0], [16, 8])
    return space, table_of(space.snap(X), two_objectives(space.snap(X)))


def test_batches_of_several_objectives_with_limits_failures_and_pending_points():
    space, known = known_of_two()
    goals = Goals.of(["min:a", "min:b", "z<=0.8"])
    pending = np.array([[0.3, 0.1, 0.0], [0.6, 0.1, 1.0]])
    proposal = MultiFidelityBayesianOptimization().propose(space, goals, known, pending, 4, seed=1)
    points = proposal.points
    assert points.shape == (4, 3)
    np.testing.assert_array_equal(points, space.snap(points))
    assert (points[:, 0] < 0.95).all()  # away from where evaluations fail
    assert len(np.unique(np.round(points[:, :2], 3), axis=0)) == 4
    distances = np.abs(points[:, None, :2] - pending[None, :, :2]).max(axis=-1)
    assert distances.min() > 1e-3
    assert set(proposal.predictions[0].mean) == {"a", "b", "z"}


def test_a_held_version_is_the_one_proposed():
    space, known = known_of_two()
    held = space.restrict({"mesh": "coarse"})
    goals, nothing = Goals.of(["min:a", "min:b"]), np.empty((0, 3))
    for observations in (known, Observations.empty(3, 2)):
        if observations.n:
            observations = table_of(known.X, known.Y[:, :2])
        points = (
            MultiFidelityBayesianOptimization().propose(held, goals, observations, nothing, 2, seed=1).points
        )
        assert (points[:, 2] == 0.0).all()


@pytest.mark.parametrize(
    "version",
    [
        Categorical(["old", "new", "truth"], role="task", cost=[1, 1, 5]),
        Categorical(["truth", "other"], role="task", target="truth"),
        Float(0.0, 1.0, role="fidelity", cost=[1, 30]),
    ],
    ids=["tasks", "truth-first", "continuous"],
)
def test_tasks_and_continuous_fidelities_reach_the_optimum_of_the_target(version):
    space = Space({"x": (0.0, 1.0), "v": version})
    fidelity = space.fidelity

    def function(X):
        off = np.abs(X[:, 1] - fidelity.target)
        return ((X[:, 0] - 0.3 - 0.1 * off) ** 2)[:, None]

    found = run(MultiFidelityBayesianOptimization(), space, function, 30)
    at_target = fidelity.at_target(found.X)
    assert found.Y[at_target].min() < 1e-3
    assert at_target.any()
    assert not at_target.all()


def test_a_finite_space_is_evaluated_once_in_each_version_at_most():
    space = Space(
        {
            "x": Categorical(["a", "b", "c", "d"]),
            "mesh": Categorical(["coarse", "fine"], role="fidelity", cost=[1, 5]),
        }
    )
    X = run(MultiFidelityBayesianOptimization(), space, lambda X: np.cos(X[:, :1]) + 0.1 * X[:, 1:], 6).X
    assert len(np.unique(X, axis=0)) == len(X)
