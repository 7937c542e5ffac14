"""The priors against torch's densities, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch.distributions import LogNormal as TorchLogNormal

from augury.models.exact.priors import NOISE_PRIOR, LogNormal, lengthscale_prior, mismatch_prior
from tests.models.cases import central_differences


@pytest.mark.parametrize("prior", [NOISE_PRIOR, lengthscale_prior(6), mismatch_prior(3), LogNormal(0.3, 2.0)])
def test_density_gradient_mode_and_median(prior):
    u = np.array([-2.0, 0.1, 1.7])
    value, gradient = prior.log_density(u)
    reference = TorchLogNormal(*torch.tensor([prior.location, prior.scale], dtype=torch.float64))
    assert value == pytest.approx(float(reference.log_prob(torch.from_numpy(u).exp()).sum()), abs=1e-10)
    values, gradients = prior.log_density(np.stack([u, u + 1.0]))
    np.testing.assert_allclose(values, [value, prior.log_density(u + 1.0)[0]], atol=1e-12)
    np.testing.assert_allclose(gradients, [gradient, prior.log_density(u + 1.0)[1]], atol=1e-12)
    slopes = central_differences(lambda x: prior.log_density(x)[0], u)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6)
    best = minimize_scalar(
        lambda x: -prior.log_density(np.array([x]))[0], (prior.location - 1, prior.location)
    )
    assert np.exp(best.x) == pytest.approx(prior.mode, rel=1e-5)
    assert float(reference.cdf(torch.tensor(prior.median).double())) == pytest.approx(0.5)


def test_the_lengthscale_prior_is_that_of_botorch():
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior

    for dim in (1, 4, 20):
        theirs = get_covar_module_with_dim_scaled_prior(ard_num_dims=dim).lengthscale_prior
        assert lengthscale_prior(dim).location == pytest.approx(float(theirs.loc), rel=1e-6)
        assert lengthscale_prior(dim).scale == pytest.approx(float(theirs.scale), rel=1e-6)
