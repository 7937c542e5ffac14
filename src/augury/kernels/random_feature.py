"""The kernel of a feature map with finitely many features."""

from __future__ import annotations

from typing import Any, final

import torch
from gpytorch.kernels import Kernel
from linear_operator.operators import LinearOperator, MatmulLinearOperator, RootLinearOperator
from torch import Tensor, nn


@final
class RandomFeatureKernel(Kernel):
    r"""The covariance of a linear model in random features.

    .. math:: k(x, x') = \varphi(x)^T \varphi(x'), \qquad \varphi(x) \in \mathbb R^m

    As a root of rank `m`, so that GPyTorch solves `n x n` systems in `O(n m^2)` where there are more rows
    than features. It has no scale of its own: put it into a `ScaleKernel`. `BundledSurrogate` is the model
    that keeps no `n x n` matrix at all.

    Args:
        features: maps `... x n x d` to `... x n x m`: `RandomFeatures`, a bundled chain of them, or any
            module. Its parameters, if it has any, are hyperparameters.
    """

    has_lengthscale = False

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(
        self, x1: Tensor, x2: Tensor, diag: bool = False, last_dim_is_batch: bool = False, **params: Any
    ) -> Tensor | LinearOperator:
        """`... x n1 x n2`, or `... x n` with `diag`."""
        if last_dim_is_batch:
            x1, x2 = x1.mT.unsqueeze(-1), x2.mT.unsqueeze(-1)
        features = self.features(x1)
        same = x2 is x1 or (x1.shape == x2.shape and torch.equal(x1, x2))
        others = features if same else self.features(x2)
        if diag:
            return (features * others).sum(dim=-1)
        if same:
            return RootLinearOperator(features)
        return MatmulLinearOperator(features, others.mT)
