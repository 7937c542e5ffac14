"""The Laplace approximation, where it is exact and where it is none."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import multivariate_normal

from augury.errors import InvalidInputError, NotSupportedError
from augury.inference import HierarchicalWeightPrior, Laplace, NetworkDensity
from augury.networks import MLP, StackedNetwork

from .linear_case import VARIANCE, exact_posterior, linear_density


@pytest.mark.parametrize("structure", ["full", "kronecker", "last-layer"])
def test_it_is_exact_for_a_linear_model(structure):
    density = linear_density()
    result = Laplace(structure, num_steps=1500, num_rounds=3, num_starts=1, lr=0.05).run(density)
    precision = result.diagnostics["prior_precision"] / VARIANCE
    mean, covariance = exact_posterior(density, precision)
    X = torch.randn(3, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    design = torch.cat([X, torch.ones(3, 4, 1, dtype=torch.float64)], dim=-1)
    posterior = result.posterior(X, None, False)
    torch.testing.assert_close(posterior.mean.squeeze(-1), design @ mean, atol=1e-4, rtol=0)
    expected = design @ covariance @ design.mT
    torch.testing.assert_close(posterior.distribution.covariance_matrix, expected, atol=1e-6, rtol=1e-4)
    noisy = result.posterior(X, None, True)
    torch.testing.assert_close(noisy.variance, posterior.variance + 0.3)


def test_its_evidence_is_the_marginal_likelihood_of_a_linear_model():
    density = linear_density(n=12)
    result = Laplace(num_steps=1500, num_rounds=3, num_starts=1, lr=0.05).run(density)
    design = torch.cat([density.X, torch.ones(12, 1, dtype=torch.float64)], dim=1)

    def log_evidence(precision):
        covariance = design @ design.T * VARIANCE / precision + 0.3 * torch.eye(12, dtype=torch.float64)
        return multivariate_normal(cov=covariance.numpy()).logpdf(density.Y.squeeze(-1).numpy())

    precision = result.diagnostics["prior_precision"]
    assert result.diagnostics["log_evidence"] == pytest.approx(log_evidence(precision), abs=1e-4)
    # tuned: the marginal likelihood falls on both sides
    assert log_evidence(precision) > max(log_evidence(0.7 * precision), log_evidence(1.4 * precision))


def test_it_finds_the_noise():
    density = linear_density(n=400, noise=None)
    result = Laplace(num_steps=600, num_rounds=3, num_starts=1, lr=0.05).run(density)
    assert float(result.noise_variance) == pytest.approx(1.0, rel=0.15)  # the data's


def test_only_normal_priors_have_a_mode_of_this_kind():
    network = StackedNetwork(MLP(1, (3,)))
    X = torch.linspace(0, 1, 5, dtype=torch.float64).unsqueeze(-1)
    with pytest.raises(NotSupportedError, match="GaussianWeightPrior"):
        Laplace().run(NetworkDensity(network, HierarchicalWeightPrior(network), X, X))
    with pytest.raises(InvalidInputError, match="structure"):
        Laplace("diagonal")
