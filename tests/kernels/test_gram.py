"""Gram kernels against GPyTorch's and closed forms."""

from __future__ import annotations

import pytest
import torch
from gpytorch.kernels import RBFKernel

from augury.errors import InvalidInputError
from augury.kernels.gram import ArcCosineGram, GramKernel, LinearGram, RBFGram
from tests.models.cases import points

KERNELS = {
    "rbf": lambda: RBFGram(0.7),
    "steps": lambda: ArcCosineGram(0),
    "relu": lambda: ArcCosineGram(1, 1.3, 0.2),
    "linear": LinearGram,
    "sum": lambda: RBFGram() + LinearGram() + ArcCosineGram(),
}


def covariance(kernel: GramKernel, A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return kernel(A @ B.T, A.square().sum(-1), B.square().sum(-1))


@pytest.mark.parametrize("name", KERNELS)
def test_it_is_a_covariance_with_the_variances_it_tells(name) -> None:
    kernel, X = KERNELS[name](), points(12, 3) - 0.5
    K = covariance(kernel, X, X)
    torch.testing.assert_close(K, K.T)
    assert torch.linalg.eigvalsh(K).min() > -1e-10
    torch.testing.assert_close(
        K.diagonal(), kernel.variance(X.square().sum(-1)).detach(), rtol=1e-7, atol=1e-7
    )


def test_the_squared_exponential_is_gpytorch_s() -> None:
    X, Z, peer = points(5, 3), points(4, 3, seed=1), RBFKernel().double()
    peer.lengthscale = 0.7
    torch.testing.assert_close(covariance(RBFGram(0.7), X, Z), peer(X, Z).to_dense().detach())


@pytest.mark.parametrize(("order", "unit"), [(0, lambda a: (a > 0).double()), (1, lambda a: a.clamp_min(0))])
def test_the_arc_cosine_is_the_mean_over_random_units(order, unit) -> None:
    """`2 E[phi(w.a) phi(w.b)]` with `w ~ N(0, v)` and a bias `N(0, b)`."""
    X = points(4, 2, seed=2) - 0.5
    weights = torch.randn(3, 400_000, generator=torch.Generator().manual_seed(0)).double()
    scaled = torch.cat([1.5**0.5 * X, torch.full((4, 1), 0.3**0.5).double()], dim=-1)
    units = unit(scaled @ weights)
    sampled = 2.0 * units @ units.T / weights.shape[1]
    torch.testing.assert_close(
        covariance(ArcCosineGram(order, 1.5, 0.3), X, X), sampled, rtol=0.02, atol=5e-3
    )


@pytest.mark.parametrize(
    "make", [lambda: RBFGram(0.0), lambda: ArcCosineGram(2), lambda: ArcCosineGram(1, bias_variance=-1.0)]
)
def test_what_makes_no_kernel_is_refused(make) -> None:
    with pytest.raises(InvalidInputError, match="must be"):
        make()
