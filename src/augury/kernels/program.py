"""The kernel recursion of an architecture as a sequence of steps, evaluated on dense tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import final

import torch
from torch import Tensor

from augury.errors import InvalidInputError
from augury.kernels.dual import Dual


@dataclass(frozen=True)
class KernelState:
    """The kernels of a layer's outputs between two sets of inputs.

    Where layers have positions (the pixels of convolutional networks), these are axes at the end: one set
    `P`, for the covariance of a position with the same position of the other input; or, if `paired`, two
    sets, for the covariance of each position with each other one.

    Args:
        K: `... x n x m [x P [x P]]` NNGP covariance (`... x n [x P [x P]]` for rows taken in pairs).
        left: the covariance of the first inputs with themselves, broadcasting against `K`.
        right: of the second.
        T: the neural tangent kernel, or None where it is not wanted.
        rows: how many axes are of inputs: 2, or 1 for rows taken in pairs.
        positions: how many axes one set of positions has.
        paired: whether there are two sets.
    """

    K: Tensor
    left: Tensor
    right: Tensor
    T: Tensor | None = None
    rows: int = 2
    positions: int = 0
    paired: bool = False

    @property
    def of_itself(self) -> bool:
        """Whether `K` is the covariance of each input with itself, which is then computed once."""
        return self.K is self.left

    @property
    def axes(self) -> int:
        """How many axes at the end are not of a batch."""
        return self.rows + self.positions * (2 if self.paired else 1)

    def variance(self, covariance: Tensor) -> Tensor:
        """The variances in a covariance of inputs with themselves, with the axes of one set of positions."""
        if not (self.paired and self.positions):
            return covariance
        if self.positions == 1:
            return covariance.diagonal(dim1=-2, dim2=-1)
        return covariance.diagonal(dim1=-4, dim2=-2).diagonal(dim1=-3, dim2=-2)

    def spread(self, variance: Tensor, side: int) -> Tensor:
        """Variances shaped to broadcast against `K`, as those of its first (0) or second (1) positions."""
        if not (self.paired and self.positions):
            return variance
        ones = (1,) * self.positions
        if side == 0:
            return variance.reshape(*variance.shape, *ones)
        split = variance.dim() - self.positions
        return variance.reshape(*variance.shape[:split], *ones, *variance.shape[split:])

    def map(self, function: Callable[[Tensor], Tensor]) -> KernelState:
        """The state with a linear function applied to all that it holds."""
        K = function(self.K)
        T = None if self.T is None else function(self.T)
        if self.of_itself:
            return replace(self, K=K, left=K, right=K, T=T)
        return replace(self, K=K, left=function(self.left), right=function(self.right), T=T)


@dataclass(frozen=True)
class Variances:
    """The variances of weights (times fan-in) and biases of each layer with weights, along the last axis.

    Args:
        weight: `... x layers`.
        bias: `... x layers`.
    """

    weight: Tensor
    bias: Tensor

    def of(self, layer: int, axes: int) -> tuple[Tensor, Tensor]:
        """Those of one layer, with `axes` more axes."""
        shape = (*self.weight.shape[:-1], *[1] * axes)
        return self.weight[..., layer].reshape(shape), self.bias[..., layer].reshape(shape)


class Step(ABC):
    """One layer's effect on the kernels."""

    @property
    def last_layer(self) -> int:
        """The highest place, among the layers with weights, of those in this step; -1 for none."""
        return -1

    @abstractmethod
    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        """The kernels after the layer."""


@final
@dataclass(frozen=True)
class WeightStep(Step):
    r"""A layer of random weights and biases: `K -> b + w K`, `T -> (b + w K) + w T`.

    Args:
        layer: its place among the layers with weights.
    """

    layer: int

    @property
    def last_layer(self) -> int:
        return self.layer

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        w, b = variances.of(self.layer, state.axes)
        K = b + w * state.K
        T = None if state.T is None else K + w * state.T
        if state.of_itself:
            return replace(state, K=K, left=K, right=K, T=T)
        return replace(state, K=K, left=b + w * state.left, right=b + w * state.right, T=T)


