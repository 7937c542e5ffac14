"""The bundled network: its head is exact Bayesian linear regression, at linear cost in the rows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from botorch.sampling import SobolQMCNormalSampler

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference.linear_head import FeatureSpectrum, LinearHead, most_likely_head
from augury.inference.noise_prior import LOG_NOISE_LOCATION
from augury.kernels import FourierFeatures, FourierSeries
from augury.kernels.activation import ACTIVATIONS
from augury.models import BundledSurrogate
from augury.testing import MODEL_CHECKS


def data(n=30, d=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.rand(n, d, dtype=torch.float64, generator=generator)
    noise = torch.randn(n, 1, dtype=torch.float64, generator=generator)
    return X, torch.sin(4.0 * X[:, :1]) + X[:, 1:2] ** 2 + 0.1 * noise


@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_the_model_conforms(check):
    check(BundledSurrogate)


def dense(Phi, y, log_ratio, log_noise):
    """Mean and covariance of the weights by their definition, and the log evidence."""
    alpha = np.exp(log_ratio - 2.0 * log_noise)
    precision = alpha * np.eye(Phi.shape[1]) + Phi.T @ Phi * np.exp(-2.0 * log_noise)
    covariance = np.linalg.inv(precision)
    K = Phi @ Phi.T / alpha + np.exp(2.0 * log_noise) * np.eye(len(y))
    evidence = -0.5 * (y @ np.linalg.solve(K, y) + np.linalg.slogdet(2.0 * np.pi * K)[1])
    return covariance @ Phi.T @ y * np.exp(-2.0 * log_noise), covariance, evidence


@pytest.mark.parametrize(("n", "m"), [(12, 40), (40, 12)])
def test_the_posterior_is_that_of_bayesian_linear_regression(n, m):
    """With more features than rows and with fewer."""
    X, Y = data(n)
    model = BundledSurrogate(X, Y, num_features=m, outcome_transform=None).fit()
    Phi = model._block(0, n)
    mean, covariance, _ = dense(Phi, Y[:, 0].numpy(), float(model.log_ratio), float(model.log_noise))
    new = data(5, seed=1)[0]
    with torch.no_grad():
        features = model._features_at(new).numpy()
    posterior = model.posterior(new)
    np.testing.assert_allclose(posterior.mean[:, 0].detach(), features @ mean, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        posterior.distribution.covariance_matrix.detach(),
        features @ covariance @ features.T,
        rtol=1e-5,
        atol=1e-8,
    )
    np.testing.assert_allclose(model.mean_variance(new)[1], posterior.variance[:, 0].detach(), rtol=1e-8)


@pytest.mark.parametrize(("n", "m"), [(12, 40), (40, 12)])
def test_the_evidence_is_highest_where_the_fit_is(n, m):
    X, Y = data(n)
    model = BundledSurrogate(X, Y, num_features=m, outcome_transform=None).fit()
    Phi, y = model._block(0, n), Y[:, 0].numpy()

    def score(log_ratio, log_noise):
        return dense(Phi, y, log_ratio, log_noise)[2] - 0.5 * (log_noise - LOG_NOISE_LOCATION) ** 2

    best = score(float(model.log_ratio), float(model.log_noise))
    around = [
        score(float(model.log_ratio) + a, float(model.log_noise) + b)
        for a in (-4.0, -0.5, -0.05, 0.0, 0.05, 0.5, 4.0)
        for b in (-0.5, -0.05, 0.0, 0.05, 0.5)
    ]
    assert max(around) <= best + 1e-6


def test_known_noise_weighs_rows():
    """As many equal rows as one with a variance as many times smaller."""
    X, Y = data(8)
    single = BundledSurrogate(X, Y, torch.full_like(Y, 0.01), num_features=64, outcome_transform=None)
    thrice = BundledSurrogate(
        X.repeat(3, 1), Y.repeat(3, 1), torch.full((24, 1), 0.03), num_features=64, outcome_transform=None
    )
    new = data(5, seed=1)[0]
    for model in (single, thrice):
        model.log_ratio.fill_(-3.0)
    for one, other in zip(single.mean_variance(new), thrice.mean_variance(new), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


def test_blocks_of_rows_give_what_all_rows_give(monkeypatch):
    Phi, Y = np.random.default_rng(0).normal(size=(50, 7)), np.random.default_rng(1).normal(size=(50, 2))
    blocks = []

    def features(first, last):
        blocks.append(last - first)
        return Phi[first:last]

    monkeypatch.setattr("augury.inference.linear_head._BLOCK_ROWS", 16)
    spectrum = FeatureSpectrum.of(features, Y)
    assert max(blocks) <= 16
    assert sum(blocks) == 50
    for outcome in range(2):
        head = most_likely_head(spectrum, outcome, known_noise=False)
        mean, _, _ = dense(Phi, Y[:, outcome], head.log_ratio, head.log_noise)
        np.testing.assert_allclose(head.mean, mean, rtol=1e-8)
        assert isinstance(head, LinearHead)


@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 2, "num_features": 512},
        {"features": partial(FourierFeatures, FourierSeries.of(ACTIVATIONS["cos"]), 64, norms=(3.0, 1.0))},
    ],
    ids=["two maps", "waves"],
)
def test_other_features_learn_too(options):
    X, Y = data(60)
    new, truth = data(200, seed=1)
    model = BundledSurrogate(X, Y, **options).fit()
    error = (model.mean_variance(new)[0] - truth[:, 0]).square().mean()
    assert float(error) < 0.1 * float(truth.var())


def test_bad_options_are_refused():
    X, Y = data(5)
    for options in ({"num_layers": 0}, {"num_features": 0}):
        with pytest.raises(InvalidInputError, match="at least 1"):
            BundledSurrogate(X, Y, **options)
    model = BundledSurrogate(X, torch.cat([Y, Y], 1), num_features=8)
    with pytest.raises(NotSupportedError, match="subset_output"):
        model.mean_variance(X)
    with pytest.raises(InvalidInputError, match="3 inputs"):
        model.posterior(X[:, :2])


@pytest.mark.parametrize("m", [12, 64])
def test_conditioning_is_the_posterior_of_all_rows(m):
    """At once and in two steps: as Bayesian regression on all rows with the hyperparameters kept."""
    X, Y = data(24)
    model = BundledSurrogate(X[:20], Y[:20], num_features=m, outcome_transform=None).fit()
    noise = torch.linspace(0.5, 2.0, 4).double().unsqueeze(-1) * model.noise_variance
    weight = np.append(np.ones(20), (noise / model.noise_variance).sqrt().reciprocal()[:, 0])
    new = data(5, seed=1)[0]
    with torch.no_grad():
        Phi, features = model._features_at(X).numpy() * weight[:, None], model._features_at(new).numpy()
    y = Y[:, 0].numpy() * weight
    mean, covariance, _ = dense(Phi, y, float(model.log_ratio), float(model.log_noise))
    once = model.condition_on_observations(X[20:], Y[20:], noise=noise)
    step = model.condition_on_observations(X[20:21], Y[20:21], noise=noise[:1])
    twice = step.condition_on_observations(X[21:], Y[21:], noise=noise[1:])
    for told in (once, twice):
        posterior = told.posterior(new)
        np.testing.assert_allclose(posterior.mean[:, 0].detach(), features @ mean, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(
            posterior.distribution.covariance_matrix.detach(),
            features @ covariance @ features.T,
            rtol=1e-4,
            atol=1e-8,
        )
        np.testing.assert_allclose(told.mean_variance(new)[1], posterior.variance[:, 0].detach(), rtol=1e-8)
        assert torch.equal(told.train_inputs[0], X)


def test_fantasies_are_conditioned_models_each():
    """Of two outcomes and batches of points, each as if it alone were told what was drawn."""
    X, Y = data(20)
    model = BundledSurrogate(X, torch.cat([Y, -2.0 * Y], dim=1), num_features=16).fit()
    at, new = data(6, seed=1)[0].reshape(3, 2, 3), data(3, seed=2)[0].unsqueeze(-2)
    sampler = SobolQMCNormalSampler(torch.Size([4]), seed=0)
    fantasies = model.fantasize(at, sampler)
    assert fantasies.batch_shape == (4, 3)
    drawn, means = sampler(model.posterior(at, observation_noise=True)), fantasies.posterior(new).mean
    alone = model.condition_on_observations(at[1], drawn[2, 1])
    torch.testing.assert_close(means[2, 1], alone.posterior(new[1]).mean, rtol=1e-6, atol=1e-9)
    again = fantasies.condition_on_observations(at[..., :1, :], drawn[..., :1, :])
    assert bool((again.posterior(new).variance < fantasies.posterior(new).variance).all())
    for refused in (fantasies.fit, lambda: fantasies.load_state_dict(model.state_dict())):
        with pytest.raises(NotSupportedError, match="conditioned model"):
            refused()
    with pytest.raises(NotSupportedError, match="posterior"):
        model.subset_output([0]).fantasize(at, sampler).mean_variance(new[:, 0])
