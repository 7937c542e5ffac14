"""The kernel recursion of an architecture as a sequence of steps, evaluated on dense tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from augury.kernels.dual import Dual


@dataclass(frozen=True)
class KernelState:
    """The kernels of a layer's outputs between two sets of inputs.

    Args:
        K: `... x n x m` NNGP covariance (further axes for positions, in convolutional networks).
        left: variances of the first inputs, broadcasting against `K`.
        right: of the second.
        T: the neural tangent kernel, or None where it is not wanted.
        axes: how many axes at the end are not of a batch.
    """

    K: Tensor
    left: Tensor
    right: Tensor
    T: Tensor | None = None
    axes: int = 2

    @property
    def of_itself(self) -> bool:
        """Whether `K` is the variance of each input, which has a simpler recursion and no rounding of `c`."""
        return self.K is self.left


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
        left = self.dual.square(state.left)
        if state.of_itself:
            T = None if state.T is None else state.T * self.dual.slope_square(state.left)
            return replace(state, K=left, left=left, right=left, T=T)
        K = self.dual.product(state.K, state.left, state.right)
        T = state.T
        if T is not None:
            T = T * self.dual.slope_product(state.K, state.left, state.right)
        return replace(state, K=K, left=left, right=self.dual.square(state.right), T=T)


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
        T = None if state.T is None or branch.T is None else share * state.T + branch.T
        K = share * state.K + branch.K
        if state.of_itself:
            return replace(branch, K=K, left=K, right=K, T=T)
        left, right = share * state.left + branch.left, share * state.right + branch.right
        return replace(branch, K=K, left=left, right=right, T=T)


def run(steps: Sequence[Step], state: KernelState, variances: Variances) -> KernelState:
    """The state after all steps."""
    for step in steps:
        state = step(state, variances)
    return state


def input_state(X1: Tensor, X2: Tensor, *, tangents: bool) -> KernelState:
    """The kernels of the inputs, `x . x' / d`, as `... x n x m`.

    Args:
        X1: `... x n x d`.
        X2: `... x m x d`.
        tangents: whether the neural tangent kernel (0 at the inputs) is wanted.
    """
    K = X1 @ X2.transpose(-1, -2) / X1.shape[-1]
    left, right = X1.square().mean(-1).unsqueeze(-1), X2.square().mean(-1).unsqueeze(-2)
    return KernelState(K, left, right, torch.zeros_like(K) if tangents else None)


def paired_state(X1: Tensor, X2: Tensor, *, tangents: bool) -> KernelState:
    """The kernels of each row of `X1` with the same row of `X2` (`... x n x d`), as `... x n`."""
    left = X1.square().mean(-1)
    T = torch.zeros_like(left) if tangents else None
    if X1 is X2:
        return KernelState(left, left, left, T, axes=1)
    return KernelState((X1 * X2).mean(-1), left, X2.square().mean(-1), T, axes=1)
