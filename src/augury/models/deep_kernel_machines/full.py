"""The objective with the Gram matrices of all rows: for few rows, and to check the sparse one against."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from augury.kernels.gram import GramKernel


def gaussian_divergence(G: Tensor, K: Tensor) -> Tensor:
    """`KL(N(0, G) || N(0, K)) = (tr K^{-1} G - log det K^{-1} G - P) / 2` of positive definite `P x P`."""
    factor = torch.linalg.cholesky(K)
    root = torch.linalg.solve_triangular(factor, torch.linalg.cholesky(G), upper=False)
    return 0.5 * (root.square().sum() - len(G)) - root.diagonal().log().sum()


def full_objective(
    grams: Sequence[Tensor],
    first: Tensor,
    regularization: Sequence[float],
    kernel: GramKernel,
    log_likelihood: Callable[[Tensor], Tensor],
) -> Tensor:
    """`log p(Y | K(G_L)) - sum nu_l KL(N(0, G_l) || N(0, K(G_{l-1})))`.

    Args:
        grams: `G_1 ... G_L`, `P x P` each, positive definite.
        first: `G_0`.
        regularization: `nu_1 ... nu_L`.
        kernel: of every layer and on top.
        log_likelihood: of the outcomes, given the covariance of the functions.

    Source: Yang et al. (2023), eq. 17.
    """
    total, before = torch.zeros((), dtype=torch.float64), first
    for G, nu in zip(grams, regularization, strict=True):
        total = total - nu * gaussian_divergence(G, _covariance(kernel, before))
        before = G
    return total + log_likelihood(_covariance(kernel, before))


def gaussian_log_likelihood(Y: Tensor, noise: Tensor | float) -> Callable[[Tensor], Tensor]:
    """That of independent outcomes (`P x C`) with a noise variance, as `full_objective` takes it."""

    def log_likelihood(K: Tensor) -> Tensor:
        covariance = K + noise * torch.eye(len(K), dtype=K.dtype)
        return MultivariateNormal(torch.zeros(len(K)).to(K), covariance).log_prob(Y.T).sum()

    return log_likelihood


def _covariance(kernel: GramKernel, G: Tensor) -> Tensor:
    return kernel(G, G.diagonal(), G.diagonal())
