"""Multi-fidelity Bayesian optimisation: cheap versions are used where they tell, and left where not."""

import numpy as np
import pytest
import torch

from augury.acquisition.enumeration import is_among
from augury.acquisition.registry import FIDELITY_ACQUISITIONS, MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS
from augury.errors import InvalidInputError
from augury.models import FeasibilityModel
from augury.problems.multi_fidelity import forrester
from augury.space import Categorical, Float, Goals, Observations, Space
from augury.strategies import BayesianOptimization, MultiFidelityBayesianOptimization
from augury.strategies.multi_fidelity.decision import VersionDecision
from augury.strategies.multi_fidelity.front_versions import spared_per_cost
from augury.strategies.multi_fidelity.nested_design import NestedDesign
from augury.strategies.multi_fidelity.version_models import VersionModels
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
    return run(MultiFidelityBayesianOptimization(), space_of(), both, 30)


def test_it_begins_with_the_start_of_the_target_alone_and_cheap_results_on_the_same_points(good):
    first = good.X[:10]
    assert (first[:, 1] == np.repeat([0.0, 1.0], 5)).all()
    np.testing.assert_array_equal(first[:5, 0], first[5:, 0])
    alone = run(BayesianOptimization(), Space({"x": (0.0, 1.0)}), lambda X: X, 5)
    np.testing.assert_array_equal(first[5:, 0], alone.X[:, 0])


def test_a_related_cheap_version_is_learnt_and_leads_to_the_optimum(good):
    fine = good.X[:, 1] == 1.0
    assert (~fine).sum() >= 20
    assert good.Y[fine].min() == pytest.approx(-6.020740, abs=1e-2)


def plane(X):
    y = np.sin(3.0 * X[:, 0]) + X[:, 1]
    return np.where(X[:, 2] == 1.0, 3.0 * y + 1.0, y)[:, None]


def test_the_start_of_the_target_ends_early_where_the_relation_is_clear():
    found = run(MultiFidelityBayesianOptimization(), space_of(x=(0.0, 1.0), z=(0.0, 1.0)), plane, 10)
    assert (found.X[:, 2] == [0.0] * 5 + [1.0] * 4 + [0.0]).all()


def test_where_a_cheap_version_has_failed_the_start_of_the_target_goes_elsewhere():
    space = space_of(x=(0.0, 1.0), z=(0.0, 1.0))
    cheap = space.fidelity.at(NestedDesign(space, 0).left(np.empty((0, 3)))[:5], 0.0)

    def of_target(values, X=cheap, within=space, n=None):
        known = table_of(X[: len(values)], np.array(values)[:, None])
        return NestedDesign(within, 0, n, observations=known).left(X)

    nan = np.nan
    np.testing.assert_array_equal(of_target([0.0] * 5)[:, :2], cheap[:, :2])
    warned = of_target([nan, 0.0, 0.0, nan, 0.0])
    assert len(warned) == 5
    np.testing.assert_array_equal(warned[:3, :2], cheap[[1, 2, 4], :2])
    assert not is_among(warned[:, :2], cheap[[0, 3], :2]).any()
    # the cheap results that are not there yet are waited for
    np.testing.assert_array_equal(of_target([nan, 0.0, 0.0])[:4, :2], cheap[[1, 2, 3, 4], :2])
    # a version that fails everywhere does not keep the target from being evaluated
    grid = space_of(x=Categorical(["a", "b"]), z=Categorical(["a", "b"]))
    everywhere = NestedDesign(grid, 0, 4).left(np.empty((0, 3)))[:4]
    assert len(of_target([nan] * 4, everywhere, grid, 4)) == 4


def test_a_version_nearly_as_dear_as_the_target_is_not_tried():
    two = run(MultiFidelityBayesianOptimization(), space_of((1, 2)), both, 8)
    alone = run(
        BayesianOptimization(),
        Space({"x": (0.0, 1.0)}),
        lambda X: HIGH(torch.from_numpy(X)).numpy()[:, None],
        8,
    )
    assert (two.X[:, 1] == 1.0).all()
    np.testing.assert_allclose(two.X[:, 0], alone.X[:, 0], atol=1e-9)


def test_an_acquisition_over_versions_begins_with_all():
    first = run(MultiFidelityBayesianOptimization(acquisition="augmented-ei"), space_of((1, 2)), both, 10)
    assert (first.X[:, 1] == np.repeat([0.0, 1.0], 5)).all()


