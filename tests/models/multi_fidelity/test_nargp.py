"""Nonlinear autoregressive processes: what they learn, what one level is, the cost and the law of paths."""

from __future__ import annotations

import pytest
import torch
from botorch.acquisition import qLogExpectedImprovement
from botorch.sampling.get_sampler import get_sampler

from augury.models import NARGP, GaussianProcess
from augury.models.multi_fidelity.sample_paths import SamplePaths
from augury.models.posteriors.path_mixture import PathMixturePosterior
from tests.models.cases import outcomes, points
from tests.models.multi_fidelity.cases import at, error, grid, sinusoid, sinusoid_data, three_levels


@pytest.fixture(scope="module")
def sine():
    X, Y = sinusoid_data(2)
    return NARGP(X, Y, fidelity_features=[1], nested=True, num_restarts=4).fit()


@pytest.fixture(scope="module")
def triple():
    X, Y = three_levels()
    return NARGP(X, Y, fidelity_features=[2], num_restarts=1).fit()


def test_a_relation_that_is_not_linear_is_learnt():
    errors = []
    for seed in range(3):
        X, Y = sinusoid_data(seed)
        model = NARGP(X, Y, fidelity_features=[1], nested=True, num_restarts=4).fit()
        errors.append(error(model, sinusoid()[1]))
    assert sorted(errors)[1] <= 0.01


def test_one_level_is_the_gaussian_process():
    X = points(12, 2)
    Y = outcomes(X)
    model, process = NARGP(X, Y).fit(), GaussianProcess(X, Y).fit()
    new = points(5, 2, seed=1)
    for name in ("mean", "variance"):
        torch.testing.assert_close(
            getattr(model.posterior(new), name), getattr(process.posterior(new), name), rtol=1e-6, atol=1e-9
        )
    assert "gaussian" in model.capabilities


def test_several_levels_are_a_mixture(sine):
    posterior = sine.posterior(at(grid(7), 1), observation_noise=True)
    assert isinstance(posterior, PathMixturePosterior)
    assert "gaussian" not in sine.capabilities
    means, variances = posterior.means, posterior.variances
    torch.testing.assert_close(posterior.mean, means.mean(-3))
    expected = variances.mean(-3) + (means - means.mean(-3, keepdim=True)).square().mean(-3)
    torch.testing.assert_close(posterior.variance, expected + sine.noise_variance)


def test_samples_have_the_moments_of_the_mixture_and_are_functions(triple):
    X = at(points(6, 2, seed=4), 2)
    posterior = triple.posterior(X)
    samples = get_sampler(posterior, torch.Size([128]), seed=0)(posterior)
    deviation = posterior.variance.sqrt()
    assert bool(((samples.mean(0) - posterior.mean).abs() < 0.2 * deviation).all())
    ratio = samples.std(0) / deviation
    assert bool(((ratio > 0.7) & (ratio < 1.4)).all())
    again = get_sampler(posterior, torch.Size([128]), seed=0)(triple.posterior(X[[3, 0]]))
    torch.testing.assert_close(samples[:, [3, 0]], again)


def test_the_lowest_level_s_moments_are_those_of_its_own_process(triple):
    X, _ = three_levels()
    low = X[:, 2] == 0
    new = points(5, 2, seed=6)
    chain = triple._chains[0]
    mean, covariance = chain.lowest_mean_covariance(new)
    shift, scale = (float(part) for part in triple._affine())
    posterior = triple.posterior(at(new, 0))
    torch.testing.assert_close(posterior.mean.squeeze(-1), shift + scale * mean)
    torch.testing.assert_close(
        posterior.variance.squeeze(-1), scale**2 * covariance.diagonal(), rtol=1e-5, atol=1e-9
    )
    assert int(low.sum()) == len(chain.regressions[0].y)


def test_points_of_different_levels_are_predicted_together_as_alone(triple):
    X = torch.cat([at(points(3, 2, seed=7), level) for level in (2, 0, 1)])
    together = triple.posterior(X)
    alone = triple.posterior(X.unsqueeze(-2))
    torch.testing.assert_close(together.mean, alone.mean.squeeze(-2))
    torch.testing.assert_close(together.variance, alone.variance.squeeze(-2))


def test_the_number_of_evaluations_of_a_level_is_the_number_of_paths(triple, monkeypatch):
    seen = []
    call = SamplePaths.__call__

    def counted(self, Z):
        seen.append(Z.shape[0])
        return call(self, Z)

    monkeypatch.setattr(SamplePaths, "__call__", counted)
    triple.posterior(at(points(2, 2), 2))
    assert seen == [1, triple.num_samples, triple.num_samples]  # not its square


def test_paths_have_the_covariance_of_the_posterior(triple):
    """Correlations are those of the features: exact up to the number of frequencies and paths."""
    X = points(6, 2, seed=8)
    chain = triple._chains[0]
    values, _, _ = chain.paths(X, torch.zeros(6, dtype=torch.long), 2048, 0)
    _, covariance = chain.lowest_mean_covariance(X)
    deviation = covariance.diagonal().sqrt()
    given = torch.corrcoef(values.detach().mT)
    expected = covariance / (deviation.unsqueeze(-1) * deviation)
    assert float((given - expected).abs().max()) < 0.15


def test_gradients_are_slopes(triple):
    X = at(points(3, 2, seed=9), 2).unsqueeze(-2).requires_grad_(True)
    for name in ("mean", "variance"):
        (gradient,) = torch.autograd.grad(getattr(triple.posterior(X), name).sum(), X)
        assert bool((gradient[..., 2] == 0).all())
        for column in range(2):
            step = 1e-5 * torch.eye(3).double()[column]
            ends = [getattr(triple.posterior((X + s * step).detach()), name) for s in (1, -1)]
            slope = ((ends[0] - ends[1]) / 2e-5).reshape(-1).detach()
            torch.testing.assert_close(gradient[:, 0, column], slope, rtol=1e-3, atol=1e-4)


def test_it_serves_an_acquisition_function(sine):
    X = at(grid(4), 1).unsqueeze(-2).requires_grad_(True)
    sampler = get_sampler(sine.posterior(X.detach()), torch.Size([64]), seed=0)
    value = qLogExpectedImprovement(sine, best_f=-1.0, sampler=sampler)(X)
    (gradient,) = torch.autograd.grad(value.sum(), X)
    assert bool(torch.isfinite(value).all() and torch.isfinite(gradient).all())
