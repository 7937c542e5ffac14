"""The mixture of posteriors of different kinds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling.get_sampler import get_sampler
from gpytorch.distributions import MultivariateNormal
from scipy.integrate import quad
from scipy.stats import norm, t

from augury.inference.member_posterior import MemberPosterior
from augury.models.posteriors.marginals import log_density_and_cdf
from augury.models.posteriors.mixture import MixturePosterior, allotted
from augury.models.posteriors.student_t import StudentTPosterior


def normal(mean, deviation):
    covariance = torch.diag_embed(torch.tensor(deviation, dtype=torch.float64) ** 2)
    return GPyTorchPosterior(MultivariateNormal(torch.tensor(mean, dtype=torch.float64), covariance))


@pytest.fixture(scope="module")
def mixture():
    student = StudentTPosterior(normal([1.0, 2.0], [1.0, 0.5]), 5.0, torch.tensor(1.5, dtype=torch.float64))
    return MixturePosterior([normal([0.0, 1.0], [0.3, 2.0]), student], [0.7, 0.3])


def density(y, point):
    return 0.7 * norm.pdf(y, [0.0, 1.0][point], [0.3, 2.0][point]) + 0.3 * t.pdf(
        y, 5.0, [1.0, 2.0][point], np.sqrt(1.5) * [1.0, 0.5][point]
    )


@pytest.mark.parametrize("point", [0, 1])
def test_moments_density_and_distribution_function(mixture, point):
    mean = quad(lambda y: y * density(y, point), -200, 200, limit=500, points=[0, 1, 2])[0]
    variance = quad(lambda y: (y - mean) ** 2 * density(y, point), -500, 500, limit=900, points=[0, 1, 2])[0]
    assert float(mixture.mean[point]) == pytest.approx(mean, abs=1e-6)
    assert float(mixture.variance[point]) == pytest.approx(variance, rel=1e-3)
    y = torch.tensor([[0.4], [2.5]], dtype=torch.float64)
    log_density, cdf = log_density_and_cdf(mixture, y)
    assert float(log_density[point].exp()) == pytest.approx(density(float(y[point]), point), rel=1e-6)
    below = quad(density, -200, float(y[point]), args=(point,), limit=500)[0]
    assert float(cdf[point]) == pytest.approx(below, abs=1e-5)


def test_quantiles_invert_the_distribution_function(mixture):
    levels = torch.tensor([0.01, 0.5, 0.9], dtype=torch.float64)
    quantiles = mixture.quantile(levels)
    assert quantiles.shape == (3, 2, 1)
    for level, value in zip(levels, quantiles, strict=True):
        torch.testing.assert_close(log_density_and_cdf(mixture, value)[1], level.expand(2, 1))
    torch.testing.assert_close(mixture.density(levels)[1], log_density_and_cdf(mixture, levels[1])[0].exp())


def test_samples_are_the_same_for_every_call_and_joint_with_more_points(mixture):
    sampler = get_sampler(mixture, torch.Size([64]), seed=3)
    first = sampler(mixture)
    torch.testing.assert_close(first, sampler(mixture))
    assert first.shape == (64, 2, 1)
    assert mixture.rsample(torch.Size([4, 2])).shape == (4, 2, 2, 1)


def test_a_member_with_too_small_a_share_is_not_drawn(mixture):
    assert allotted([0.7, 0.3], 3) == [2, 1]
    assert allotted([0.96, 0.04], 4) == [4, 0]
    assert get_sampler(mixture, torch.Size([1]), seed=0)(mixture).shape == (1, 2, 1)


def test_members_with_noise_are_a_mixture_of_normal_laws():
    values = torch.tensor([[[0.0]], [[1.0]]], dtype=torch.float64)
    posterior = MemberPosterior(values, torch.full_like(values, 0.25))
    log_density, cdf = log_density_and_cdf(posterior, torch.tensor([[0.3]], dtype=torch.float64))
    parts = norm([0.0, 1.0], 0.5)
    assert float(log_density.exp()) == pytest.approx(parts.pdf(0.3).mean())
    assert float(cdf) == pytest.approx(parts.cdf(0.3).mean())


def test_a_prior_fitted_network_gives_densities_and_probabilities():
    from augury.models import PriorFittedNetwork

    X = torch.rand(12, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    posterior = PriorFittedNetwork(X, X[:, :1]).fit().posterior(X[:1].unsqueeze(-2), observation_noise=True)
    log_density, cdf = log_density_and_cdf(posterior, posterior.quantile(torch.tensor([0.3]).double()))
    assert float(cdf) == pytest.approx(0.3, abs=1e-6)
    step = 1e-4 * float(posterior.variance.sqrt())  # within a bar
    above = log_density_and_cdf(posterior, posterior.quantile(torch.tensor([0.3]).double()) + step)[1]
    assert float(log_density.exp()) == pytest.approx(float(above - cdf) / step, rel=0.05)