def proposed(space, known, seed=1, n=1, goals="min:y", pending=None, **options):
    pending = np.empty((0, space.dim)) if pending is None else pending
    strategy = MultiFidelityBayesianOptimization(**options)
    return strategy.propose(space, Goals.of(goals), known, pending, n, seed=seed)


def known_of(function, n_coarse, n_fine):
    x = (np.arange(n_coarse) + 0.5)[:, None] / n_coarse
    fine = x[np.linspace(0, n_coarse - 1, n_fine).astype(int)]
    X = np.concatenate([np.hstack([x, 0.0 * x]), np.hstack([fine, 0.0 * fine + 1.0])])
    return table_of(X, function(X))


def test_costs_in_another_unit_change_nothing():
    known = known_of(both, 20, 7)
    points = [proposed(space_of(cost), known).points for cost in ((1, 10), (0.5, 5.0))]
    np.testing.assert_array_equal(*points)


def unrelated(X):
    y = both(X)
    rows = X[:, 1] == 0.0
    y[rows, 0] = 10.0 * np.cos(37.0 * X[rows, 0] + 1.0)
    return y


def test_a_version_without_relation_is_noticed_and_left_alone():
    known, space = known_of(unrelated, 20, 8), space_of((1, 100))
    fitted = VersionModels.fit("auto", space, known, seed=0, warm={})
    assert fitted.informed == {0: False}
    related = VersionModels.fit("auto", space, known_of(both, 20, 8), seed=0, warm={})
    assert related.informed == {0: True}
    assert proposed(space, known).points[0, 1] == 1.0


def test_without_a_relation_the_target_is_decided_on_as_if_it_were_alone():
    known, space = known_of(unrelated, 20, 8), space_of((1, 100))
    fine = known.X[:, 1] == 1.0
    alone = BayesianOptimization(n_initial=5).propose(
        Space({"x": (0.0, 1.0)}),
        Goals.of("min:y"),
        table_of(known.X[fine, :1], known.Y[fine]),
        np.empty((0, 1)),
        1,
        seed=7,
    )
    proposal = proposed(space, known, seed=7)
    np.testing.assert_allclose(proposal.points, [[*alone.points[0], 1.0]], atol=1e-9)
    assert proposal.predictions[0].mean == alone.predictions[0].mean


def test_while_nothing_is_known_of_the_relation_results_are_paired():
    X = np.array([[x, level] for level in (0.0, 1.0) for x in (0.1, 0.3, 0.5, 0.7, 0.9)] + [[0.8, 1.0]])
    rng = np.random.default_rng(0)
    known = table_of(X, rng.normal(size=(11, 1)))
    fitted = VersionModels.fit("auto", space_of(), known, seed=0, warm={})
    assert fitted.is_open
    assert fitted.informed == {0: False}
    np.testing.assert_allclose(proposed(space_of((1, 10)), known).points, [[0.8, 0.0]])
    # six cheap evaluations would cost more than one of the target
    assert proposed(space_of((1, 5.5)), known).points[0, 1] == 1.0


def test_what_a_version_tells_is_a_share_of_the_target():
    known = known_of(both, 14, 7)
    fitted = VersionModels.fit("auto", space_of(), known, seed=0, warm={})
    fidelity = space_of().fidelity
    shares = fitted.share(fidelity, np.array([0.7, 0.0]), np.array([0.0, 1.0]))
    assert 0.0 <= shares[0] < shares[1] <= 1.0
    assert shares[1] == pytest.approx(1.0, abs=0.05)
    evaluated = fitted.share(fidelity, known.X[2], np.array([0.0, 1.0]))
    assert evaluated[0] < shares[0]


def test_without_a_fidelity_it_is_bayesian_optimization():
    space = Space({"x": (0.0, 1.0)})
    X = np.linspace(0.0, 1.0, 6)[:, None]
    known = table_of(X, HIGH(torch.from_numpy(X)).numpy()[:, None])
    nothing = np.empty((0, 1))
    expected = BayesianOptimization().propose(space, Goals.of("min:y"), known, nothing, 1, seed=3).points
    np.testing.assert_array_equal(proposed(space, known, seed=3).points, expected)


def two_objectives(X):
    cheap = 0.1 * (X[:, 2] == 0.0)
    Y = np.stack([X[:, 0] + cheap, (1.0 - X[:, 0]) ** 2 + X[:, 1] - cheap, X[:, 1]], axis=1)
    Y[X[:, 0] > 0.9] = np.nan  # the right of the space fails in every version
    return Y


def known_of_two():
    space = space_of((1, 20), x=(0.0, 1.0), z=(0.0, 1.0))
    X = np.random.default_rng(0).random((52, 3))
    X[:, 2] = np.repeat([0.0, 1.0], [42, 10])
    return space, table_of(space.snap(X), two_objectives(space.snap(X)))


