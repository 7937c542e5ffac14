from itertools import pairwise

import numpy as np
import pytest
import torch
from botorch.sampling.get_sampler import get_sampler

from augury.errors import InvalidInputError, NotSupportedError
from augury.hardware import Design, Layer, LayerSurrogate, analytic_costs, layer_table, smape
from augury.models.posteriors.marginals import log_density_and_cdf


def _designs(count, seed):
    generator = np.random.default_rng(seed)
    designs = []
    for _ in range(count):
        widths = generator.integers(2, 33, size=generator.integers(2, 5))
        bits = int(generator.integers(2, 9))
        layers = [
            Layer("QDense", (int(n_in),), (int(n_out),), prec=bits, rf=int(generator.choice([1, 2, 4])))
            for n_in, n_out in pairwise(widths)
        ]
        designs.append(Design(tuple(layers)))
    return layer_table(designs, max_layers=3)


TRAIN, TEST = _designs(300, 0), _designs(120, 1)
Y, TRUE = (analytic_costs(table, seed=seed)[:, [0, 1]] for seed, table in enumerate((TRAIN, TEST)))


@pytest.fixture(scope="module", params=["transformer", "graph"])
def surrogate(request):
    steps = []
    model = LayerSurrogate(
        TRAIN.flatten(1), Y, network=request.param, num_members=2, num_steps=150, batch_size=64, lr=4e-3
    ).fit(progress=lambda done, total, what: steps.append((done, total)))
    assert steps[-1] == (150, 150)
    return model


@pytest.fixture(scope="module")
def posterior(surrogate):
    return surrogate.posterior(TEST.flatten(1))


def test_designs_not_seen_are_predicted_far_better_than_by_the_typical_cost(posterior):
    median = posterior.quantile(torch.tensor(0.5)).numpy()
    typical = np.broadcast_to(np.median(Y.numpy(), axis=0), TRUE.shape)
    assert (smape(TRUE.numpy(), median) < 0.5 * smape(TRUE.numpy(), typical)).all()


def test_intervals_cover_about_what_they_say(posterior):
    low, high = posterior.quantile(torch.tensor([0.05, 0.95]))
    covered = ((low <= TRUE) & (high >= TRUE)).double().mean(dim=0)
    assert (covered >= 0.75).all()
    assert (low < high).all()


def test_moments_are_those_of_samples(posterior):
    draws = get_sampler(posterior, torch.Size([4000]), seed=0)(posterior)
    low_ceiling = (draws < posterior.targets.ceiling).all(dim=0) & (draws > 0).all(dim=0)
    assert low_ceiling.double().mean() > 0.5
    ratio = draws.mean(dim=0) / posterior.mean
    assert (ratio[low_ceiling] - 1).abs().max() < 0.06
    spread = (draws.var(dim=0) / posterior.variance).sqrt()
    assert (spread[low_ceiling] - 1).abs().median() < 0.05


def test_quantiles_and_density_belong_to_one_law(posterior):
    upper = posterior.quantile(torch.tensor(0.8))
    free = upper < posterior.targets.ceiling
    _, cdf = log_density_and_cdf(posterior, upper)
    torch.testing.assert_close(cdf[free], torch.full_like(cdf[free], 0.8), atol=1e-6, rtol=0)
    step = 1e-4 * upper
    density = log_density_and_cdf(posterior, upper)[0].exp()
    slope = (
        log_density_and_cdf(posterior, upper + step)[1] - log_density_and_cdf(posterior, upper - step)[1]
    ) / (2 * step)
    torch.testing.assert_close(density[free], slope[free], rtol=1e-3, atol=0)


def test_batches_and_state(surrogate, posterior):
    batch = surrogate.posterior(TEST.flatten(1).reshape(12, 10, -1))
    torch.testing.assert_close(batch.mean.reshape(120, 2), posterior.mean, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(
        surrogate.posterior(TEST.flatten(1), observation_noise=True).mean, posterior.mean
    )


def test_the_same_seed_gives_the_same_ensemble_and_its_state_is_enough():
    options = {"network": "aggregate", "num_members": 2, "num_steps": 3}
    first, again, other = (
        LayerSurrogate(TRAIN.flatten(1), Y, **options, seed=seed).fit() for seed in (0, 0, 1)
    )
    assert torch.equal(first.weights, again.weights)
    assert not torch.equal(first.weights, other.weights)
    restored = LayerSurrogate(TRAIN.flatten(1), Y, **options)
    restored.load_state_dict(first.state_dict())
    assert torch.equal(restored.posterior(TEST.flatten(1)).mean, first.posterior(TEST.flatten(1)).mean)


def test_groups_stay_in_one_fold():
    groups = torch.arange(300) // 10
    model = LayerSurrogate(TRAIN.flatten(1), Y, groups=groups, num_members=3)
    by_group = model._left_out.reshape(30, 10)
    assert (by_group == by_group[:, :1]).all()
    assert by_group[:, 0].bincount().tolist() == [10, 10, 10]


def test_what_cannot_be_is_refused():
    X = TRAIN.flatten(1)
    with pytest.raises(InvalidInputError, match="transformer, graph"):
        LayerSurrogate(X, Y, network="tree")
    with pytest.raises(InvalidInputError, match="18 numbers a layer"):
        LayerSurrogate(X[:, :-1], Y)
    with pytest.raises(InvalidInputError, match="num_members"):
        LayerSurrogate(X, Y, groups=torch.zeros(300, dtype=torch.long))
    with pytest.raises(InvalidInputError, match="not negative"):
        LayerSurrogate(X, -Y)
    with pytest.raises(NotSupportedError, match="train_Yvar"):
        LayerSurrogate(X, Y, Y)
    with pytest.raises(InvalidInputError, match="at most 3 layers"):
        LayerSurrogate(X, Y).posterior(_designs(2, 0).repeat(1, 2, 1).flatten(1))
