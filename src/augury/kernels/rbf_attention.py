"""Softmax-free attention as a covariance function."""

from __future__ import annotations

from typing import Any, final

import torch
from gpytorch.kernels import Kernel
from linear_operator.operators import LowRankRootLinearOperator, MatmulLinearOperator
from linear_operator.utils.cholesky import psd_safe_cholesky
from torch import Tensor, nn

from augury.errors import InvalidInputError


def gaussian_similarity(Q1: Tensor, Q2: Tensor) -> Tensor:
    r"""The attention of one set of tokens to another, without softmax.

    .. math:: S_{ij} = \exp\Big(-\frac{\|q_i - q_j\|^2}{2 \sqrt{e}}\Big)

    Args:
        Q1: `... x n1 x e`.
        Q2: `... x n2 x e`.

    Returns:
        `... x n1 x n2`, entries in (0, 1].
    """
    centre = Q2.mean(-2, keepdim=True)  # differences do not change, and their expansion rounds less
    Q1, Q2 = Q1 - centre, Q2 - centre
    squares = Q1.square().sum(-1, keepdim=True) + Q2.square().sum(-1).unsqueeze(-2)
    distances = (squares - 2.0 * Q1 @ Q2.mT).clamp(min=0.0)  # rounding can make them negative
    return torch.exp(distances * (-0.5 * Q1.shape[-1] ** -0.5))


@final
class RBFAttentionKernel(Kernel):
    r"""The matrix of softmax-free attention, as a kernel.

    .. math::
        k(x, x') = s\big(q(x), q(x')\big), \qquad s(q, q') = \exp\Big(-\frac{\|q - q'\|^2}{2 \sqrt{e}}\Big)

    and with landmarks `t_1, ..., t_m` its approximation of rank `m`, with `A = s(t, t)` and
    `p(x) = s(t, q(x))`,

    .. math::
        \hat k(x, x') = p(x)^\top \big(A + \epsilon I\big)^{-1} p(x'), \qquad
        \tilde k(x, x') = p(x)^\top D^{-1/2} \big(A + \epsilon I\big)^{-1} D^{-1/2} p(x'),

    the second with symmetric normalisation, `D = diag(A 1)`. So the attention matrix is GPyTorch's
    `RBFKernel` of lengthscale `e^{1/4}` on the embedded tokens, and its approximation is the
    `InducingPointKernel` without correction of the diagonal.

    Source: Lu et al. (2021), SOFT; Lu et al. (2024), Softmax-free linear transformers (normalisation).

    Args:
        embedding: `q`, maps `... x n x d` to `... x n x e`; the identity when None.
        landmarks: `m x e`, embedded; learnt if an `nn.Parameter`. None for the whole kernel.
        normalize: whether the approximation is normalised.
        jitter: `epsilon`.

    Raises:
        InvalidInputError: landmarks that are not a matrix, a negative jitter, normalisation without
            landmarks.
    """

    def __init__(
        self,
        embedding: nn.Module | None = None,
        landmarks: Tensor | None = None,
        *,
        normalize: bool = False,
        jitter: float = 0.0,
    ) -> None:
        super().__init__()
        if landmarks is not None and (landmarks.ndim != 2 or not len(landmarks)):
            raise InvalidInputError(f"landmarks must be m x e; given {tuple(landmarks.shape)}")
        if landmarks is None and normalize:
            raise InvalidInputError("the normalisation is by the landmarks; give landmarks")
        if not 0.0 <= jitter < float("inf"):
            raise InvalidInputError(f"jitter must be 0 or more; given {jitter}")
        self.embedding = nn.Identity() if embedding is None else embedding
        self.normalize, self.jitter = normalize, jitter
        if isinstance(landmarks, nn.Parameter):
            self.landmarks = landmarks
        else:
            self.register_buffer("landmarks", landmarks)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Any:
        """`... x n1 x n2`, or `... x n` with `diag`."""
        Q1 = self.embedding(x1)
        same = x1 is x2 or (x1.shape == x2.shape and torch.equal(x1, x2))
        Q2 = Q1 if same else self.embedding(x2)
        if self.landmarks is None:
            if diag:
                return torch.exp((Q1 - Q2).square().sum(-1) * (-0.5 * Q1.shape[-1] ** -0.5))
            return gaussian_similarity(Q1, Q2)
        R1 = self._root(Q1)
        R2 = R1 if same else self._root(Q2)
        if diag:
            return (R1 * R2).sum(-1)
        return LowRankRootLinearOperator(R1) if same else MatmulLinearOperator(R1, R2.mT)

    def _root(self, Q: Tensor) -> Tensor:
        """`... x n x m` features whose inner products are the approximation."""
        A = gaussian_similarity(self.landmarks, self.landmarks)
        P = gaussian_similarity(self.landmarks, Q)
        if self.normalize:
            P = P * A.sum(-1, keepdim=True).rsqrt()
        eye = torch.eye(len(A), dtype=A.dtype, device=A.device)
        factor = psd_safe_cholesky(A + self.jitter * eye)
        return torch.linalg.solve_triangular(factor, P, upper=False).mT
