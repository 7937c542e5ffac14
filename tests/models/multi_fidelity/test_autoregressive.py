"""The closed form of co-kriging's covariance against the kernel that it equals, and finite differences."""

import numpy as np
import pytest
import torch
from gpytorch.kernels import AdditiveKernel

from augury.kernels import AR1Kernel
from augury.models.exact.autograd import AutogradCovariance
from augury.models.exact.features import Features
from augury.models.exact.marginal_likelihood import MarginalLikelihood
from augury.models.multi_fidelity.autoregressive import AutoregressiveCovariance
from augury.models.multi_fidelity.level_kernel import constant_kernel, level_kernel, level_lengthscales
from augury.models.multi_fidelity.levels import Levels
from tests.models.cases import central_differences

OWN = Features(2)
GRAPHS = {"chain": None, "graph": [[], [], [0, 1]], "one level": None}


def case(name):
    """Training inputs (level in the middle), the closed form, and the kernel of the same hyperparameters."""
    rng = np.random.default_rng(0)
    count = 1 if name == "one level" else 3
    X = rng.random((17, 2))
    levels = Levels(2)
    if count > 1:
        X, levels = np.insert(X, 1, np.arange(17) % 3, axis=1), Levels(3, 1, 3)
    priors = [level_lengthscales(OWN, correction=level > 0) for level in range(count)]
    closed = AutoregressiveCovariance(X, levels, priors, GRAPHS[name], 10.0)
    closed.theta = closed.theta + rng.normal(scale=0.4, size=closed.theta.shape)
    kernels = []
    for level in range(count):
        kernel, own = level_kernel(OWN, correction=level > 0), closed.theta[3 * level : 3 * level + 3]
        kernel.base_kernel.lengthscale = torch.from_numpy(np.exp(own[:2]))
        kernel.outputscale = torch.tensor(np.exp(own[2]), dtype=torch.float64)
        kernels.append(AdditiveKernel(kernel, constant_kernel(10.0)) if level else kernel)
    if count == 1:
        return X, closed, AutogradCovariance(X, kernels[0])
    joint = AR1Kernel(kernels, 1, GRAPHS[name])
    joint.rho = torch.from_numpy(closed.factors)
    return X, closed, AutogradCovariance(X, joint)


@pytest.mark.parametrize("name", GRAPHS)
def test_it_is_the_covariance_of_the_kernel(name):
    X, closed, kernel = case(name)
    new = X[:5] + np.array([0.1, 0.0, 0.2])[[0, 1, 2] if X.shape[1] == 3 else [0, 2]]
    np.testing.assert_allclose(closed.matrix(closed.theta), kernel.matrix(kernel.theta), rtol=1e-10)
    np.testing.assert_allclose(closed.diagonal(new), kernel.diagonal(new), rtol=1e-10)
    np.testing.assert_allclose(closed.cross(new), kernel.cross(new), rtol=1e-8, atol=1e-12)
    tensors = torch.from_numpy(new), torch.from_numpy(X)
    torch.testing.assert_close(closed.dense(*tensors), kernel.dense(*tensors).detach(), rtol=1e-8, atol=1e-12)
    expected, _ = kernel.log_prior(kernel.theta)
    # GPyTorch keeps its priors in single precision
    assert closed.log_prior(closed.theta)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_are_those_of_finite_differences(name):
    X, closed, kernel = case(name)
    weights = np.random.default_rng(1).normal(size=(5, len(X)))
    new = X[:5].copy()
    new[:, 0] += 0.13
    pairs = []
    for one in (closed, kernel):
        one.cross(new, gradient=True)
        pairs.append(one.cross_pullback(weights))
    np.testing.assert_allclose(*pairs, rtol=1e-8, atol=1e-10)
    likelihood = MarginalLikelihood(closed, np.sin(7.0 * X[:, 0]) + X[:, -1], None)
    theta = np.append(closed.theta, -2.0)
    expansion = likelihood.expand(theta)
    expected = central_differences(likelihood.value, theta)
    np.testing.assert_allclose(expansion.gradient, expected, rtol=2e-5, atol=1e-6)
    assert np.linalg.eigvalsh(expansion.curvature).min() > 0.0
    np.testing.assert_allclose(likelihood.value_gradient(theta)[1], expansion.gradient, rtol=1e-10)


@pytest.mark.parametrize("name", GRAPHS)
def test_products_of_the_derivatives_are_those_of_finite_differences(name):
    X, closed, _ = case(name)
    vector, theta, step = np.random.default_rng(2).normal(size=len(X)), closed.theta.copy(), 1e-6
    closed.matrix(theta)
    given = closed.derivatives(vector)
    for index in range(len(theta)):
        move = step * np.eye(len(theta))[index]
        difference = (closed.matrix(theta + move) - closed.matrix(theta - move)) / (2.0 * step)
        np.testing.assert_allclose(given[:, index], difference @ vector, rtol=1e-6, atol=1e-7)
