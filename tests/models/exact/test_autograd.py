"""A user's kernel, whatever gradient mode the caller is in."""

from __future__ import annotations

import numpy as np
import torch
from gpytorch.kernels import MaternKernel, ScaleKernel

from augury.models import GaussianProcess
from augury.models.exact.autograd import AutogradCovariance


def test_the_matrix_and_its_pullback_do_not_depend_on_the_callers_gradient_mode() -> None:
    X, weights = np.random.default_rng(0).random((9, 2)), np.ones((9, 9))
    covariance = AutogradCovariance(X, ScaleKernel(MaternKernel(2.5, ard_num_dims=1)))
    theta = covariance.theta
    matrix = covariance.matrix(theta)
    gradient = covariance.pullback(weights, matrix)
    assert np.abs(gradient).max() > 0.0
    with torch.no_grad():
        again = covariance.matrix(theta)
        assert np.array_equal(covariance.pullback(weights, again), gradient)
    assert np.array_equal(again, matrix)


def test_a_fit_without_gradients_of_the_callers_is_the_same_fit() -> None:
    X = torch.from_numpy(np.random.default_rng(1).random((12, 2)))
    Y = torch.sin(4.0 * X).sum(dim=1, keepdim=True)
    fitted = GaussianProcess(X, Y, covar_module=MaternKernel(2.5)).fit()
    with torch.no_grad():
        again = GaussianProcess(X, Y, covar_module=MaternKernel(2.5)).fit()
    for name, value in fitted.hyperparameters().items():
        assert torch.equal(again.hyperparameters()[name], value)
