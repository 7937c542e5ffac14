"""Many Gaussian-process posterior means side by side, with their gradients, made to be climbed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.errors import InvalidInputError

#: Kernel values at once: their matrix stays in the processor's cache.
_BLOCK = 262_144
_JITTER = 1e-6


@dataclass(frozen=True)
class PosteriorMeans:
    r"""S posterior means of Gaussian processes with squared exponential kernels on the same data.

    .. math::
        g_s(x) = k_s(x, Z) \, \alpha_s, \qquad k_s(x, z) = a_s \exp\bigl(-\|x - z\|^2 / 2 l_s^2\bigr), \qquad
        \nabla g_s(x) = \sum_j k_s(x, z_j) \, \alpha_{sj} \, (z_j - x) / l_s^2

    Exact with all rows as centres, :math:`\alpha_s = (K_s + \sigma^2 I)^{-1} y`. With fewer centres than rows
    it is the mean of the projected process (the Nyström approximation): with m centres,
    :math:`\alpha_s = (\sigma^2 K_{ZZ} + K_{ZX} K_{XZ})^{-1} K_{ZX} y`. No hyperparameter is fitted.

    Values and gradients come from two products with matrices that are prepared once, in single precision; the
    weights are found in double precision.

    Args:
        lengthscales: S.
        exponent: `S x (D + 2) x m`, of which the product with `(x, 1, |x|^2)` is the logarithm of the kernel.
        weights: `S x m x (D + 1)`: the weights of the centres times `(z, 1)`.

    Source: Dao et al., arXiv:2509.16300 (2025), for the functions; Rasmussen and Williams (2006), eq. 8.14,
    for the projected process.
    """

    lengthscales: Tensor
    exponent: Tensor
    weights: Tensor

    @classmethod
    def fit(
        cls,
        Z: Tensor,
        y: Tensor,
        lengthscales: Tensor,
        outputscales: Tensor,
        *,
        noise: float = 0.01,
        centres: Tensor | None = None,
    ) -> Self:
        """Condition on data.

        Args:
            Z: `n x D` inputs.
            y: n outcomes, of mean 0.
            lengthscales: S.
            outputscales: S variances.
            noise: the variance of the errors.
            centres: `m x D`; all inputs when None.

        Raises:
            InvalidInputError: lengthscales, variances or the noise not positive.
        """
        if not (bool((lengthscales > 0).all()) and bool((outputscales > 0).all()) and noise > 0.0):
            raise InvalidInputError("lengthscales, output scales and the noise of a process must be positive")
        targets = y.double()[:, None]
        at = (Z if centres is None else centres).double()
        squares = _squared_distances(at, at)
        across = None if centres is None else _squared_distances(at, Z.double())
        alphas = []
        for length, scale in zip(lengthscales.double(), outputscales.double(), strict=True):
            K = _kernel(squares, length, scale)
            if across is None:
                K.diagonal().add_(noise)
                alphas.append(torch.cholesky_solve(targets, torch.linalg.cholesky(K))[:, 0])
                continue
            # with K_ZZ = L L', the weights are L'^-1 (noise I + L^-1 K_ZX K_XZ L'^-1)^-1 L^-1 K_ZX y
            K.diagonal().add_(_JITTER * scale)
            L = torch.linalg.cholesky(K)
            C = _kernel(across, length, scale)
            half = torch.linalg.solve_triangular(L, C @ C.T, upper=False)
            B = torch.linalg.solve_triangular(L, half.T, upper=False)
            B.diagonal().add_(noise)
            sums = torch.linalg.solve_triangular(L, C @ targets, upper=False)
            inner = torch.cholesky_solve(sums, torch.linalg.cholesky(B))
            alphas.append(torch.linalg.solve_triangular(L.T, inner, upper=True)[:, 0])
        return cls._prepared(at, torch.stack(alphas), lengthscales.double(), outputscales.double())

    @classmethod
    def _prepared(cls, at: Tensor, alphas: Tensor, lengthscales: Tensor, outputscales: Tensor) -> Self:
        precision = lengthscales.square().reciprocal()
        squares = -0.5 * precision[:, None] * at.square().sum(dim=1)
        exponent = torch.cat(
            [
                precision[:, None, None] * at.T,
                (squares + outputscales.log()[:, None])[:, None],
                (-0.5 * precision)[:, None, None].expand(-1, 1, len(at)),
            ],
            dim=1,
        )
        weights = alphas[:, :, None] * torch.cat([at, at.new_ones(len(at), 1)], dim=1)
        return cls(lengthscales.float(), exponent.float(), weights.float())

    def __len__(self) -> int:
        return len(self.lengthscales)

    def value_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Values (`S x N`) and gradients (`S x N x D`) at points of each function's own (`S x N x D`)."""
        S, N, D = X.shape
        lifted = torch.cat([X, X.new_ones(S, N, 1), X.square().sum(dim=-1, keepdim=True)], dim=-1)
        sums = X.new_empty(S, N, D + 1)
        rows = max(16, _BLOCK // self.weights.shape[1])
        for s in range(S):
            for start in range(0, N, rows):
                K = (lifted[s, start : start + rows] @ self.exponent[s]).exp_()
                torch.mm(K, self.weights[s], out=sums[s, start : start + rows])
        values = sums[..., -1]
        slopes = (sums[..., :-1] - X * values[..., None]) / self.lengthscales.square()[:, None, None]
        return values, slopes


def _squared_distances(A: Tensor, B: Tensor) -> Tensor:
    return torch.cdist(A, B).square_()


def _kernel(squares: Tensor, length: Tensor, scale: Tensor) -> Tensor:
    return torch.exp(squares * (-0.5 / float(length) ** 2)).mul_(float(scale))
