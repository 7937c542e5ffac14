"""The full objective: the linear kernel's closed form, and the sparse bound with all rows inducing."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from augury.inference.sparse.collapsed import collapsed_bound, statistics
from augury.inference.sparse.rows import TensorRows
from augury.kernels.deep_gram import DeepGram, GramLayer
from augury.kernels.gram import LinearGram, RBFGram
from augury.models.deep_kernel_machines.covariance import DeepGramCovariance
from augury.models.deep_kernel_machines.full import (
    full_objective,
    gaussian_divergence,
    gaussian_log_likelihood,
)
from tests.models.cases import outcomes, points

P, L = 5, 3


def random_gram(seed: int) -> torch.Tensor:
    A = torch.randn(P, 2 * P, generator=torch.Generator().manual_seed(seed)).double()
    return A @ A.T / (2 * P)


def power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    """Of a product of two positive definite matrices, whose eigenvalues are real and positive."""
    values, vectors = np.linalg.eig(matrix.numpy())
    return torch.from_numpy((vectors * values**exponent @ np.linalg.inv(vectors)).real)


def linear_optimum() -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Gram matrices found by gradients, and `G_0 (G_0^{-1} S)^{l / (L + 1)}`."""
    G0, S = random_gram(0), random_gram(1)
    mask = torch.ones(P, P).tril().bool()

    def grams(vector: torch.Tensor) -> list[torch.Tensor]:
        factors = [
            torch.zeros(P, P).double().masked_scatter(mask, part) for part in vector.split(int(mask.sum()))
        ]
        return [factor @ factor.T for factor in factors]

    def objective(vector: np.ndarray) -> tuple[float, np.ndarray]:
        x = torch.from_numpy(vector).requires_grad_(True)
        value = -full_objective(
            grams(x), G0, [2.0] * L, LinearGram(), lambda K: -2.0 * gaussian_divergence(S, K)
        )
        (gradient,) = torch.autograd.grad(value, x)
        return float(value.detach()), gradient.numpy()

    start = torch.linalg.cholesky(G0)[mask].repeat(L).numpy()
    options = {"maxiter": 5000, "ftol": 0.0, "gtol": 1e-11, "maxcor": 60}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options).x
    ratio = torch.linalg.solve(G0, S)
    return grams(torch.from_numpy(found)), [G0 @ power(ratio, (level + 1) / (L + 1)) for level in range(L)]


def test_linear_kernels_interpolate_geometrically() -> None:
    for given, expected in zip(*linear_optimum(), strict=True):
        torch.testing.assert_close(given, expected, rtol=0.0, atol=1e-6)


def test_the_sparse_bound_with_all_rows_inducing_is_the_full_objective(monkeypatch) -> None:
    monkeypatch.setattr("augury.numerics.jittered.JITTER", 1e-11)
    X = 2.0 * points(P, 2) - 1.0
    Y, noise = outcomes(X) - 5.0, torch.tensor([0.1]).double()
    layers = [GramLayer(RBFGram(), P, nu) for nu in (3.0, 7.0)]
    for seed, layer in enumerate(layers):
        layer.lower.data = 0.3 * torch.randn(P, P, generator=torch.Generator().manual_seed(seed)).double()
    covariance = DeepGramCovariance(DeepGram(layers, RBFGram()), X)
    with torch.no_grad():
        grams, before = [], X @ X.T / 2
        for layer in layers:
            K = layer.kernel(before, before.diagonal(), before.diagonal())
            factor = torch.linalg.cholesky(K)
            grams.append(factor @ layer.transform @ layer.transform.T @ factor.T)
            before = grams[-1]
        likelihood = gaussian_log_likelihood(Y, float(noise))
        full = full_objective(grams, X @ X.T / 2, [3.0, 7.0], RBFGram(), likelihood)
        sparse = collapsed_bound(statistics(covariance, TensorRows(X, Y)), noise, P) - covariance.penalty()
    assert float(sparse) == pytest.approx(float(full), abs=1e-6)


def test_the_objective_is_the_log_likelihood_where_nothing_has_moved() -> None:
    X = points(P, 2)
    G0 = X @ X.T / 2 + 0.1 * torch.eye(P).double()
    with torch.no_grad():
        K = RBFGram()(G0, G0.diagonal(), G0.diagonal())
        Y = outcomes(X)
        value = full_objective([K], G0, [1e6], RBFGram(), gaussian_log_likelihood(Y, 0.1))
        KK = RBFGram()(K, K.diagonal(), K.diagonal())
        assert float(value) == pytest.approx(float(gaussian_log_likelihood(Y, 0.1)(KK)), abs=1e-6)
    assert inf > float(gaussian_divergence(random_gram(0), random_gram(1))) > 0.0
