"""The ensemble of infinitely wide trained networks."""

from __future__ import annotations

import pytest
import torch

from augury.errors import NotSupportedError
from augury.kernels import NTKKernel
from augury.models import GaussianProcess, NTKEnsemble
from augury.networks import Activation, Dense, Sequential
from augury.networks.architecture import learning_rates
from augury.testing import MODEL_CHECKS


def data(n=8, d=2):
    X = torch.rand(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return X, (3.0 * X).sin().sum(-1, keepdim=True)


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.__name__)
def test_the_model_conforms(check):
    check(NTKEnsemble)


def test_the_mean_is_that_of_the_process_with_the_tangent_kernel():
    X, Y = data(20)
    noise = torch.full_like(Y, 0.01)
    ensemble = NTKEnsemble(X, Y, noise, depth=2).fit()
    process = GaussianProcess(X, Y, noise, covar_module=NTKKernel(2, 2.0, 0.1)).fit()
    new = data(6)[0] + 0.1
    torch.testing.assert_close(ensemble.posterior(new).mean, process.posterior(new).mean)


def test_wide_networks_trained_by_gradient_descent_are_the_ensemble():
    """Full-batch descent from independent starts, on standard networks with the kernel's learning rates."""
    width, members, noise = 200, 48, 0.2
    X, Y = data(5)
    new = torch.tensor([[0.1, 0.9], [0.9, 0.2], [0.5, 0.5]], dtype=torch.float64)
    network = Sequential(Dense(width, 2.0, 0.1), Activation("erf"), Dense(1, 2.0, 0.1))
    model = NTKEnsemble(X, Y, torch.full_like(Y, noise), architecture=network, outcome_transform=None)
    constant = model.process.regressions.outcomes[0].constant
    expected = model.posterior(new)
    predictions = trained(network, X, Y - constant, noise, members, new) + constant
    spread = expected.variance.squeeze(-1).sqrt()
    error = (predictions.mean(0) - expected.mean.squeeze(-1)).abs()
    assert (error < 4.0 * spread / members**0.5 + 0.03).all()
    assert (predictions.std(0) / spread).log().abs().max() < 4.0 / (2.0 * members) ** 0.5 + 0.05
    untrained = network.nngp()(new, diag=True).sqrt()  # which the tolerances tell from trained ones
    assert (spread / untrained).log().abs().max() > 0.5


def trained(network, X, Y, noise, members, new):
    """The predictions (`members x N`) at `new` of all members, trained side by side."""
    modules = [network.module(X.shape[-1], seed=seed) for seed in range(members)]
    rates = learning_rates(network, modules[0])
    weights, _ = torch.func.stack_module_state(modules)
    start = {name: value.detach().clone() for name, value in weights.items()}

    def outputs(values, points):
        return torch.func.vmap(lambda v: torch.func.functional_call(modules[0], v, (points,)))(values)

    for _ in range(700):
        loss = 0.5 * (outputs(weights, X) - Y).square().sum()
        slopes = torch.autograd.grad(loss, list(weights.values()))
        for (name, value), slope in zip(weights.items(), slopes, strict=True):
            value.data -= 0.04 * (rates[name] * slope + noise * (value.data - start[name]))
    return outputs(weights, new).detach().squeeze(-1)


def test_a_tensor_of_noise_is_refused():
    X, Y = data()
    with pytest.raises(NotSupportedError, match="the noise it inferred"):
        NTKEnsemble(X, Y).fit().posterior(X, observation_noise=torch.ones(8, 1))