@final
@dataclass(frozen=True)
class ActivationStep(Step):
    """An elementwise nonlinearity: `K -> E[f f]`, `T -> E[f' f'] T`."""

    dual: Dual

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        left = self._of_itself(state, state.left)
        first = state.spread(state.variance(state.left), 0)
        if state.of_itself and not (state.paired and state.positions):
            T = None if state.T is None else state.T * self.dual.slope_square(first)
            return replace(state, K=left, left=left, right=left, T=T)
        second = state.spread(state.variance(state.right), 1)
        T = None if state.T is None else state.T * self.dual.slope_product(state.K, first, second)
        if state.of_itself:
            return replace(state, K=left, left=left, right=left, T=T)
        K = self.dual.product(state.K, first, second)
        return replace(state, K=K, left=left, right=self._of_itself(state, state.right), T=T)

    def _of_itself(self, state: KernelState, covariance: Tensor) -> Tensor:
        variance = state.variance(covariance)
        if not (state.paired and state.positions):
            return self.dual.square(variance)
        return self.dual.product(covariance, state.spread(variance, 0), state.spread(variance, 1))


@final
@dataclass(frozen=True)
class ResidualStep(Step):
    """The sum of `scale` times the input and of a branch that ends in weights of its own: kernels add up.

    Args:
        branch: the steps of the branch.
        scale: factor of the shortcut.
    """

    branch: tuple[Step, ...]
    scale: float = 1.0

    @property
    def last_layer(self) -> int:
        return max((step.last_layer for step in self.branch), default=-1)

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        branch = run(self.branch, state, variances)
        share = self.scale**2
        K = share * state.K + branch.K
        T = None if state.T is None or branch.T is None else share * state.T + branch.T
        if state.of_itself:
            return replace(branch, K=K, left=K, right=K, T=T)
        left, right = share * state.left + branch.left, share * state.right + branch.right
        return replace(branch, K=K, left=left, right=right, T=T)


def run(steps: Sequence[Step], state: KernelState, variances: Variances) -> KernelState:
    """The state after all steps."""
    for step in steps:
        state = step(state, variances)
    return state


@final
@dataclass(frozen=True)
class Program:
    """The recursion of an architecture.

    Args:
        steps: its layers.
        image: `(channels, *positions)` of the inputs where the network has positions, given flattened;
            None for vectors.
        paired: whether the covariance of all pairs of positions is needed (an average over positions
            follows), or only that of a position with itself.
    """

    steps: tuple[Step, ...]
    image: tuple[int, ...] | None = None
    paired: bool = False

    @property
    def layers(self) -> int:
        """The number of layers with weights."""
        return 1 + max((step.last_layer for step in self.steps), default=-1)

    def matrix(self, X1: Tensor, X2: Tensor, variances: Variances, *, tangents: bool) -> KernelState:
        """The final state for all pairs of rows of `X1` (`... x n x d`) and `X2` (`... x m x d`)."""
        X1, X2 = self._inputs(X1), self._inputs(X2)
        K, left, right = (
            self._products(X1, X2, "ij"),
            self._products(X1, X1, "i"),
            self._products(X2, X2, "i"),
        )
        after = (2 if self.paired else 1) * self._positions
        return self._run(K, left.unsqueeze(-after - 1), right.unsqueeze(-after - 2), variances, tangents, 2)

    def pairs(self, X1: Tensor, X2: Tensor, variances: Variances, *, tangents: bool) -> KernelState:
        """The final state for each row of `X1` with the same row of `X2` (`... x n x d` both)."""
        first = self._inputs(X1)
        left = self._products(first, first, "i")
        if X2 is X1:
            return self._run(left, left, left, variances, tangents, 1)
        second = self._inputs(X2)
        K, right = self._products(first, second, "i"), self._products(second, second, "i")
        return self._run(K, left, right, variances, tangents, 1)

    @property
    def _positions(self) -> int:
        return 0 if self.image is None else len(self.image) - 1

    def _inputs(self, X: Tensor) -> Tensor:
        """`... x n x d`, or `... x n x channels x P`."""
        if self.image is None:
            return X
        if X.shape[-1] != prod(self.image):
            raise InvalidInputError(
                f"the network takes inputs of shape {self.image}, flattened to {prod(self.image)} numbers; "
                f"given {X.shape[-1]}"
            )
        return X.reshape(*X.shape[:-1], *self.image)

    def _products(self, X1: Tensor, X2: Tensor, rows: str) -> Tensor:
        """The mean over channels of products: of all pairs of rows ("ij"), or of equal rows ("i")."""
        first = "pq"[: self._positions]
        second = "rs"[: self._positions] if self.paired else first
        result = first + second if self.paired else first
        channels = X1.shape[-1 - self._positions]
        return torch.einsum(f"...ic{first},...{rows[-1]}c{second}->...{rows}{result}", X1, X2) / channels

    def _run(
        self, K: Tensor, left: Tensor, right: Tensor, variances: Variances, tangents: bool, rows: int
    ) -> KernelState:
        T = torch.zeros_like(K) if tangents else None
        state = KernelState(K, left, right, T, rows, self._positions, self.paired and self._positions > 0)
        return run(self.steps, state, variances)
