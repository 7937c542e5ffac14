"""Bayesian neural networks as BoTorch models."""

from __future__ import annotations

import warnings
from functools import partial

import pytest
import torch
from botorch.sampling.get_sampler import get_sampler
from threadpoolctl import threadpool_info, threadpool_limits
from torch import nn

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference import HMC, InferenceWarning
from augury.inference.prior_choice import DEFAULT_PRIOR_VARIANCE, choose_prior_variance
from augury.models import BayesianNeuralNetwork
from augury.networks import MLP, StackedNetwork
from augury.testing import MODEL_CHECKS
from augury.testing.model_cases import outcomes, points

CHOICE = "augury.models.network_prior.choose_prior_variance"

small = partial(
    BayesianNeuralNetwork,
    network=lambda inputs, outputs: MLP(inputs, (10,), outputs),
    prior=2.0,
    inference=HMC(num_samples=20, burn_in=40, num_chains=4, max_leapfrog=20),
)


@pytest.mark.filterwarnings("ignore::augury.inference.InferenceWarning")  # the chains are very short
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_a_network_sampled_by_hmc_conforms(check):
    check(small)


@pytest.fixture(scope="module")
def data():
    X = points(12)
    return X, outcomes(X, 2)


@pytest.fixture(scope="module")
def model(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InferenceWarning)
        return small(*data).fit()


def test_samples_are_functions(model):
    X = points(3, seed=1)
    posterior = model.posterior(X)
    sampler = get_sampler(posterior, torch.Size([16]), seed=0)
    samples = sampler(posterior)
    values = posterior.values
    for sample in samples:
        assert any(torch.equal(sample, member) for member in values)
    batch = model.posterior(X.expand(5, 3, 2))
    torch.testing.assert_close(sampler(batch), samples.unsqueeze(1).expand(16, 5, 3, 2))


def test_more_samples_than_members_use_each_member_equally(model):
    posterior = model.posterior(points(1, seed=1))
    size = posterior.ensemble_size
    sampler = get_sampler(posterior, torch.Size([2 * size]), seed=3)
    sampler(posterior)
    assert torch.bincount(sampler.base_samples).tolist() == [2] * size
    fewer = get_sampler(posterior, torch.Size([size // 2]), seed=3)
    fewer(posterior)
    assert len(fewer.base_samples.unique()) == size // 2


def test_noise_is_in_the_samples_and_in_the_variance(model):
    X = points(1, seed=1)
    noisy = model.posterior(X, observation_noise=True)
    samples = get_sampler(noisy, torch.Size([8 * noisy.ensemble_size]), seed=0)(noisy)
    assert not torch.equal(samples[0], samples[1])
    torch.testing.assert_close(samples.var(dim=0), noisy.variance, rtol=0.25, atol=0.0)
    weights = torch.tensor([2.0, -1.0], dtype=torch.float64)
    with_noise, without = (model.posterior(X, observation_noise=noise) for noise in (True, False))
    added = (noisy.variance - without.variance) @ weights.square()
    difference = with_noise.scalarized(weights).variance - without.scalarized(weights).variance
    torch.testing.assert_close(difference[..., 0], added)


def test_a_warm_start_keeps_the_choice_of_the_prior(monkeypatch):
    X = points(24)
    monkeypatch.setattr(CHOICE, lambda *a, **k: 4.0)
    chosen = partial(small, prior=None)
    warnings.simplefilter("ignore", InferenceWarning)
    first = chosen(X, outcomes(X)).fit()
    kept = first.hyperparameters()
    assert kept["prior_choice"].tolist() == [4.0, 24.0]
    monkeypatch.setattr(CHOICE, lambda *a, **k: 10.0)
    for n, variance in ((24, 4.0), (28, 4.0), (31, 10.0)):
        more = points(n)
        again = chosen(more, outcomes(more)).fit(initial=kept)
        assert again.hyperparameters()["prior_choice"][0] == variance


def test_the_prior_is_chosen_by_what_it_predicts():
    network = StackedNetwork(MLP(1, (20,)))
    X = torch.linspace(-1.7, 1.7, 30, dtype=torch.float64).unsqueeze(1)
    rough = torch.sin(6.0 * X) / torch.sin(6.0 * X).std()
    assert choose_prior_variance(network, X, rough, candidates=(0.05, 20.0)) == 20.0
    assert choose_prior_variance(network, X[:5], rough[:5], candidates=(0.05, 20.0)) == DEFAULT_PRIOR_VARIANCE
    assert choose_prior_variance(network, X, rough, candidates=(3.0,)) == 3.0


def test_poor_chains_are_warned_of(data):
    X, Y = data
    with pytest.warns(InferenceWarning, match="R-hat"):
        small(X, 10.0 * Y, inference=HMC(num_samples=5, burn_in=5, num_chains=4)).fit()


def test_predictions_before_the_fit_are_refused(data):
    with pytest.raises(NotSupportedError, match="call fit"):
        small(*data).posterior(data[0])


def test_a_network_that_does_not_fit_is_refused(data):
    with pytest.raises(InvalidInputError, match="does not take inputs"):
        small(*data, network=MLP(5, (3,), 2)).fit()


def test_a_convolution_is_a_network(data):
    X, Y = data
    layers = (nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 3, 2), nn.Tanh(), nn.Flatten(), nn.Linear(3, 2))
    sampler = HMC(num_samples=4, burn_in=10, num_chains=2, max_leapfrog=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InferenceWarning)
        model = small(X, Y, network=nn.Sequential(*layers).double(), inference=sampler).fit()
    assert model.posterior(X).mean.shape == (12, 2)


@pytest.mark.filterwarnings("ignore::augury.inference.InferenceWarning")
def test_a_fit_of_few_rows_takes_one_thread(data):
    """Beside busy cores, threads that wait for each other take ten times as long as one."""
    counts = set()

    def progress(*_):
        counts.update(pool["num_threads"] for pool in threadpool_info())

    with threadpool_limits(2):
        small(*data).fit(progress=progress)
    assert counts == {1}
