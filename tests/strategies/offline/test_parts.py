"""The parts of offline optimisation against closed forms, dense algebra and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from augury.errors import InvalidInputError
from augury.space.goals import Goals
from augury.space.space import Space
from augury.strategies.offline.ascent import NetworkAscent, ProcessAscent
from augury.strategies.offline.bridge import BrownianBridge
from augury.strategies.offline.conservative import ConservativeModels
from augury.strategies.offline.coordinates import DesignCoordinates
from augury.strategies.offline.network import ScoreNetworks, ascended
from augury.strategies.offline.pairs import synthesize_pairs
from augury.strategies.offline.posterior_means import PosteriorMeans
from augury.strategies.offline.synthetic import SyntheticFunctions
from augury.strategies.offline.table import OfflineTable
from augury.strategies.offline.translator import BridgeTranslator
from tests.strategies.cases import table_of


def _data(n=30, D=3):
    generator = torch.Generator().manual_seed(0)
    Z = torch.randn(n, D, generator=generator)
    return Z, torch.sin(Z.sum(dim=1))


def _letters(X):
    """A motif, of which each letter counts, and neighbours a little more."""
    right = np.array([2.0, 0.0, 3.0, 1.0, 2.0]) == X
    return right.sum(axis=1) + 0.3 * (right[:, 1:] & right[:, :-1]).sum(axis=1)


def _table(n=60, letters=False):
    rng = np.random.default_rng(0)
    if letters:
        space = Space({f"p{j}": ["A", "C", "G", "T"] for j in range(5)})
        X = rng.integers(0, 4, (n, 5)).astype(float)
        y = _letters(X)
    else:
        space = Space({"a": (0.0, 1.0), "b": (0.0, 1.0)})
        X = rng.random((n, 2))
        y = -np.square(X - 0.6).sum(axis=1)
    worst = np.argsort(y, kind="stable")[: n // 2]
    return OfflineTable.of(space, Goals.of("max:y"), table_of(X[worst], y[worst, None]))


def test_coordinates_are_logits_with_unit_variance_and_decode_exactly():
    space = Space({"p": ["A", "C", "G", "T"], "x": (0.0, 2.0), "q": ["u", "v"]})
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.integers(0, 4, 50), rng.random(50), rng.integers(0, 2, 50)]).astype(float)
    coordinates = DesignCoordinates.of(space, X)
    Z = coordinates.encode(X)
    assert Z.shape == (50, 1 + 3 + 1)
    assert Z.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-12)
    assert Z.std(axis=0) == pytest.approx(np.ones(5))
    assert coordinates.decode(Z) == pytest.approx(X)
    logit = Z * coordinates.scale + coordinates.mean
    assert logit[X[:, 0] == 2.0][0, 1:4] == pytest.approx([0.0, np.log(0.7 / 0.1), 0.0])
    assert logit[X[:, 0] == 0.0][0, 1:4] == pytest.approx(np.full(3, np.log(0.1 / 0.7)))


def test_held_columns_are_no_coordinates():
    space = Space({"a": (0.0, 1.0), "p": ["u", "v", "w"]}).restrict({"p": "w"})
    coordinates = DesignCoordinates.of(space, np.array([[0.2, 2.0], [0.4, 2.0]]))
    assert coordinates.dim == 1
    assert coordinates.decode(np.zeros((1, 1))) == pytest.approx(np.array([[0.3, 2.0]]))


def test_posterior_means_are_those_of_dense_algebra():
    Z, y = _data()
    lengths, scales = torch.tensor([0.8, 1.5]), torch.tensor([1.0, 2.0])
    means = PosteriorMeans.fit(Z, y, lengths, scales, noise=0.05)
    X = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(1))
    values, slopes = means.value_gradient(X)
    for s in range(2):
        at = X[s].double().requires_grad_(True)

        def kernel(a, b, s=s):
            return scales[s].double() * torch.exp(-0.5 * (a[:, None] - b).square().sum(-1) / lengths[s] ** 2)

        K = kernel(Z.double(), Z.double()) + 0.05 * torch.eye(30)
        dense = kernel(at, Z.double()) @ torch.linalg.solve(K, y.double())
        (gradient,) = torch.autograd.grad(dense.sum(), at)
        assert values[s].double() == pytest.approx(dense.detach().numpy(), abs=1e-4)
        assert slopes[s].double().numpy() == pytest.approx(gradient.numpy(), abs=1e-3)


def test_with_all_rows_as_centres_the_approximation_is_exact():
    Z, y = _data()
    one = torch.ones(1)
    exact, projected = (
        PosteriorMeans.fit(Z, y, one, one, noise=0.05, centres=centres) for centres in (None, Z)
    )
    X = torch.randn(1, 20, 3, generator=torch.Generator().manual_seed(2))
    assert projected.value_gradient(X)[0] == pytest.approx(exact.value_gradient(X)[0].numpy(), abs=2e-3)


def test_the_projected_mean_follows_its_formula():
    Z, y = _data(40)
    centres, noise = Z[:12], 0.05
    means = PosteriorMeans.fit(Z, y, torch.ones(1), torch.ones(1), noise=noise, centres=centres)
    X = torch.randn(1, 9, 3, generator=torch.Generator().manual_seed(2))

    def kernel(a, b):
        return torch.exp(-0.5 * torch.cdist(a.double(), b.double()).square())

    Kzx = kernel(centres, Z)
    alpha = torch.linalg.solve(noise * kernel(centres, centres) + Kzx @ Kzx.T, Kzx @ y.double())
    assert means.value_gradient(X)[0][0] == pytest.approx((kernel(X[0], centres) @ alpha).numpy(), abs=1e-3)


def test_pairs_go_up_and_down_from_their_start():
    Z, y = _data()
    means = PosteriorMeans.fit(Z, y, torch.ones(2), torch.ones(2))
    pairs = synthesize_pairs(means, Z[:10], steps=50, lr=0.02)
    start = means.value_gradient(Z[:10].expand(2, -1, -1))[0].flatten()
    assert len(pairs) == 20
    assert (pairs.y_high > start).all()
    assert (pairs.y_low < start).all()
    kept = synthesize_pairs(means, Z[:10], steps=50, lr=0.02, min_gap=float(pairs.y_high.max()) * 5.0)
    assert len(kept) == 0


@pytest.mark.parametrize(("t", "s"), [(999, 700), (700, 300), (300, 0)])
def test_a_reverse_step_given_the_truth_keeps_the_bridge(t, s):
    bridge = BrownianBridge()
    m_t, m_s, carry, sigma = bridge.reverse(t, s)
    v_t, v_s = float(bridge.variances[t]), float(bridge.variances[s])
    assert (m_t, m_s) == pytest.approx((float(bridge.shares[t]), float(bridge.shares[s])))
    assert carry**2 * v_t + sigma**2 == pytest.approx(v_s, rel=1e-4)
    # the covariance of a Brownian bridge at two times
    assert carry * v_t == pytest.approx(2.0 * m_s * (1.0 - m_t), rel=1e-4)


def test_the_bridge_has_a_known_path_between_its_ends():
    bridge = BrownianBridge(1000, 0.5)
    assert float(bridge.variances.max()) == pytest.approx(0.25, abs=1e-5)  # t / T (1 - t / T)
    assert float(BrownianBridge().variances.max()) == pytest.approx(0.5, abs=1e-5)
    assert (float(bridge.shares[0]), float(bridge.shares[-1])) == pytest.approx((0.001, 0.999))


@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_a_true_drift_leads_to_its_target(eta):
    x_T, target = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)), torch.tensor(3.0)
    generator = torch.Generator().manual_seed(1)
    found = BrownianBridge().sample(
        lambda x, share: x - target, x_T, n_steps=20, eta=eta, generator=generator
    )
    assert found == pytest.approx(torch.full((50, 4), 3.0).numpy(), abs=1e-4)


@pytest.mark.parametrize("swap", [False, True])
def test_guidance_mixes_what_is_given_with_what_is_not(swap):
    seen = []

    def network(inputs):
        seen.append(inputs)
        return inputs[:, -1:].expand(-1, 2) * 2.0 + 1.0  # 3 where values are given, 1 where not

    translator = BridgeTranslator(guidance_weight=-1.5, n_steps=1, swap_conditioning=swap)
    x_T, y_T = torch.zeros(3, 2), torch.tensor([0.1, 0.2, 0.3])
    found = translator.translate(network, x_T, y_T, 5.0, torch.Generator())
    assert found == pytest.approx(torch.full((3, 2), -((1.0 - 1.5) * 3.0 + 1.5 * 1.0)).numpy())
    values = torch.stack([y_T, torch.full((3,), 5.0)] if swap else [torch.full((3,), 5.0), y_T], dim=1)
    assert torch.equal(seen[0][:3, -3:-1], values)
    assert torch.equal(seen[0][3:, -3:], torch.zeros(3, 3))


@pytest.mark.parametrize("letters", [False, True])
def test_the_bridge_leads_beyond_the_table(letters):
    table = _table(300 if letters else 120, letters)
    small = BridgeTranslator(epochs=8, functions_per_epoch=3, hidden=(32, 32), n_steps=20, batch=16, lr=0.01)
    X = small.learn(table, seed=0)(0, 12)
    best = float(table.observations.Y.max())
    if letters:
        scores = _letters(X)
    else:
        scores = -np.square(X - 0.6).sum(axis=1)
    assert np.median(scores) > best


def test_a_small_table_is_learned_from_as_long_as_a_large_one():
    rng = np.random.default_rng(3)
    space = Space({"T": (40.0, 100.0), "solvent": ["DMF", "THF", "MeCN"], "conc": (0.0, 2.0)})
    X = np.column_stack([0.65 * rng.random(40), rng.integers(0, 3, 40), rng.random(40)])

    def truth(X):
        return 60.0 * X[:, 0] + np.where(X[:, 1] == 0, 5.0, 0.0) - 40.0 * np.square(X[:, 2] - 0.6)

    table = OfflineTable.of(space, Goals.of("max:y"), table_of(X, truth(X)[:, None]))
    found = BridgeTranslator(epochs=10, hidden=(64, 64)).learn(table, seed=0)(0, 8)
    assert np.median(truth(found)) > float(table.observations.Y.max())


@pytest.mark.parametrize("categories", [False, True])
def test_more_overestimation_is_allowed_where_there_are_categories(categories):
    table = _table(120, categories)
    networks = ScoreNetworks(hidden=(16,), epochs=8, lr=0.01, batch=32)
    published, given = (
        ConservativeModels(networks, steps=10, limit=limit, dual_lr=0.5).learn(table, seed=0)(0, 10)
        for limit in (None, 2.0 if categories else 0.5)
    )
    assert np.array_equal(published, given)


@pytest.mark.parametrize("method", [ProcessAscent(count=2, steps=60), NetworkAscent(steps=50, lr=0.02)])
def test_ascents_lead_beyond_the_table(method):
    table = _table(200)
    X = method.learn(table, seed=0)(0, 12)
    assert np.median(-np.square(X - 0.6).sum(axis=1)) > float(table.observations.Y.max())


def test_ascent_follows_the_gradient():
    X = torch.tensor([[1.0, -2.0]])
    assert ascended(lambda x: -0.5 * x.square().sum(dim=1), X, steps=3, lr=0.1) == pytest.approx(
        (X * 0.9**3).numpy()
    )


def test_conservative_models_promise_less_off_the_data():
    table, networks = _table(200), ScoreNetworks(hidden=(32,), epochs=20, lr=0.01, batch=32)
    methods = [
        ConservativeModels(networks, steps=20, lr=0.1, weight=weight, limit=0.0, dual_lr=dual_lr)
        for weight, dual_lr in ((0.0, 1e-9), (1.0, 0.05))
    ]
    plain, conservative = (
        np.abs(method.learn(table, seed=0)(0, 20) - table.observations.X[table.order[:20]]).mean()
        for method in methods
    )
    assert conservative < plain


def test_stages_are_searches_on_the_way_to_the_one_that_is_learned():
    table = _table(60)
    method = BridgeTranslator(epochs=3, hidden=(8,), n_steps=5)
    *before, last = (search(0, 4) for search in method.stages(table, seed=0))
    assert len(before) == 2
    assert np.array_equal(last, method.learn(table, seed=0)(0, 4))
    assert not np.array_equal(before[0], last)


def test_a_table_needs_scores_that_differ():
    space = Space({"a": (0.0, 1.0)})
    for X, Y in ((np.zeros((1, 1)), np.ones((1, 1))), (np.eye(2)[:, :1], np.ones((2, 1)))):
        with pytest.raises(InvalidInputError, match="two scores that differ"):
            OfflineTable.of(space, Goals.of("max:y"), table_of(X, Y))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: BrownianBridge(1),
        lambda: SyntheticFunctions(spread=2.0),
        lambda: SyntheticFunctions(noise=0.0),
        lambda: BridgeTranslator(epochs=0),
        lambda: BridgeTranslator(dropout=1.5),
        lambda: ProcessAscent(steps=0),
        lambda: NetworkAscent(aggregate="median"),
        lambda: ConservativeModels(ascents=0),
        lambda: ScoreNetworks(members=0),
    ],
)
def test_bad_options_are_refused(wrong):
    with pytest.raises(InvalidInputError):
        wrong()