def test_batches_of_several_objectives_with_limits_failures_and_pending_points():
    space, known = known_of_two()
    pending = np.array([[0.3, 0.1, 0.0], [0.6, 0.1, 1.0]])
    proposal = proposed(space, known, n=3, goals=["min:a", "min:b", "z<=0.8"], pending=pending)
    points = proposal.points
    assert points.shape == (3, 3)
    np.testing.assert_array_equal(points, space.snap(points))
    assert (points[:, 0] < 0.95).all()  # away from where evaluations fail
    assert len(np.unique(np.round(points[:, :2], 3), axis=0)) == 3
    distances = np.abs(points[:, None, :2] - pending[None, :, :2]).max(axis=-1)
    assert distances.min() > 1e-3
    assert set(proposal.predictions[0].mean) == {"a", "b", "z"}


def test_a_version_that_only_fails_is_passed_over():
    space, known = known_of_two()
    Y = known.Y[:, :2].copy()
    Y[known.X[:, 2] == 0.0] = np.nan
    points = proposed(space, table_of(known.X, Y), goals=["min:a", "min:b"], n=2).points
    assert (points[:, 2] == 1.0).all()


def test_a_limit_without_results_of_the_target_waits_for_them():
    space, known = known_of_two()
    Y = known.Y.copy()
    Y[known.X[:, 2] == 1.0, 2] = np.nan  # the limited outcome is known of the coarse mesh alone
    proposal = proposed(space, table_of(known.X, Y), goals=["min:a", "min:b", "z<=0.8"])
    assert proposal.points[0, 2] == 1.0
    assert proposal.predictions[0].reason == "initial design"


def test_a_held_version_is_the_one_proposed():
    space, known = known_of_two()
    held = space.restrict({"mesh": "coarse"})
    one = table_of(known.X, known.Y[:, :1])
    for observations in (one, Observations.empty(3, 1)):
        assert (proposed(held, observations, n=2).points[:, 2] == 0.0).all()


@pytest.mark.parametrize(
    "version",
    [
        Categorical(["old", "new", "truth"], role="task", cost=[1, 1, 5]),
        Categorical(["truth", "other"], role="task", target="truth"),
        Float(0.0, 1.0, role="fidelity", cost=[1, 30]),
    ],
    ids=["tasks", "truth-first", "continuous"],
)
def test_tasks_and_continuous_fidelities_are_decided_on(version):
    space = Space({"x": (0.0, 1.0), "v": version})
    fidelity = space.fidelity
    levels = fidelity.levels if fidelity.discrete else [0.0, 0.5, 1.0]
    X = np.array([[x, level] for x in np.linspace(0.0, 1.0, 30) for level in levels])
    Y = (X[:, :1] - 0.3 - 0.05 * np.abs(X[:, 1:] - fidelity.target)) ** 2
    proposal = proposed(space, table_of(X, Y))
    np.testing.assert_allclose(proposal.points, space.snap(proposal.points), atol=1e-9)
    assert abs(proposal.points[0, 0] - 0.3) < 0.1
    nearby = proposal.predictions[0].mean["y"]
    assert abs(nearby) < 0.05


def test_a_finite_space_is_evaluated_once_in_each_version_at_most():
    space = Space(
        {
            "x": Categorical(["a", "b", "c", "d"]),
            "mesh": Categorical(["coarse", "fine"], role="fidelity", cost=[1, 5]),
        }
    )
    X = run(MultiFidelityBayesianOptimization(), space, lambda X: np.cos(X[:, :1]) + 0.1 * X[:, 1:], 6).X
    assert len(np.unique(X, axis=0)) == len(X)


def slow_ones(names):
    return [pytest.param(name, marks=pytest.mark.slow) if "one-shot" in name else name for name in names]


@pytest.mark.parametrize("name", slow_ones(FIDELITY_ACQUISITIONS.names()))
def test_an_acquisition_over_points_and_versions_may_be_named(name):
    space = space_of((1, 10))
    pending = np.array([[0.75, 1.0]])
    known = known_of(both, 20, 7)
    points = proposed(space, known, n=2, acquisition=name, pending=pending).points
    np.testing.assert_array_equal(points, space.snap(points))
    assert len(np.unique(points, axis=0)) == 2
    informed = {"mf-mes", "mf-ucb", "boca", "one-shot-mf-kg"}  # these go where they learn
    assert np.abs(points[:, 0] - 0.757).min() < 0.1 or name in informed


