"""Pareto set learning: its direction against a plain loop, the set against closed forms, the batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError, NotSupportedError
from augury.models import GaussianProcess
from augury.space.goal import Constraint, Maximize, Minimize
from augury.space.goals import Goals
from augury.space.observations import Observations
from augury.space.pareto import hypervolume
from augury.space.sampling import sobol
from augury.space.space import Space
from augury.strategies import ParetoSetLearning, State, build_strategy
from augury.strategies.pareto_set_learning.bounds import LowerBounds
from augury.strategies.pareto_set_learning.coupling import COUPLINGS
from augury.strategies.pareto_set_learning.network import PreferenceNetwork
from augury.strategies.pareto_set_learning.scalarization import SCALARIZATIONS
from augury.strategies.pareto_set_learning.selection import hypervolume_gains, select
from augury.strategies.pareto_set_learning.trade_off import ParetoSet, parse_weights
from augury.strategies.pareto_set_learning.training import Training, sample_preferences

_GOALS = Goals.of(["min:a", "min:b"])
_CUBE = torch.tensor([[0.0] * 3, [1.0] * 3], dtype=torch.float64)
_CENTRES = np.array([[0.2, 0.5, 0.6], [0.8, 0.5, 0.3]])


def _small(**options):
    return ParetoSetLearning(
        **{"hidden": (16, 16), "steps": 60, "n_candidates": 100, "n_initial": 5} | options
    )


def _two_bowls(n, d=3, **options):
    """n evaluations of the squared distances from two centres."""
    space = Space({f"x{j}": (0.0, 1.0) for j in range(d)})
    X = sobol(space, n, seed=0)
    Y = np.square(X[:, None] - _CENTRES[:, :d]).sum(axis=-1)
    return space, Observations(
        X=X,
        Y=Y,
        Yvar=np.full(Y.shape, np.nan),
        cost=np.full(n, np.nan),
        status=np.full(n, "complete"),
        **options,
    )


class _Bowls:
    """The same as bounds, exactly: what training is given instead of surrogates."""

    def __call__(self, X, *, gradient=False):
        self._X = X
        return np.square(X[:, None] - _CENTRES).sum(axis=-1)

    def pullback(self, slopes):
        return (slopes[:, :, None] * 2.0 * (self._X[:, None] - _CENTRES)).sum(axis=1)


# -- the direction of a step ---------------------------------------------------------------------------


def _kernel(L, active, bandwidth, *, local):
    """The kernel matrix entry by entry, with bandwidths that carry no gradient."""
    n = len(L)
    detached = L.detach().numpy()
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            if local:
                squares = np.square(detached[:, None, active[j]] - detached[None, :, active[j]])
                distance = (L[i, active[j]] - L[j, active[j]]) ** 2
            else:
                squares = np.square(detached[:, None] - detached[None]).sum(axis=-1)
                distance = (L[i] - L[j]).square().sum()
            h = bandwidth * np.median(squares) ** 2 / np.log(n)
            row.append(torch.exp(-distance / h))
        rows.append(torch.stack(row))
    return torch.stack(rows)


@pytest.mark.parametrize("coupling", ["local", "global", "none"])
@pytest.mark.parametrize("k", [2, 3])
def test_a_step_is_the_sum_over_particles_one_by_one(coupling, k):
    n, alpha, rng = 5, 0.3, np.random.default_rng(k)
    network = PreferenceNetwork(k, _CUBE, (7, 6), seed=1)
    preferences = torch.from_numpy(sample_preferences(rng, n, k))
    centres = torch.from_numpy(rng.random((k, 3)))
    parameters = list(network.parameters())

    L = (network(preferences)[:, None] - centres).square().sum(dim=-1)
    values = preferences * (L + 0.1)
    active = values.argmax(dim=1).numpy()
    tch = values.max(dim=1).values
    G = [torch.autograd.grad(one, parameters, retain_graph=True) for one in tch]
    if coupling == "none":
        K, R = torch.eye(n, dtype=torch.float64), [torch.zeros_like(p) for p in parameters]
    else:
        K = _kernel(L, active, 1.5, local=coupling == "local")
        R = torch.autograd.grad(K.sum(), parameters)
    expected = []
    for index in range(len(parameters)):
        stacked = torch.stack([g[index] for g in G])
        unit = stacked / stacked.norm(dim=0).clamp_min(1e-12)
        step = sum(K[i, j].detach() * unit[j] for i in range(n) for j in range(n))
        expected.append((step + alpha * R[index]) / n)

    class Bounds:
        def __call__(self, X, *, gradient=False):
            self.X = torch.from_numpy(X.copy()).requires_grad_(True)
            self.L = (self.X[:, None] - centres).square().sum(dim=-1)
            return self.L.detach().numpy()

        def pullback(self, slopes):
            weighted = (self.L * torch.from_numpy(slopes)).sum()
            return torch.autograd.grad(weighted, self.X, retain_graph=True)[0].numpy()

    training = Training(coupling=coupling, repulsion=alpha, bandwidth=1.5, n_preferences=n)
    training._step(network, Bounds(), np.full(k, -0.1), preferences.numpy())
    for parameter, step in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, step, rtol=1e-6, atol=1e-9)


def test_equal_particles_have_the_least_bandwidth_and_no_push():
    L, active = np.full((4, 2), 0.3), np.zeros(4, dtype=int)
    for kernel in (COUPLINGS["local"], COUPLINGS["global"]):
        weights, pushes = kernel(L, active, 1.0)
        np.testing.assert_allclose(weights, 4.0)
        assert not pushes.any()


def test_a_kernel_drives_particles_apart_and_none_does_not_matter_at_zero():
    L = np.array([[0.0, 1.0], [0.1, 0.9], [1.0, 0.0]])
    _, pushes = COUPLINGS["global"](L, np.zeros(3, dtype=int), 1.0)
    assert pushes[0, 0] > 0.0 > pushes[1, 0]  # descent on the kernel moves them apart

    def trained(**options):
        network = PreferenceNetwork(2, _CUBE, (8,), seed=0)
        Training(steps=5, check_every=100, **options).run(network, _Bowls(), np.full(2, -0.1), seed=0)
        return torch.cat([p.reshape(-1) for p in network.parameters()])

    assert torch.equal(trained(coupling="none", repulsion=0.0), trained(coupling="none", repulsion=9.0))
    assert not torch.equal(trained(coupling="none"), trained(coupling="local"))


@pytest.mark.parametrize("name", SCALARIZATIONS)
def test_slopes_of_scalarisations_are_differences(name):
    rng = np.random.default_rng(0)
    preferences, L, ideal = 0.2 + rng.random((6, 3)), rng.random((6, 3)), np.full(3, -0.1)
    _, slopes, active = SCALARIZATIONS[name](preferences, L, ideal)
    assert np.isin(active, range(3)).all()
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-6
        up, down = (SCALARIZATIONS[name](preferences, L + sign * step, ideal)[0] for sign in (1, -1))
        np.testing.assert_allclose((up - down) / 2e-6, slopes[:, j], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("variance", [False, True])
def test_gradients_of_bounds_are_differences(variance):
    _, observed = _two_bowls(8)
    X, Y = torch.tensor(observed.X), torch.tensor(observed.Y)
    models = [GaussianProcess(X, Y[:, j : j + 1]) for j in range(2)]
    bounds = LowerBounds(
        models, np.array([1.0, -1.0]), np.ones(2), np.array([0.5, 2.0]), coefficient=0.7, variance=variance
    )
    points = np.random.default_rng(1).random((4, 3))
    weights = np.random.default_rng(2).random((4, 2))
    bounds(points, gradient=True)
    gradient = bounds.pullback(weights)
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-6
        up, down = ((weights * bounds(points + sign * step)).sum(axis=1) for sign in (1, -1))
        np.testing.assert_allclose((up - down) / 2e-6, gradient[:, j], rtol=1e-5, atol=1e-7)


# -- the set that is learned ---------------------------------------------------------------------------


@pytest.mark.parametrize("coupling", ["local", "none"])
def test_two_bowls_have_their_segment_for_a_set(coupling):
    network = PreferenceNetwork(2, _CUBE, (32, 32), seed=0)
    training = Training(coupling=coupling, steps=600, learning_rate=3e-3)
    training.run(network, _Bowls(), np.zeros(2), seed=0)
    share = np.linspace(0.1, 0.9, 17)
    preferences = np.stack([share, 1.0 - share], axis=1)
    with torch.no_grad():
        found = network(torch.from_numpy(preferences)).numpy()
    # on the segment at distances d_1, d_2 with lambda_1 d_1^2 = lambda_2 d_2^2
    along = np.sqrt(1.0 - share) / (np.sqrt(share) + np.sqrt(1.0 - share))
    exact = _CENTRES[0] + along[:, None] * (_CENTRES[1] - _CENTRES[0])
    assert np.sqrt(np.square(found - exact).mean()) < 0.02


def test_wrong_options_are_refused():
    for options in (
        {"coupling": "strong"},
        {"scalarization": "sum"},
        {"n_preferences": 1},
        {"steps": 0},
        {"repulsion": -1.0},
        {"bandwidth": 0.0},
        {"normalization": "design"},
        {"lcb_scale": "both"},
        {"n_candidates": 0},
        {"ideal": "guessed"},
        {"n_initial": 0},
        {"model": "no-such"},
    ):
        with pytest.raises(InvalidInputError):
            ParetoSetLearning(**options)


# -- the batch -----------------------------------------------------------------------------------------


def test_gains_are_differences_of_hypervolumes():
    rng = np.random.default_rng(0)
    front, values, reference = rng.random((6, 3)), rng.random((20, 3)) * 1.2, np.full(3, 0.1)
    before = hypervolume(front, reference)
    exact = [hypervolume(np.concatenate([front, one[None]]), reference) - before for one in values]
    np.testing.assert_allclose(hypervolume_gains(values, front, reference), exact, atol=1e-12)


def test_choice_is_greedy_and_goes_on_where_nothing_is_gained():
    front, reference = np.array([[1.0, 1.0]]), np.zeros(2)
    values = np.array([[0.9, 0.9], [2.0, 0.5], [0.5, 2.0], [1.9, 0.5], [0.1, 0.1]])
    allowed = np.array([True, True, True, True, True])
    assert set(select(values, front, reference, 2, allowed=allowed)) == {1, 2}
    assert sorted(select(values, front, reference, 9, allowed=allowed)) == [0, 1, 2, 3, 4]
    assert 1 not in select(values, front, reference, 4, allowed=allowed & (np.arange(5) != 1))


def _proposal(strategy, goals=_GOALS, n=3, seed=1, state=None, pending=None, observed=None, space=None):
    if observed is None:
        space, observed = _two_bowls(10)
    pending = np.empty((0, space.dim)) if pending is None else pending
    return strategy.propose(space, goals, observed, pending, n, seed=seed, state=state)


def test_a_batch_adds_hypervolume():
    points = _proposal(_small(steps=300)).points
    _, observed = _two_bowls(10)
    reference = -observed.Y.max(axis=0)
    gained = np.square(points[:, None] - _CENTRES).sum(axis=-1)
    together = np.concatenate([observed.Y, gained])
    assert hypervolume(-together, reference) > 1.02 * hypervolume(-observed.Y, reference)


def test_it_is_deterministic_and_remembers():
    first, second = _proposal(_small()), _proposal(_small())
    np.testing.assert_array_equal(first.points, second.points)
    stored = State.from_bytes(first.state.to_bytes())
    assert any(name.startswith("network:") for name in stored.tensors)
    warm = _proposal(_small(), seed=2, state=stored).points
    again = _proposal(_small(), seed=2, state=first.state).points
    np.testing.assert_array_equal(warm, again)
    assert not np.array_equal(warm, _proposal(_small(), seed=2).points)
    other = _proposal(_small(hidden=(4,)), seed=2, state=stored)
    assert other.points.shape == (3, 3)


def test_pending_points_are_not_chosen_again():
    strategy = _small()
    first = _proposal(strategy).points
    second = _proposal(strategy, pending=first).points
    assert len(np.unique(np.concatenate([first, second]), axis=0)) == 6


def test_maximised_objectives_are_the_negatives_of_minimised_ones():
    space, observed = _two_bowls(10)
    mirrored = Observations(observed.X, -observed.Y, observed.Yvar, observed.cost, observed.status)
    up = _proposal(_small(), Goals.of(["max:a", "max:b"]), observed=mirrored, space=space).points
    np.testing.assert_allclose(up, _proposal(_small()).points, atol=1e-6)


def test_constraints_are_kept():
    space, observed = _two_bowls(16)
    Y = np.concatenate([observed.Y, observed.X[:, :1]], axis=1)  # the third outcome is the first coordinate
    limited = Observations(observed.X, Y, np.full(Y.shape, np.nan), observed.cost, observed.status)
    goals = Goals([Minimize("a"), Minimize("b"), Constraint("c", upper=0.5)])
    points = _proposal(_small(steps=300), goals, observed=limited, space=space, n=4).points
    assert (points[:, 0] < 0.6).all()
    nothing = Goals([Minimize("a"), Minimize("b"), Constraint("c", upper=-1.0)])
    assert _proposal(_small(), nothing, observed=limited, space=space, n=2).points.shape == (2, 3)


@pytest.mark.parametrize(
    "space",
    [
        Space({"x": (0.0, 1.0), "c": ["u", "v"]}),
        Space({"x": (0.0, 1.0), "y": (0.0, 1.0)}, constraints=["x + y <= 1"]),
    ],
    ids=["categories", "constraints"],
)
def test_a_space_that_is_no_box_is_refused(space):
    observed = Observations.empty(space.dim, 2)
    with pytest.raises(NotSupportedError, match="box"):
        _proposal(_small(), observed=observed, space=space)


def test_the_name_builds_it():
    assert isinstance(build_strategy("pareto-set-learning", model="gp"), ParetoSetLearning)


# -- the answer to preferences -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learned():
    space, observed = _two_bowls(24)
    return ParetoSet.fit("auto", space, _GOALS, observed, training=Training(steps=300, hidden=(32, 32)))


def test_a_heavier_weight_makes_its_objective_better(learned):
    means = []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        _, prediction = learned.at(np.array([share, 1.0 - share]))
        assert set(prediction.mean) == set(prediction.std) == {"a", "b"}
        means.append([prediction.mean["a"], prediction.mean["b"]])
    change = np.diff(means, axis=0)
    assert (change[:, 0] <= 0.0).all()
    assert (change[:, 1] >= 0.0).all()


def test_the_extremes_are_the_centres_and_equal_weights_the_middle(learned):
    for weights, exact in (([1, 0], _CENTRES[0]), ([0, 3], _CENTRES[1]), ([2, 2], _CENTRES.mean(axis=0))):
        x, prediction = learned.at(np.array(weights, dtype=float))
        np.testing.assert_allclose(x, exact, atol=0.1)
        truth = np.square(x - _CENTRES).sum(axis=-1)
        np.testing.assert_allclose([prediction.mean["a"], prediction.mean["b"]], truth, atol=0.02)


def test_a_space_with_categories_has_trade_offs_too():
    space = Space({"x": (0.0, 1.0), "c": ["u", "v"]})
    X = sobol(space, 16, seed=0)
    offset = np.where(X[:, 1] == 0.0, 0.0, 0.3)
    Y = np.stack([np.square(X[:, 0] - 0.2) + offset, np.square(X[:, 0] - 0.8) + offset], axis=1)
    observed = Observations(X, Y, np.full(Y.shape, np.nan), np.full(16, np.nan), np.full(16, "complete"))
    found = ParetoSet.fit("auto", space, _GOALS, observed)
    x, _ = found.at(np.array([0.5, 0.5]))
    assert space.decode(x[None])[0]["c"] == "u"
    assert x[0] == pytest.approx(0.5, abs=0.12)


def test_without_results_there_is_no_set_and_one_objective_has_none():
    space, observed = _two_bowls(6)
    assert ParetoSet.fit("auto", space, _GOALS, Observations.empty(3, 2)) is None
    with pytest.raises(NotSupportedError, match="one objective"):
        ParetoSet.fit("auto", space, Goals.of([Maximize("a"), Constraint("b", upper=1.0)]), observed)


def test_weights_are_checked():
    np.testing.assert_array_equal(parse_weights(_GOALS, {"b": 1, "a": 3}), [3.0, 1.0])
    np.testing.assert_array_equal(parse_weights(_GOALS, [0, 1]), [0.0, 1.0])
    for wrong in (
        {"a": 1},
        {"a": 1, "b": 1, "c": 0},
        [1],
        [1, 2, 3],
        [-1, 2],
        [0, 0],
        [np.nan, 1],
        "ab",
        1.0,
    ):
        with pytest.raises(InvalidInputError, match="weights"):
            parse_weights(_GOALS, wrong)
