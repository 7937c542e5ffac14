"""Softmax-free attention (SOFT): a Gaussian kernel between tokens, of low rank."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from augury.errors import InvalidInputError
from augury.kernels.rbf_attention import RBFAttentionKernel, gaussian_similarity
from augury.networks.softmax_free.landmarks import Landmarks, require_grid
from augury.numerics.seeding import global_generator
from augury.numerics.spd_inverse import cholesky_inverse, newton_inverse

_CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d}


@final
class SoftmaxFreeAttention(nn.Module):
    r"""Multi-head self-attention by a Gaussian kernel and landmarks, linear in the number of tokens.

    .. math::
        \hat S = P^\top (A + \epsilon I)^{-1} P, \qquad A = s(T, T), \qquad P = s(T, Q), \qquad
        s(q, q')= \exp\Big(-\frac{\|q - q'\|^2}{2 \sqrt{e}}\Big)

    with queries `Q` (which are the keys as well), landmarks `T` of them, and heads of `e` entries; the
    result is `\hat S V`, multiplied from the right, then a linear map. With `normalize` (SOFT++)
    `D^{-1/2} (A + \epsilon I)^{-1} D^{-1/2}`, `D = diag(A 1)`, takes the inverse's place; the norm of the
    matrix then grows far less with the number of tokens.

    Source: Lu et al. (2021), SOFT: softmax-free transformer with linear complexity; Lu et al. (2024),
    Softmax-free linear transformers.

    Args:
        width: of the tokens.
        heads: number of heads; divides the width.
        ratio: tokens for each landmark, along each axis.
        axes: of the tokens' grid, 1 or 2.
        sampling: of the landmarks, as in `Landmarks`.
        normalize: symmetric normalisation.
        inverse: "cholesky", or "newton" as published: products of matrices only, but where it has not
            converged its gradient is not that of its value, and a line search (L-BFGS) then hardly gets on.
        iterations: of Newton's method.
        jitter: `epsilon`.
        value_window: length of a depthwise convolution of the values, one for each head, that is added to
            the result (released code: 9, 5 and 3 in its three stages); an odd number, or None.
        seed: of the initial weights.
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        InvalidInputError: heads that do not divide the width, and other sizes and names not allowed.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        ratio: int = 2,
        axes: int = 1,
        *,
        sampling: str = "pool",
        normalize: bool = False,
        inverse: str = "cholesky",
        iterations: int = 20,
        jitter: float = 1e-2,
        value_window: int | None = None,
        seed: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        if heads < 1 or width < 1 or width % heads:
            raise InvalidInputError(f"heads must divide the width; given {heads} heads and width {width}")
        if inverse not in ("newton", "cholesky"):
            raise InvalidInputError(f"inverse must be 'newton' or 'cholesky'; given {inverse!r}")
        if not 0.0 <= jitter < float("inf") or iterations < 1:
            raise InvalidInputError(
                f"jitter must be 0 or more and iterations 1 or more; given {jitter}, {iterations}"
            )
        if value_window is not None and value_window % 2 != 1:
            raise InvalidInputError(f"value_window must be an odd number; given {value_window}")
        self.width, self.heads, self.axes = width, heads, axes
        self.normalize, self.inverse, self.iterations, self.jitter = normalize, inverse, iterations, jitter
        with global_generator(torch.Generator().manual_seed(seed)):
            self.queries = nn.Linear(width, width, dtype=dtype)
            self.values = nn.Linear(width, width, dtype=dtype)
            self.landmarks = Landmarks(width // heads, ratio, axes, sampling, dtype)
            self.output = nn.Linear(width, width, dtype=dtype)
            self.value_convolution: nn.Module | None = None
            if value_window is not None:
                self.value_convolution = _CONVOLUTIONS[axes](
                    heads, heads, value_window, padding="same", groups=heads, bias=False, dtype=dtype
                )
        self.to(device)

    def forward(self, tokens: Tensor, grid: tuple[int, ...] | None = None) -> Tensor:
        """`B x n x width` for `B x n x width`.

        Args:
            tokens: in the grid's order, its last axis fastest.
            grid: lengths of the grid's axes; `(n,)` when None.

        Raises:
            InvalidInputError: a grid that does not hold the tokens, or that landmarks do not tile.
        """
        grid = (tokens.shape[-2],) if grid is None else tuple(grid)
        require_grid(tokens.shape[-2], grid, self.axes)
        V = self._split(self.values(tokens))
        P, middle = self.factors(tokens, grid)
        mixed = P.mT @ (middle @ (P @ V))
        if self.value_convolution is not None:
            field = V.movedim(-1, 1).flatten(0, 1).unflatten(-1, grid)  # (B e) x heads x grid
            smooth = self.value_convolution(field).flatten(2).unflatten(0, (len(V), -1))
            mixed = mixed + smooth.movedim(1, -1)
        out: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return out

    def factors(self, tokens: Tensor, grid: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """`P` (`B x heads x m x n`) and `M` (`B x heads x m x m`): the matrix of attention is `P^T M P`."""
        Q = self._split(self.queries(tokens))
        T = self._landmarks_of(Q, grid)
        A, P = gaussian_similarity(T, T), gaussian_similarity(T, Q)
        regular = A + self.jitter * torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)
        if self.inverse == "newton":
            middle = newton_inverse(regular, self.iterations)
        else:
            middle = cholesky_inverse(regular)
        if self.normalize:
            scale = A.sum(-1, keepdim=True).rsqrt()
            middle = scale * middle * scale.mT
        return P, middle

    def kernel(
        self, head: int, tokens: Tensor | None = None, grid: tuple[int, ...] | None = None
    ) -> RBFAttentionKernel:
        """The attention of one head as a covariance function of tokens, with copies of the present weights.

        Args:
            head: which head.
            tokens: `n x width`, whose landmarks the kernel has; None for the whole kernel, of full rank.
            grid: of the tokens, as in `forward`.

        Raises:
            InvalidInputError: no such head, or a grid that does not fit.
        """
        if not 0 <= head < self.heads:
            raise InvalidInputError(f"head must be in 0..{self.heads - 1}; given {head}")
        size = self.width // self.heads
        rows = slice(head * size, (head + 1) * size)
        with torch.no_grad():
            # asked of the map itself: it may have been factorised
            place = next(self.queries.parameters())
            eye = torch.eye(self.width, dtype=place.dtype, device=place.device)
            bias = self.queries(torch.zeros_like(eye[:1]))
            weight = self.queries(eye) - bias
            embedding = nn.utils.skip_init(
                nn.Linear, self.width, size, dtype=place.dtype, device=place.device
            )
            embedding.weight.copy_(weight[:, rows].T)
            embedding.bias.copy_(bias[0, rows])
            if tokens is None:
                return RBFAttentionKernel(embedding)
            grid = (len(tokens),) if grid is None else tuple(grid)
            T = self._landmarks_of(self._split(self.queries(tokens[None])), grid)[0, head]
        return RBFAttentionKernel(embedding, T, normalize=self.normalize, jitter=self.jitter)

    def _landmarks_of(self, Q: Tensor, grid: tuple[int, ...]) -> Tensor:
        # the published landmarks are taken of queries over e^(1/4), which a learnt map notices
        scale = Q.shape[-1] ** 0.25
        taken: Tensor = self.landmarks(Q.flatten(0, 1) / scale, grid)
        return (scale * taken).unflatten(0, Q.shape[:2])

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)