@pytest.mark.parametrize("name", MULTI_OBJECTIVE_FIDELITY_ACQUISITIONS.names())
def test_for_several_objectives_too(name):
    space = space_of((1, 20), x=(0.0, 1.0), z=(0.0, 1.0))
    X = space.snap(np.random.default_rng(0).random((20, 3)))
    X[:, 2] = np.repeat([0.0, 1.0], [14, 6])
    cheap = 0.1 * (X[:, 2] == 0.0)
    Y = np.stack([X[:, 0] + cheap, (1.0 - X[:, 0]) ** 2 + X[:, 1] - cheap], axis=1)
    n = 2 if name == "momf" else 1  # the other takes seconds for each
    points = proposed(space, table_of(X, Y), goals=["min:a", "min:b"], acquisition=name, n=n).points
    np.testing.assert_array_equal(points, space.snap(points))
    assert len(np.unique(np.round(points, 2), axis=0)) == n


def test_such_an_acquisition_is_for_one_objective():
    space, known = known_of_two()
    with pytest.raises(InvalidInputError, match="'mf-mes' is for one objective"):
        proposed(space, known, goals=["min:a", "min:b", "z<=0.8"], acquisition="mf-mes")
    with pytest.raises(InvalidInputError, match="'momf' is for several objectives"):
        proposed(space_of(), known_of(both, 20, 4), acquisition="momf")


def test_with_several_objectives_a_cheap_version_is_evaluated_where_it_may_spare_the_target():
    space, known = known_of_two()
    known = table_of(known.X, known.Y[:, :2])
    goals = Goals.of(["min:a", "min:b"])
    decision = VersionDecision.fit("auto", "auto", space, goals, known, seed=0, warm={})
    fidelity, nothing = space.fidelity, np.empty((0, 3))
    conditional = decision.target.beside(nothing, replicates=False)
    x = decision.target.choose(1, nothing, replicates=False)

    def version(*, cost=(1, 20), known=nothing, share=None):
        models = decision.versions if share is None else _Told(share)
        own = space_of(cost, x=(0.0, 1.0), z=(0.0, 1.0)).fidelity
        return spared_per_cost(models, decision.target, own, own.levels, x, conditional, known)[0]

    assert version(share=0.9, cost=(1, 1e4)) == 0.0
    assert version(share=0.9, cost=(1, 1e4), known=fidelity.at(x, 0.0)) == 1.0  # it is known already
    assert version(share=0.9, cost=(1, 1.5)) == 1.0  # it costs as much as it spares
    success, cheap = decision.target.success, torch.from_numpy(fidelity.at(x, 0.0))
    surer = success.log_probability_given_success(torch.from_numpy(x[0]), cheap).exp()
    before = success.log_probability(torch.from_numpy(x)).exp()
    spared = float(success.log_probability(cheap).exp() * (surer / before - 1.0))
    assert spared > 0.0
    # it tells nothing but whether evaluations fail there
    assert version(share=0.0, cost=(1, 1.99 / spared)) == 1.0
    assert version(share=0.0, cost=(1, 2.01 / spared)) == 0.0


def test_versions_that_fail_in_the_same_places_are_seen_to():
    """A cheap success next to an edge makes the target's nearly sure, where it is known to tell."""
    rng = np.random.default_rng(0)
    designs = rng.random((30, 2))
    X = np.concatenate([np.insert(designs, 2, level, axis=1) for level in (0.0, 1.0)])
    alike = X[:, 0] < 0.6
    apart = np.where(X[:, 2] == 0.0, X[:, 0] < 0.6, X[:, 1] > 0.3)
    for succeeded, least, most in ((alike, 0.8, 1.0), (apart, 0.0, 0.6)):
        model = FeasibilityModel(torch.from_numpy(X), torch.from_numpy(succeeded), [2]).fit()
        line = torch.stack(torch.meshgrid(*[torch.linspace(0.0, 1.0, 41).double()] * 2, indexing="ij"), -1)
        target = torch.nn.functional.pad(line.reshape(-1, 2), (0, 1), value=1.0)
        before = model.log_probability(target).exp()
        x = target[(before - 0.5).abs().argmin()]
        cheap = x * torch.tensor([1.0, 1.0, 0.0])
        after = model.log_probability_given_success(x, cheap[None]).exp()
        assert least < float(after) < most


class _Told:
    """Models whose cheap version tells a given share of every objective."""

    def __init__(self, share):
        self.share, self.informed = share, {0: True, 1: True}

    def shares(self, fidelity, x, levels, columns):
        return np.full((len(columns), len(levels)), self.share)
