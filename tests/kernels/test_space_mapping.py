"""The covariance of space mapping: its formula, its limit at the identity, its gradients."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import RBFKernel

from augury.errors import InvalidInputError
from augury.kernels import AR1Kernel, SpaceMappingKernel
from tests.kernels.test_ar1 import kernels, points


def made(count=3, *, full=True, move=True):
    kernel = SpaceMappingKernel(kernels(count), mapped=[0, 1], full=full)
    kernel.rho = torch.tensor([1.3, -0.6][: count - 1]).double()
    if move:
        kernel.draw_maps(torch.Generator().manual_seed(1))
    return kernel


def explicit(kernel, X1, X2):
    """Entry by entry: the coefficient and the place of each point at each level below its own."""

    def parts(x):
        place, weight, found = x[:2], 1.0, {}
        for level in range(int(x[2]), -1, -1):
            found[level] = (place, weight)
            if level:
                A, b = kernel.matrices[level - 1], kernel.shifts[level - 1]
                place, weight = A @ (place - 0.5) + 0.5 + b, weight * kernel.rho[level - 1]
        return found

    K = torch.zeros(len(X1), len(X2)).double()
    for i, one in enumerate(map(parts, X1)):
        for j, two in enumerate(map(parts, X2)):
            for level in one.keys() & two.keys():
                (x, v), (y, w) = one[level], two[level]
                K[i, j] += v * w * kernel.base_kernels[level](x[None], y[None]).to_dense()[0, 0]
    return K


@pytest.mark.parametrize("full", [True, False])
def test_the_formula_entry_by_entry(full):
    kernel, X1, X2 = made(full=full), points(8, 3), points(6, 3, seed=1)
    torch.testing.assert_close(kernel(X1, X2).to_dense(), explicit(kernel, X1, X2))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_at_the_identity_it_is_the_covariance_of_co_kriging(count):
    kernel, chain, X = made(count, move=False), AR1Kernel(kernels(count)), points(12, count)
    chain.rho = kernel.rho
    torch.testing.assert_close(kernel(X).to_dense(), chain(X).to_dense())


def test_it_is_positive_definite_with_its_diagonal():
    kernel, X = made(), points(25, 3)
    K = kernel(X).to_dense().detach()
    torch.testing.assert_close(K, K.mT)
    assert torch.linalg.eigvalsh(K).min() > -1e-10 * K.diagonal().max()
    torch.testing.assert_close(kernel(X, diag=True).detach(), K.diagonal())


def test_gradients_by_the_inputs_are_slopes():
    kernel, X1, X2 = made(), points(3, 3), points(3, 3, seed=1)

    def value(inputs):
        return kernel(torch.cat([inputs, X1[:, 2:]], dim=1), X2).to_dense()

    assert torch.autograd.gradcheck(value, X1[:, :2].clone().requires_grad_(True))


def test_columns_that_are_not_mapped_are_left_alone():
    kernel = SpaceMappingKernel([RBFKernel(), RBFKernel()], mapped=[1])
    kernel.draw_maps(torch.Generator().manual_seed(0))
    X = points(5, 1)[:, :2]
    moved = kernel.map(X, 1)
    assert torch.equal(moved[:, 0], X[:, 0])
    assert not torch.equal(moved[:, 1], X[:, 1])


def test_no_kernel_is_refused():
    with pytest.raises(InvalidInputError, match="base_kernels"):
        SpaceMappingKernel([])
