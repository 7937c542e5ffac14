"""The steps of convolutional networks, whose kernels have positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, final

import torch
from torch import Tensor

from augury.kernels.program import KernelState, Step, Variances, WeightStep


def padding_of(size: int) -> tuple[int, int]:
    """The zeros before and after an axis that keep its length under a window of `size`."""
    return (size - 1) // 2, size // 2


@final
@dataclass(frozen=True)
class ConvolutionStep(Step):
    r"""A convolution with random weights, of many channels.

    .. math::
        K(p, p') \to b + \frac{w}{|\Delta|} \sum_{\delta \in \Delta} K(p + \delta, p' + \delta)

    over the window, with zeros beyond the edge. Source: Novak et al. (2019), "Bayesian deep convolutional
    networks with many channels are Gaussian processes", eq. 3.

    Args:
        layer: its place among the layers with weights.
        size: of the window along each axis of positions.
        stride: of the window.
        same: whether the input is padded with zeros so that stride 1 keeps its size.
    """

    layer: int
    size: tuple[int, ...]
    stride: int = 1
    same: bool = True

    @property
    def last_layer(self) -> int:
        return self.layer

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        return WeightStep(self.layer)(state.map(lambda K: self._average(K, state)), variances)

    def _average(self, K: Tensor, state: KernelState) -> Tensor:
        sets = 2 if state.paired else 1
        if self.same:  # torch pads the last axis first
            K = torch.nn.functional.pad(
                K, [n for size in reversed(self.size * sets) for n in padding_of(size)]
            )
        reach = [
            (length - size) // self.stride * self.stride + 1
            for length, size in zip(K.shape[K.dim() - sets * len(self.size) :], self.size * sets, strict=True)
        ]
        total: Tensor | None = None
        for offset in product(*(range(size) for size in self.size)):
            index = [
                slice(start, start + length, self.stride)
                for start, length in zip(offset * sets, reach, strict=True)
            ]
            where: tuple[Any, ...] = (..., *index)
            window = K[where]
            total = window if total is None else total + window
        assert total is not None
        return total / prod(self.size)


@final
@dataclass(frozen=True)
class FlattenStep(Step):
    """All positions become inputs of what follows: the mean of the covariances of equal positions."""

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        axes = tuple(range(-state.positions, 0))
        flat = state.map(lambda K: state.variance(K).mean(axes))
        return replace(flat, positions=0, paired=False)


@final
@dataclass(frozen=True)
class GlobalAverageStep(Step):
    """The average over all positions: the mean of the covariances of all pairs of positions."""

    def __call__(self, state: KernelState, variances: Variances) -> KernelState:
        axes = tuple(range(-2 * state.positions, 0))
        return replace(state.map(lambda K: K.mean(axes)), positions=0, paired=False)
