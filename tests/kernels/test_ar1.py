"""The covariance of co-kriging: its formula, its limits, its gradients, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel, RBFKernel, ScaleKernel

from augury.errors import InvalidInputError
from augury.kernels import AR1Kernel

DIAMOND = [[], [0], [0], [1, 2]]


def kernels(count):
    made = [ScaleKernel(base(ard_num_dims=2)).double() for base in [RBFKernel, MaternKernel] * count]
    for index, kernel in enumerate(made):
        kernel.outputscale = 0.5 + index
        kernel.base_kernel.lengthscale = torch.tensor([0.3 + 0.1 * index, 0.8]).double()
    return made[:count]


def points(n, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(count, (n, 1), generator=generator).double()
    return torch.cat([torch.rand(n, 2, dtype=torch.float64, generator=generator), levels], dim=1)


def kernel_of(graph, rho):
    kernel = AR1Kernel(kernels(len(graph)), graph=graph)
    kernel.rho = torch.tensor(rho, dtype=torch.float64)
    return kernel


def published(kernel, X1, X2, rho):
    """Kennedy and O'Hagan (2000), entry by entry, for a chain."""
    K = np.zeros((len(X1), len(X2)))
    bases = [base(X1[:, :2], X2[:, :2]).to_dense().detach().numpy() for base in kernel.base_kernels]
    for a, t in enumerate(X1[:, 2].long().tolist()):
        for b, s in enumerate(X2[:, 2].long().tolist()):
            for j in range(min(t, s) + 1):
                K[a, b] += np.prod(rho[j:t]) * np.prod(rho[j:s]) * bases[j][a, b]
    return K


def test_a_chain_is_the_published_formula():
    rho = [1.7, -0.6]
    kernel = AR1Kernel(kernels(3))
    kernel.rho = torch.tensor(rho, dtype=torch.float64)
    X1, X2 = points(9, 3), points(7, 3, seed=1)
    np.testing.assert_allclose(
        kernel(X1, X2).to_dense().detach(), published(kernel, X1, X2, rho), rtol=1e-12, atol=1e-14
    )


def test_on_a_graph_it_is_the_covariance_of_the_recursion():
    kernel = kernel_of(DIAMOND, [0.5, -2.0, 3.0, 0.25])
    a, b, c, d = 0.5, -2.0, 3.0, 0.25
    # f3 = c (a f0 + d1) + d (b f0 + d2) + d3
    expected = [[1, 0, 0, 0], [a, 1, 0, 0], [b, 0, 1, 0], [c * a + d * b, c, d, 1]]
    np.testing.assert_allclose(kernel.coefficients.detach(), expected)


@pytest.mark.parametrize("graph", [[[]], [[], [0]], [[], [0], [1]], DIAMOND])
def test_it_is_symmetric_and_positive_definite_and_its_diagonal_its_own(graph):
    kernel = kernel_of(graph, [-1.5, 0.7, 2.0, 0.3][: sum(map(len, graph))])
    X = points(25, len(graph))
    K = kernel(X).to_dense().detach()
    torch.testing.assert_close(K, K.mT)
    assert torch.linalg.eigvalsh(K).min() > -1e-10 * K.diagonal().max()
    torch.testing.assert_close(kernel(X, diag=True).detach(), K.diagonal())


def test_one_level_is_the_base_kernel():
    kernel = AR1Kernel(kernels(1))
    X = points(6, 1)
    torch.testing.assert_close(kernel(X).to_dense(), kernel.base_kernels[0](X[:, :2]).to_dense())
    assert kernel.rho.numel() == 0


def test_factors_of_zero_decouple_the_levels():
    kernel = kernel_of([[], [0]], [0.0])
    X = points(12, 2)
    same = X[:, 2:] == X[:, 2]
    assert bool((kernel(X).to_dense()[~same] == 0).all())
    assert bool((kernel(X).to_dense()[same] != 0).all())


def test_gradients_are_those_of_finite_differences():
    kernel = kernel_of([[], [0], [1]], [1.3, -0.4])
    X1, X2 = points(4, 3), points(3, 3, seed=1)

    def value(rho, inputs):
        parameters = {"raw_rho": rho}
        moved = torch.cat([inputs, X1[:, 2:]], dim=1)
        return torch.func.functional_call(
            _Dense(kernel), {f"kernel.{k}": v for k, v in parameters.items()}, (moved, X2)
        )

    rho = kernel.rho.detach().clone().requires_grad_(True)
    assert torch.autograd.gradcheck(value, (rho, X1[:, :2].clone().requires_grad_(True)))


class _Dense(torch.nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel

    def forward(self, X1, X2):
        return self.kernel(X1, X2).to_dense()


def test_batches_of_inputs_are_the_matrices_side_by_side():
    kernel = kernel_of([[], [0]], [1.5])
    X = torch.stack([points(5, 2, seed=s) for s in range(3)])
    together = kernel(X).to_dense()
    for one, alone in zip(X, together, strict=True):
        torch.testing.assert_close(kernel(one).to_dense(), alone)


def test_the_level_may_be_any_column():
    first = kernel_of([[], [0]], [1.5])
    other = AR1Kernel(first.base_kernels, fidelity_dim=0)
    other.rho = first.rho
    X = points(6, 2)
    torch.testing.assert_close(first(X).to_dense(), other(X[:, [2, 0, 1]]).to_dense())


@pytest.mark.parametrize("level", [0.5, -1.0, 2.0])
def test_an_unknown_level_is_refused(level):
    X = points(3, 2)
    X[1, 2] = level
    with pytest.raises(InvalidInputError, match=f"fidelity, an integer from 0 to 1; given {level:g}"):
        AR1Kernel(kernels(2))(X).to_dense()


@pytest.mark.parametrize(
    ("graph", "message"),
    [([[], [1]], "level 1 the parents"), ([[]], "all 2 levels"), ([[], [0, 0]], "different levels")],
)
def test_a_graph_that_is_none_is_refused(graph, message):
    with pytest.raises(InvalidInputError, match=message):
        AR1Kernel(kernels(2), graph=graph)
