"""Training sets and independent references (finite differences, GPyTorch) for the tests of the models."""

from __future__ import annotations

from math import log

import gpytorch
import numpy as np
import torch
from botorch.models.kernels.categorical import CategoricalKernel
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood, GaussianLikelihood
from gpytorch.priors import LogNormalPrior

from augury.models import GaussianProcess
from augury.models.exact.priors import NOISE_PRIOR, lengthscale_prior, mismatch_prior


def points(n, d, seed=0):
    return torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def mixed_points(n, numeric, cardinalities=(), seed=0):
    """Numeric columns first, then one column of codes for each cardinality."""
    generator = torch.Generator().manual_seed(seed + 1000)
    codes = [torch.randint(k, (n, 1), generator=generator).double() for k in cardinalities]
    return torch.cat([points(n, numeric, seed), *codes], dim=-1)


def outcomes(X, m=1, noise=0.1, seed=0):
    slopes = torch.linspace(-2.0, 3.0, X.shape[-1] * m, dtype=torch.float64).reshape(X.shape[-1], m)
    disturbance = torch.randn(len(X), m, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return 5.0 + 3.0 * torch.sin(X @ slopes) + noise * disturbance


def descriptors(k, p=3, seed=0):
    return points(k, p, seed=seed + 77)


def central_differences(function, x, step=1e-5):
    """The gradient of a scalar (or array) function of a NumPy vector, last axis the components of x."""
    x = np.asarray(x, dtype=np.float64)

    def slope(direction):
        return (np.asarray(function(x + direction)) - np.asarray(function(x - direction))) / (2 * step)

    return np.stack([slope(direction) for direction in np.eye(len(x)) * step], axis=-1)


class _ExactGP(gpytorch.models.ExactGP):
    def __init__(self, X, y, likelihood, covar_module):
        super().__init__(X, y, likelihood)
        self.mean_module = gpytorch.means.ConstantMean()
        self.covar_module = covar_module

    def forward(self, X):
        return gpytorch.distributions.MultivariateNormal(self.mean_module(X), self.covar_module(X))


def exact_algebra():
    """GPyTorch without its iterative methods, and without noise-free jitter."""
    from contextlib import ExitStack

    stack = ExitStack()
    stack.enter_context(gpytorch.settings.fast_computations(False, False, False))
    stack.enter_context(gpytorch.settings.max_cholesky_size(10_000))
    stack.enter_context(gpytorch.settings.cholesky_jitter(double_value=0.0))
    stack.enter_context(gpytorch.settings.min_fixed_noise(double_value=1e-12))
    return stack


def _log_normal(location, scale):
    return LogNormalPrior(*torch.tensor([location, scale], dtype=torch.float64))


class Reference:
    """The same Gaussian process as a `GaussianProcess` of one outcome, built from GPyTorch's parts."""

    def __init__(self, model: GaussianProcess, numeric, categorical=()):
        self.model = model
        outcome = model._outcomes[0]
        theta = torch.from_numpy(outcome.covariance.theta)
        self.dim = len(numeric) + len(categorical)
        X = model.train_inputs[0]
        kernels = []
        if numeric:
            matern = gpytorch.kernels.MaternKernel(
                2.5, ard_num_dims=len(numeric), active_dims=numeric
            ).double()
            matern.lengthscale = theta[: len(numeric)].exp()
            kernels.append(matern)
        if categorical:
            mismatch = CategoricalKernel(ard_num_dims=len(categorical), active_dims=categorical).double()
            mismatch.lengthscale = theta[len(numeric) :].exp() / len(categorical)  # BoTorch's takes the mean
            kernels.append(mismatch)
        self.covar_module = kernels[0] if len(kernels) == 1 else kernels[0] * kernels[1]
        if outcome.noise is None:
            self.likelihood = GaussianLikelihood(noise_constraint=gpytorch.constraints.Positive()).double()
            self.likelihood.noise = torch.tensor(np.exp(outcome.theta[-1]))
        else:
            self.likelihood = FixedNoiseGaussianLikelihood(torch.from_numpy(outcome.noise))
        self.gp = _ExactGP(X, model.train_targets, self.likelihood, self.covar_module).double()
        self.gp.mean_module.constant.data.fill_(outcome.constant)
        self.numeric, self.categorical = numeric, categorical

    def log_posterior(self):
        outcome = self.model._outcomes[0]
        self.gp.train()
        with exact_algebra(), torch.no_grad():
            mll = gpytorch.mlls.ExactMarginalLogLikelihood(self.likelihood, self.gp)
            value = float(mll(self.gp(*self.gp.train_inputs), self.gp.train_targets)) * len(outcome.y)
        theta = torch.from_numpy(outcome.theta)
        parts = [(lengthscale_prior(self.dim), theta[: len(self.numeric)])]
        count = len(self.numeric) + len(self.categorical)
        if self.categorical:
            parts.append((mismatch_prior(len(self.categorical)), theta[len(self.numeric) : count]))
        for prior, part in parts:
            value += float(_log_normal(prior.location, prior.scale).log_prob(part.exp()).sum())
        if outcome.noise is None:
            value += float(_log_normal(NOISE_PRIOR.location, NOISE_PRIOR.scale).log_prob(theta[-1].exp()))
        return value

    def mean_covariance(self, X):
        """In the units of the outcomes, like `posterior(X)`."""
        self.gp.eval()
        with exact_algebra(), torch.no_grad():
            latent = self.gp(X)
            shift, scale = self.model._affine()
            return latent.mean * scale + shift, latent.covariance_matrix * scale**2


def log_lengthscales(model, value):
    """Set every covariance hyperparameter of a model to `log(value)`, the noise kept."""
    theta = model.hyperparameters()["theta"]
    count = len(model._outcomes[0].covariance.theta)
    theta[:, :count] = log(value)
    set_theta(model, theta)


def set_theta(model, theta):
    model.load_state_dict({**model.state_dict(), "theta": theta})
