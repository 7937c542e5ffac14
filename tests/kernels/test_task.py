"""Covariances over tasks and sources: their formulas, definiteness, gradients, and what they refuse."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import MaternKernel, RBFKernel

from augury.errors import InvalidInputError
from augury.kernels import CoregionalizationKernel, LatentSourceKernel, MultiSourceKernel


def points(n, count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(count, (n, 1), generator=generator).double()
    return torch.cat([torch.rand(n, 2, dtype=torch.float64, generator=generator), codes], dim=1)


def made(name):
    if name == "tasks":
        return CoregionalizationKernel(RBFKernel().double(), 3, rank=2, shift_variance=0.5)
    if name == "latent":
        return latent_kernel()
    return MultiSourceKernel([RBFKernel().double(), MaternKernel().double(), RBFKernel().double()])


def latent_kernel(**options):
    kernel = LatentSourceKernel(RBFKernel().double(), 3, shift_variance=0.25, **options)
    if not options:
        kernel.raw_latents.data = torch.tensor([[0.4, -0.3], [1.5, 0.8]]).double()
    return kernel


def expected(kernel, X1, X2):
    K = torch.zeros(len(X1), len(X2), dtype=torch.float64)
    for i, a in enumerate(X1):
        for j, b in enumerate(X2):
            s, t = int(a[2]), int(b[2])
            if isinstance(kernel, CoregionalizationKernel):
                K[i, j] = (
                    kernel.task_covariance[s, t] * kernel.base_kernel(a[None, :2], b[None, :2]).to_dense()
                )
                K[i, j] += 0.5 * (s == t)
            elif isinstance(kernel, LatentSourceKernel):
                z = [torch.zeros(2), *kernel.raw_latents]
                factor = torch.exp(-0.5 * (z[s] - z[t]).square().sum())
                K[i, j] = factor * kernel.base_kernel(a[None, :2], b[None, :2]).to_dense()
                K[i, j] += 0.25 * (s == t)
            else:
                K[i, j] = kernel.base_kernels[0](a[None, :2], b[None, :2]).to_dense()
                if s == t > 0:
                    K[i, j] += kernel.base_kernels[s](a[None, :2], b[None, :2]).to_dense().squeeze()
    return K


@pytest.mark.parametrize("name", ["tasks", "sources", "latent"])
def test_the_formula_entry_by_entry(name):
    kernel, X1, X2 = made(name), points(6, 3), points(5, 3, seed=1)
    torch.testing.assert_close(kernel(X1, X2).to_dense(), expected(kernel, X1, X2))


@pytest.mark.parametrize("name", ["tasks", "sources", "latent"])
def test_it_is_positive_definite_with_its_diagonal(name):
    kernel, X = made(name), points(25, 3)
    K = kernel(X).to_dense().detach()
    torch.testing.assert_close(K, K.mT)
    assert torch.linalg.eigvalsh(K).min() > -1e-10
    torch.testing.assert_close(kernel(X, diag=True).detach(), K.diagonal())


@pytest.mark.parametrize("name", ["tasks", "sources", "latent"])
def test_gradients_by_the_inputs_are_slopes(name):
    kernel, X1, X2 = made(name), points(3, 3), points(3, 3, seed=1)

    def value(inputs):
        return kernel(torch.cat([inputs, X1[:, 2:]], dim=1), X2).to_dense()

    assert torch.autograd.gradcheck(value, X1[:, :2].clone().requires_grad_(True))


@pytest.mark.parametrize(("name", "word"), [("tasks", "task"), ("sources", "source"), ("latent", "source")])
def test_an_unknown_one_is_refused(name, word):
    X = points(3, 3)
    X[0, 2] = 3.0
    with pytest.raises(InvalidInputError, match=f"holds the {word}, an integer from 0 to 2; given 3"):
        made(name)(X).to_dense()


def test_a_rank_that_is_none_is_refused():
    with pytest.raises(InvalidInputError, match="rank must be from 1"):
        CoregionalizationKernel(RBFKernel(), 2, rank=3)


def test_given_positions_are_kept_and_not_learnt():
    given = torch.tensor([[0.0], [0.5], [2.0]]).double()
    kernel = latent_kernel(latents=given)
    torch.testing.assert_close(kernel.source_correlation, torch.exp(-0.5 * (given - given.mT).square()))
    assert not [name for name, _ in kernel.named_parameters() if "latents" in name]


@pytest.mark.parametrize("wrong", [{"latents": torch.zeros(2, 1)}, {"latent_dim": 0}])
def test_positions_that_are_none_are_refused(wrong):
    with pytest.raises(InvalidInputError, match="latent"):
        latent_kernel(**wrong)
