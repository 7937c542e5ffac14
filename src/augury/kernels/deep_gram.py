"""Layers of Gram matrices that have moved away from what the kernel of the layer before dictates."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple, cast, final

import torch
from gpytorch.kernels import Kernel
from torch import Tensor, nn

from augury.kernels.gram import GramKernel
from augury.numerics.jittered import jittered_cholesky


class GramBlocks(NamedTuple):
    """Inner products of the features of `M` inducing points and of points.

    Args:
        inducing: `M x M`.
        cross: `... x q x M`.
        own: `... x q` squared norms, or `... x q x q`.
        square: `... x q` squared norms.
    """

    inducing: Tensor
    cross: Tensor
    own: Tensor
    square: Tensor

    @property
    def is_full(self) -> bool:
        """Whether `own` holds all inner products."""
        return self.own.dim() > self.square.dim()

    def through(self, kernel: GramKernel) -> GramBlocks:
        """The covariances that a kernel makes of them."""
        diagonal, square = self.inducing.diagonal(), self.square
        variance = kernel.variance(square)
        own = kernel(self.own, square, square) if self.is_full else variance
        return GramBlocks(
            kernel(self.inducing, diagonal, diagonal), kernel(self.cross, square, diagonal), own, variance
        )


@final
class GramLayer(nn.Module):
    r"""A kernel, and the Gram matrix of the inducing points that has been learnt in its place.

    .. math::
        G_{ii} = L V V^\top L^\top, \quad L L^\top = K_{ii}, \qquad
        G_{ti} = A G_{ii}, \quad G_{tt} = K_{tt} - A K_{it} + A G_{ii} A^\top, \quad A = K_{ti} K_{ii}^{-1}

    `V` is lower triangular and the identity at first, where the layer is its kernel; the divergence
    `KL(N(0, G_{ii}) || N(0, K_{ii}))` depends on `V` alone.

    Args:
        kernel: of the features of the layer before.
        num_inducing: `M`.
        regularization: the price of the divergence; infinite for a layer that stays its kernel.
    """

    regularization: Tensor

    def __init__(self, kernel: GramKernel, num_inducing: int, regularization: float) -> None:
        super().__init__()
        self.kernel = kernel
        self.register_buffer("regularization", torch.tensor(float(regularization), dtype=torch.float64))
        self.log_diagonal = nn.Parameter(torch.zeros(num_inducing, dtype=torch.float64))
        self.lower = nn.Parameter(torch.zeros(num_inducing, num_inducing, dtype=torch.float64))

    @property
    def is_fixed(self) -> bool:
        """Whether the layer stays its kernel."""
        return float(self.regularization) == inf

    @property
    def transform(self) -> Tensor:
        """`V`, `M x M`."""
        return self.lower.tril(-1) + self.log_diagonal.exp().diag()

    def forward(self, grams: GramBlocks) -> GramBlocks:
        """The inner products of this layer's features from those of the layer before."""
        K = grams.through(self.kernel)
        if self.is_fixed:
            return K
        factor = jittered_cholesky(K.inducing)
        B = torch.linalg.solve_triangular(factor, K.cross.mT, upper=False)
        V = self.transform
        moved, features = factor @ V, V.mT @ B
        own = K.own - B.mT @ B + features.mT @ features if K.is_full else K.own
        square = K.square - B.square().sum(-2) + features.square().sum(-2)
        return GramBlocks(moved @ moved.mT, (moved @ features).mT, own if K.is_full else square, square)

    def divergence(self) -> Tensor:
        """`KL(N(0, G_ii) || N(0, K_ii)) = (|V|^2 - log det V V^T - M) / 2`."""
        squares = self.transform.square().sum() - len(self.log_diagonal)
        return 0.5 * squares - self.log_diagonal.sum()


@final
class DeepGram(nn.Module):
    r"""A chain of Gram layers, and the kernel on the last: `K(G_L)`, `G_0 = X W X^\top / D`.

    Args:
        layers: in their order.
        top: the kernel of the last layer's features.
        scale: its variance at first; learnt.
        ard: how many inputs have a weight, learnt, in the diagonal matrix `W`; the identity when None.
    """

    def __init__(
        self, layers: Sequence[GramLayer], top: GramKernel, scale: float = 1.0, ard: int | None = None
    ) -> None:
        super().__init__()
        self.log_weights = None if ard is None else nn.Parameter(torch.zeros(ard, dtype=torch.float64))
        self._layers, self.top = nn.ModuleList(layers), top
        self.log_scale = nn.Parameter(torch.tensor(scale, dtype=torch.float64).log())

    @property
    def layers(self) -> list[GramLayer]:
        """In their order."""
        return [cast(GramLayer, layer) for layer in self._layers]

    def penalty(self) -> Tensor:
        """The sum over layers of regularisation times divergence."""
        total = torch.zeros((), dtype=torch.float64)
        for layer in self.layers:
            if not layer.is_fixed:
                total = total + layer.regularization * layer.divergence()
        return total

    def forward(self, inducing: Tensor, X: Tensor, *, full: bool = False) -> GramBlocks:
        """The covariances of inducing points (`M x D`) and points (`... x q x D`)."""
        if self.log_weights is not None:
            root = (0.5 * self.log_weights).exp()
            inducing, X = root * inducing, root * X
        grams = inner_products(inducing, X, full=full)
        for layer in self.layers:
            grams = layer(grams)
        scale = self.log_scale.exp()
        return GramBlocks(*(scale * part for part in grams.through(self.top)))


def inner_products(inducing: Tensor, X: Tensor, *, full: bool) -> GramBlocks:
    """`G_0`: the inner products of inputs, divided by their number `D`."""
    D = X.shape[-1]
    square = X.square().sum(-1) / D
    own = X @ X.mT / D if full else square
    return GramBlocks(inducing @ inducing.T / D, X @ inducing.T / D, own, square)


@final
class DeepGramKernel(Kernel):
    """The kernel that a deep kernel machine has learnt, frozen, for any GPyTorch or BoTorch model.

    Args:
        gram: the layers and the kernel on top; copied.
        inducing: `M x D` inducing points of the layers.
        inputs: from a model's inputs to `D` columns; as they are when None.
    """

    has_lengthscale = False

    def __init__(self, gram: DeepGram, inducing: Tensor, inputs: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gram = copy.deepcopy(gram).requires_grad_(False)
        self.register_buffer("inducing", inducing.detach().clone())
        self._inputs = inputs

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **params: Any) -> Tensor:
        """`... x n x m` covariances, or `... x n` of pairs with `diag`."""
        if self._inputs is not None:
            x1, x2 = self._inputs(x1), self._inputs(x2)
        if diag and torch.equal(x1, x2):
            own: Tensor = self.gram(self.inducing, x1).own
            return own
        if diag:
            pairs = self.gram(self.inducing, torch.stack([x1, x2], dim=-2), full=True).own
            return pairs[..., 0, 1]
        shape = torch.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        both = torch.cat([x1.expand(*shape, -1, -1), x2.expand(*shape, -1, -1)], dim=-2)
        n = x1.shape[-2]
        return self.gram(self.inducing, both, full=True).own[..., :n, n:]
