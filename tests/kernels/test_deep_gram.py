"""Layers of Gram matrices: divergence, conditioning, and the frozen kernel."""

from __future__ import annotations

from math import inf

import gpytorch
import pytest
import torch
from botorch.models import SingleTaskGP
from torch.distributions import MultivariateNormal, kl_divergence

from augury.kernels.deep_gram import DeepGram, DeepGramKernel, GramLayer
from augury.kernels.gram import ArcCosineGram, RBFGram
from augury.testing import KERNEL_CHECKS
from tests.models.cases import outcomes, points

M = 6
Z = 2.0 * points(M, 2, seed=9) - 1.0


def moved(regularization: float = 10.0, seed: int = 0) -> DeepGram:
    """Two layers whose Gram matrices are not those of their kernels."""
    layers = [GramLayer(kernel, M, regularization) for kernel in (RBFGram(0.5), ArcCosineGram())]
    generator = torch.Generator().manual_seed(seed)
    for layer in layers:
        for parameter in (layer.lower, layer.log_diagonal):
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator).double()
    return DeepGram(layers, RBFGram(0.8), scale=1.7)


@pytest.mark.parametrize(
    "check",
    [check for check in KERNEL_CHECKS if check.__name__ != "is_differentiable_in_its_hyperparameters"],
    ids=lambda check: check.__name__,
)
def test_the_frozen_kernel_conforms(check) -> None:
    check(lambda: DeepGramKernel(moved(), Z))


def test_its_parameters_are_out_of_a_fit_s_reach() -> None:
    assert not any(parameter.requires_grad for parameter in DeepGramKernel(moved(), Z).parameters())


def test_it_serves_botorch_s_gaussian_process() -> None:
    X = points(10, 2)
    model = SingleTaskGP(X, outcomes(X), covar_module=DeepGramKernel(moved(), Z))
    assert torch.isfinite(model.posterior(points(3, 2, seed=1)).variance).all()


def test_the_divergence_is_that_of_the_two_normals() -> None:
    gram = moved()
    layer = gram.layers[0]
    with torch.no_grad():
        G0 = Z @ Z.T / 2
        K = layer.kernel(G0, G0.diagonal(), G0.diagonal())
        K = K + 1e-6 * K.diagonal().mean() * torch.eye(M).double()
        L = torch.linalg.cholesky(K)
        G = L @ layer.transform @ layer.transform.T @ L.T
        zero = torch.zeros(M).double()
        expected = kl_divergence(MultivariateNormal(zero, G), MultivariateNormal(zero, K))
        assert float(layer.divergence()) == pytest.approx(float(expected), rel=1e-8)
        total = sum(float(one.divergence()) for one in gram.layers)
        assert float(gram.penalty()) == pytest.approx(10.0 * total)


def test_other_rows_follow_by_the_gaussian_conditional() -> None:
    """`G_ti = A G_ii` and `G_tt = K_tt - A K_it + A G_ii A^T` by dense inverses."""
    layer, X = moved().layers[0], points(4, 2, seed=3)
    with torch.no_grad():
        both = torch.cat([Z, X])
        G0 = both @ both.T / 2
        K = layer.kernel(G0, G0.diagonal(), G0.diagonal())
        Kii = K[:M, :M] + 1e-6 * K.diagonal()[:M].mean() * torch.eye(M).double()
        L = torch.linalg.cholesky(Kii)
        Gii = L @ layer.transform @ layer.transform.T @ L.T
        A = K[M:, :M] @ torch.linalg.inv(Kii)
        Gtt = K[M:, M:] - A @ K[:M, M:] + A @ Gii @ A.T
        given = DeepGram([layer], RBFGram(1.0))(Z, X, full=True)
        d = torch.cat([Gii.diagonal(), Gtt.diagonal()])
        top = RBFGram(1.0)
        torch.testing.assert_close(given.inducing, top(Gii, d[:M], d[:M]))
        torch.testing.assert_close(given.cross, top(A @ Gii, d[M:], d[:M]))
        torch.testing.assert_close(given.own, top(Gtt, d[M:], d[M:]))
        alone = DeepGram([layer], RBFGram(1.0))(Z, X)
        torch.testing.assert_close(alone.own, given.own.diagonal())


class Composed(gpytorch.kernels.Kernel):
    """Squared exponentials of squared exponentials, by GPyTorch."""

    def __init__(self, lengthscales: list[float]) -> None:
        super().__init__()
        self.base = gpytorch.kernels.RBFKernel().double()
        self.base.lengthscale = torch.tensor(lengthscales[0], dtype=torch.float64)
        self.others = lengthscales[1:]

    def forward(self, x1, x2, diag=False, **params):
        K = self.base(x1, x2, diag=diag)
        K = K if diag else K.to_dense()
        for lengthscale in self.others:  # features of norm one lie at the squared distance 2 - 2 k
            K = torch.exp(-(1.0 - K) / lengthscale**2)
        return K


def test_without_learning_it_is_the_composed_kernel_exactly() -> None:
    X, scales = 2.0 * points(7, 2, seed=3) - 1.0, [0.5, 0.9, 1.3]
    layers = [GramLayer(RBFGram(scale), M, inf) for scale in scales[:2]]
    kernel = DeepGramKernel(DeepGram(layers, RBFGram(scales[2])), Z)
    composed = Composed([scales[0] * 2.0**0.5, *scales[1:]])  # distances are divided by the two inputs
    for other in (X, points(3, 2)):
        expected = composed(X, other).to_dense().detach()
        torch.testing.assert_close(kernel(X, other).to_dense(), expected, rtol=1e-12, atol=1e-13)
