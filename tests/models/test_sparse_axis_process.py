"""The fully Bayesian sparse Gaussian process: its density, what it finds, the conformance suite."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from threadpoolctl import threadpool_info, threadpool_limits

from augury.inference.nuts import NUTS
from augury.models import GaussianProcess, SparseAxisProcess
from augury.models.exact.features import Features
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.exact.matern import MaternCovariance
from augury.models.exact.priors import NOISE_PRIOR, Flat
from augury.models.sparse_axis.density import SparseAxisDensity
from augury.testing import MODEL_CHECKS
from tests.models.cases import central_differences


def quick(*arguments, **named):
    return SparseAxisProcess(*arguments, **named, inference=NUTS(8, 24, 1, max_depth=5))


@pytest.mark.filterwarnings("ignore::linear_operator.utils.warnings.NumericalWarning")
@pytest.mark.filterwarnings("ignore:Negative variance values")
@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_it_conforms(check):
    check(quick)


def density_of(d=4, n=12, categorical=()):
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    X[:, list(categorical)] = rng.integers(3, size=(n, len(categorical)))
    y = np.sin(4.0 * X[:, 0]) + 0.1 * rng.standard_normal(n)
    covariance = MaternCovariance(X, Features.of(d, categorical, None), Flat())
    return SparseAxisDensity(MarginalLikelihood(covariance, y, None), d - len(categorical))


@pytest.mark.parametrize("categorical", [(), (3,)])
def test_the_gradient_is_the_slope(categorical):
    density = density_of(categorical=categorical)
    at = density.initial(1, torch.Generator().manual_seed(2))[0].numpy()
    _, gradient = density.value_gradient(at)
    expected = central_differences(lambda x: density.value_gradient(x)[0], at)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_the_priors_are_half_cauchy_ones_of_the_relevances():
    """The density is the likelihood of the lengthscales times the priors, Jacobians of the logs included."""
    density = density_of()
    at = density.initial(1, torch.Generator().manual_seed(3))[0].numpy()
    tau, rho, noise = np.exp(at[0]), np.exp(at[1:5]), np.exp(at[5])
    theta = np.append(-0.5 * np.log(tau * rho), at[5])
    prior = (
        stats.halfcauchy.logpdf(tau, scale=0.1)
        + stats.halfcauchy.logpdf(rho).sum()
        + stats.lognorm.logpdf(noise, NOISE_PRIOR.scale, scale=np.exp(NOISE_PRIOR.location))
        + at.sum()
    )
    likelihood = density.likelihood
    expected = likelihood.value(theta) - likelihood.log_prior(theta)[0] + prior
    constant = 5 * np.log(2.0 / np.pi)  # left out
    assert density.value_gradient(at)[0] == pytest.approx(expected - constant, rel=1e-9)


@pytest.fixture(scope="module")
def sparse():
    """Two inputs of thirty that matter."""
    X = torch.rand(60, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return X, 10.0 * torch.sin(5.0 * X[:, 3:4]) + 20.0 * (X[:, 17:18] - 0.4).square()


@pytest.fixture(scope="module")
def found(sparse):
    return SparseAxisProcess(*sparse).fit()


def test_it_finds_the_inputs_that_matter(found):
    others = np.delete(np.arange(30), [3, 17])
    assert found.lengthscales[[3, 17]].max() < 0.2 * found.lengthscales[others].min()


def test_it_predicts_better_than_one_lengthscale_prior_for_all(sparse, found):
    new = torch.rand(200, 30, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    truth = 10.0 * torch.sin(5.0 * new[:, 3]) + 20.0 * (new[:, 17] - 0.4).square()
    errors = [
        float((model.mean_variance(new)[0] - truth).square().mean().sqrt())
        for model in (found, GaussianProcess(*sparse).fit())
    ]
    assert errors[0] < 0.5 * errors[1]


def test_the_moments_are_those_of_the_mixture(found):
    X = torch.rand(5, 30, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    mean, variance = found.mean_variance(X)
    posterior = found.posterior(X.unsqueeze(-2))
    torch.testing.assert_close(mean, posterior.mean.reshape(-1).detach())
    torch.testing.assert_close(variance, posterior.variance.reshape(-1).detach())


def test_a_warm_start_takes_half_the_burn_in(sparse, found):
    again = SparseAxisProcess(*sparse).fit(found.hyperparameters(), seed=1)
    assert again.diagnostics[0]["gradients"] < found.diagnostics[0]["gradients"]
    assert np.argsort(again.lengthscales)[:2].tolist() in ([3, 17], [17, 3])


def test_a_fit_of_few_rows_takes_one_thread(monkeypatch):
    """Beside busy cores, threads that wait for each other take ten times as long as one."""
    counts = set()

    def drawn(model, likelihood, initial, seed):
        counts.update(pool["num_threads"] for pool in threadpool_info())
        return np.zeros((len(model.thetas), model.thetas.shape[-1])), {}

    monkeypatch.setattr(SparseAxisProcess, "_drawn", drawn)
    with threadpool_limits(2):
        quick(torch.rand(6, 2).double(), torch.rand(6, 1).double()).fit()
    assert counts == {1}
