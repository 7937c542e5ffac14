"""A combination of fixed kernels as a covariance whose hyperparameters are the weights themselves."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from augury.kernels.linear_multiple.base import LinearMultipleKernel
from augury.kernels.linear_multiple.components import Components
from augury.models.exact.covariance import Covariance

#: Weights are not searched for above this many times the variance of standardised outcomes.
_LARGEST_WEIGHT = 1e4


class WeightedCovariance(Covariance):
    r"""`sum_j theta_j k_j(x, x')`, in which each component may be confined to rows of equal categories.

    A component of the kernel enters once for each of `scopes`, multiplied by whether two rows agree in the
    columns of that scope: the empty scope is shared by all rows.

    Args:
        X: `n x d` encoded training inputs.
        kernel: on the numeric columns.
        numeric: those columns.
        scopes: sets of categorical columns, at least one.
    """

    def __init__(
        self,
        X: np.ndarray,
        kernel: LinearMultipleKernel,
        numeric: Sequence[int],
        scopes: Sequence[Sequence[int]] = ((),),
    ) -> None:
        self.kernel = copy.deepcopy(kernel).double()
        self._numeric = list(numeric)
        self._scopes = [list(scope) for scope in scopes]
        self._inputs = torch.from_numpy(np.ascontiguousarray(X))
        self._last_cross: tuple[Tensor, Tensor] | None = None
        count = kernel.num_components * len(self._scopes)
        self.theta = np.full(count, 1.0 / count)

    def rebind(self, X: np.ndarray) -> WeightedCovariance:
        other = WeightedCovariance(X, self.kernel, self._numeric, self._scopes)
        other.theta = self.theta
        return other

    @cached_property
    def components(self) -> Components:
        """The matrices of all components at the training inputs."""
        return self.new_components()

    def new_components(self) -> Components:
        """The same, not kept: they can take hundreds of megabytes."""
        own = self.kernel.components(self._inputs[:, self._numeric])
        return _merged(own, [self._levels(scope) for scope in self._scopes])

    def _levels(self, scope: list[int]) -> np.ndarray:
        """`n x l`: which level of the scope each row has; one level for the empty scope."""
        codes = self._inputs[:, scope].numpy()
        _, level = np.unique(codes, axis=0, return_inverse=True)
        return np.eye(level.max() + 1)[level.reshape(-1)]

    # -- hyperparameters -------------------------------------------------------------------------------

    def bounds(self) -> np.ndarray:
        return np.stack([np.zeros_like(self.theta), np.full_like(self.theta, _LARGEST_WEIGHT)])

    def starts(self) -> np.ndarray:
        """Equal weights."""
        return np.full((1, len(self.theta)), 1.0 / len(self.theta))

    def log_prior(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.zeros_like(theta)

    # -- the training covariance -----------------------------------------------------------------------

    def matrix(self, theta: np.ndarray) -> np.ndarray:
        self.theta = np.array(theta, dtype=np.float64)
        with torch.no_grad():
            return np.array(self.dense(self._inputs, self._inputs).numpy(), order="F")

    def scratch(self) -> np.ndarray:
        n = len(self._inputs)
        return np.empty((n, n), order="F")

    def pullback(self, weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        return self.components.inner_products(np.tril(weights) + np.tril(weights, -1).T)

    # -- covariance with new inputs --------------------------------------------------------------------

    def cross(self, X: np.ndarray, *, gradient: bool = False) -> np.ndarray:
        inputs = torch.from_numpy(np.ascontiguousarray(X)).requires_grad_(gradient)
        with torch.set_grad_enabled(gradient):
            covariance = self.dense(inputs, self._inputs)
        if gradient:
            self._last_cross = inputs, covariance
        return covariance.detach().numpy()

    def cross_pullback(self, weights: np.ndarray) -> np.ndarray:
        assert self._last_cross is not None
        inputs, covariance = self._last_cross
        if not covariance.requires_grad:  # no weight is left
            return np.zeros(inputs.shape)
        expanded = torch.from_numpy(np.array(np.broadcast_to(weights, covariance.shape)))
        (gradient,) = torch.autograd.grad(covariance, inputs, expanded, retain_graph=True)
        return gradient.numpy()

    def diagonal(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self._variance(torch.from_numpy(np.ascontiguousarray(X))).numpy()

    def diagonal_gradient(self, X: np.ndarray) -> np.ndarray | None:
        inputs = torch.from_numpy(np.ascontiguousarray(X)).requires_grad_(True)
        with torch.enable_grad():
            variance = self._variance(inputs).sum()
        if not variance.requires_grad:
            return None
        (gradient,) = torch.autograd.grad(variance, inputs)
        return gradient.numpy()

    def dense(self, X1: Tensor, X2: Tensor) -> Tensor:
        shape = torch.broadcast_shapes(X1.shape[:-2], X2.shape[:-2])
        total = torch.zeros(*shape, X1.shape[-2], X2.shape[-2], dtype=torch.float64)
        for scope, weights, indices in self._active():
            part = self.kernel.combination(X1[..., self._numeric], X2[..., self._numeric], weights, indices)
            if scope:
                left, right = X1[..., scope].unsqueeze(-2), X2[..., scope].unsqueeze(-3)
                part = part * (left == right).all(dim=-1)
            total = total + part
        return total

    def _variance(self, X: Tensor) -> Tensor:
        total = torch.zeros(X.shape[:-1], dtype=torch.float64)
        for _, weights, indices in self._active():
            total = total + self.kernel.diagonal_combination(X[..., self._numeric], weights, indices)
        return total

    def _active(self) -> list[tuple[list[int], Tensor, Tensor]]:
        """Of each scope, its weights that are not zero and their components."""
        parts = []
        for scope, weights in zip(self._scopes, self.theta.reshape(len(self._scopes), -1), strict=True):
            alive = np.flatnonzero(weights)
            if len(alive):
                parts.append((scope, torch.from_numpy(weights[alive]), torch.from_numpy(alive)))
        return parts


def _merged(own: Components, levels: Sequence[np.ndarray]) -> Components:
    """Each component once for each scope, its columns once for each level of that."""
    if len(levels) == 1 and levels[0].shape[1] == 1:
        return own
    n, R = own.factors.shape
    factors, sizes = [], []
    for level in levels:
        count = level.shape[1]
        factors.append((own.factors[:, :, None] * level[:, None, :]).reshape(n, R * count))
        sizes.append(own.sizes * count)
    return Components.of_factors(np.concatenate(factors, axis=1), np.concatenate(sizes), own.envelope)
